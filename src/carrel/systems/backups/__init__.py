"""Backup tools: their own listing is read, and what a plan names is deleted through them."""
