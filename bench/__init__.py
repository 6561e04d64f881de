"""Figures: what Carrel costs, as ratios to a baseline measured in the same run (``python -m bench``)."""
