"""Patrons' rights: what is held of one person, told to that person, and by when a request is answered."""
