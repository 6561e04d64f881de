"""Disclosure: what leaves the library for somebody else than the patron, and on which ground."""
