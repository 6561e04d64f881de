"""The system maps that ship with Carrel: one file per product."""
