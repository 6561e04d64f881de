"""DuckDB, beside the library's own databases: records are read into it, counted, made coarser and written out."""
