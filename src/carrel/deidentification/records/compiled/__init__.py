"""Loops over millions of records, compiled by numba; only with the extra ``analytics``."""
