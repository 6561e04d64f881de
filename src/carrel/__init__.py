"""Carrel: a library's privacy policy as one file, published, carried out on the real systems, and proved."""

__version__ = "0.1.0"
