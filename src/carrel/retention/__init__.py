"""Retention: observe, plan, apply, verify. What is due and why, what is kept and why, as values without a database."""
