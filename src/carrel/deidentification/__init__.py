"""De-identification: what is taken out of a record, or made coarser, before it may stay (MITL-7.6)."""
