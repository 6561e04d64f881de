"""Mailing tools that Carrel speaks to: who is on a list, who goes off it, and who comes onto it."""
