"""Figures that may leave the house: cubes, small cells, rounding, noise, and the attack on what was told."""
