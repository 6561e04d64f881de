"""Whether what is said in other languages still is what the policy says: a sentence that changed leaves none behind."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from carrel.errors import Fault
from carrel.policy import faults
from carrel.policy.document import PolicyDocument, told

_OWN = "in_other_languages"
_NAMED = ("purposes", "recipients")  # blocks whose names patrons read


def saying_incoherences(document: PolicyDocument) -> Iterator[Fault]:
    """Every translation of a sentence or name that stands nowhere in the policy, or that is translated twice."""
    sayings = document.body.in_other_languages
    if not sayings:
        return
    body = document.body.model_dump(mode="json", exclude={_OWN})
    there = {*_sentences(body), *(name for block in _NAMED for name in body[block])}
    seen: set[str] = set()
    for n, one in enumerate(sayings):
        at = ("in other languages", n, "says")
        if one.says not in there:
            close = difflib.get_close_matches(one.says, there, n=1)
            fix = f"it says now: {close[0]!r}; look whether the translation still fits" if close else "take it out"
            yield told(document.text, at, faults.REFERENCE, found=repr(one.says), fix=fix)
        elif one.says in seen:
            yield told(document.text, at, faults.DUPLICATE_KEY, found=repr(one.says), fix="write it once")
        seen.add(one.says)


def _sentences(value: Any) -> Iterator[str]:
    """Every text of a document, keys aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _sentences(one)
    elif isinstance(value, list):
        for one in value:
            yield from _sentences(one)
