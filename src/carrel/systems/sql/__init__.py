"""SQL databases: connections, live schemas, compiled predicates, chunks, complements and sweeps."""
