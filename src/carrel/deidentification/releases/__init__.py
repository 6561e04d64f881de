"""What left the house: which release, for whom and for what, with the figures that were measured of it."""
