"""A word that may stand in a leaf: any name of a site or a table, without what could be somebody's."""

from __future__ import annotations

import re

_LONGEST = 64
_MOST_DIGITS = 10


def slug(text: str, also: str = "") -> str:
    """Any text as a word that may stand in a leaf: a name of a site must not keep a run out of the ledger.

    Args:
        text: a name, never a patron's.
        also: further signs to keep.
    """
    plain = re.sub(f"[^a-z0-9{re.escape(also)}]+", "-", text.lower()).strip("-")
    plain = re.sub(r"[0-9]{5,}", "x", plain)
    if sum(sign.isdigit() for sign in plain) > _MOST_DIGITS:
        plain = re.sub(r"[0-9]+", "x", plain)
    return (plain if plain[:1].isalpha() else f"s-{plain}")[:_LONGEST]
