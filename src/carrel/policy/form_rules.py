"""Whether forms fit the records that they fill: each field that is asked stands there, and no other is spoken of."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from carrel.errors import Fault
from carrel.policy import faults
from carrel.policy.document import PolicyDocument, told
from carrel.policy.yaml_source import Path


def form_incoherences(document: PolicyDocument) -> Iterator[Fault]:
    """Every disagreement between the forms and the records of one policy."""
    held = document.body.records.held()
    for name, form in document.body.forms.items():
        at: Path = ("forms", name)
        if form.record not in held:
            yield told(
                document.text,
                (*at, "record"),
                faults.REFERENCE,
                found=repr(str(form.record)),
                fix="write this kind of record under 'records:', or name another",
            )
            continue
        fields = held[form.record].fields
        for n, field in enumerate(form.asks):
            if field not in fields:
                yield _unknown(document, (*at, "asks", n), field, list(fields))
            elif field in form.asks[:n]:
                yield told(document.text, (*at, "asks", n), faults.DUPLICATE_KEY, found=repr(field), fix="ask it once")
        for field in form.without:
            if field not in form.asks:
                yield _unknown(document, (*at, "without", field), field, list(form.asks), key=True)


def _unknown(document: PolicyDocument, at: Path, field: str, known: list[str], *, key: bool = False) -> Fault:
    close = difflib.get_close_matches(field, known, n=1)
    fix = f"Did you mean '{close[0]}'?" if close else f"name one of: {', '.join(known)}"
    return told(document.text, at, faults.REFERENCE, key=key, found=repr(field), fix=fix)
