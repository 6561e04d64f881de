"""Carrel's own database: plans, approvals, runs and their journal, leases, legal holds, counts. No patron's history.

One SQLite file in the site's folder, or a schema of a PostgreSQL database (ADR 0011). What it holds of
patrons are the numbers that an open legal hold or exception names, and a run's sealed resume position; both go when the
hold or the run ends.
"""
