"""Lines for the site file that an error proposes: what somebody can paste, not a description of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date

from carrel.inventory.site import NAME, SessionZone, System


def not_used(consumers: Iterable[str]) -> str:
    """The block that declares jobs of the product as not used."""
    return _block("consumers", (f"{json.dumps(name)}: not used" for name in consumers))


def waived(consumers: Iterable[str], until: date) -> str:
    """The block by which somebody answers for jobs until a day; name and reason are theirs to fill in."""
    answer = f"  waived: {{by: NAME, reason: WHY, until: {until}}}"
    return _block("consumers", (line for name in consumers for line in (f"{json.dumps(name)}:", answer)))


def second_system(like: System, name: str) -> str:
    """The entry of a further system beside one that is there.

    Args:
        like: the system that is there; map and zone are taken from it.
        name: as it was asked for; one that no system can have is not repeated.
    """
    return _entry(like, name if re.fullmatch(NAME, name) else "second")


def copy_of(original: System, name: str) -> str:
    """The entry of a copy to rehearse on.

    Args:
        original: the system that is there.
        name: of the copy, as it was asked for; one that no system can have is not repeated.
    """
    local = [f"  local_map: {json.dumps(str(original.local_map))}"] if original.local_map else []
    called = name if re.fullmatch(NAME, name) else "copy"
    apply = [f"  apply_dsn_file: {called}-apply.dsn"] if original.has_two_accounts else []
    return _entry(original, called, f"  copy_of: {_quoted(original.name)}", *local, *apply)


def _entry(like: System, called: str, *more: str) -> str:
    lines = [
        f"- name: {_quoted(called)}",
        *more,
        f"  map: {_quoted(like.map)}",
        f"  dsn_file: {called}.dsn",
        f"  time_zone: {like.time_zone}",
        *(["  session_zone: declared"] if like.session_zone is SessionZone.DECLARED else []),
    ]
    return _block("systems", lines)


def _quoted(name: str) -> str:
    # Only what begins with a letter and is none of these words is text to YAML without quotes.
    return name if name[0].isalpha() and name not in {"true", "false", "null"} else json.dumps(name)


def _block(head: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{head}:", *(f"  {line}" for line in lines)])
