"""Tables and CSV files with a clock, read and cleared row by row; and what a scan of them proposes."""
