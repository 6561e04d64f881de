"""Lines of logs: what may stand in each field, and how it is written anew (MITL-2.5, 2.10)."""
