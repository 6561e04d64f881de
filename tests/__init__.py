"""Everything that is tested of Carrel."""
