"""How likely somebody is to be found again in records without names: the figure that decides their class (MITL-6.5)."""
