"""Tables of records: values made coarser, rows left out, until nobody stands alone (MITL-7.6)."""
