"""Whether what a policy says of contacts and consent agrees: recipients stand there, and nothing is on by default."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from carrel.errors import Fault
from carrel.policy import faults
from carrel.policy.document import PolicyDocument, told
from carrel.policy.grammar import Basis


def contact_incoherences(document: PolicyDocument) -> Iterator[Fault]:
    """Every disagreement between purposes and recipients of one policy."""
    for name, purpose in document.body.purposes.items():
        if purpose.default is not None and purpose.basis is not Basis.OPT_IN:
            yield told(
                document.text,
                ("purposes", name, "default"),
                faults.OPTIONAL,
                wanted="'basis: opt-in' beside it",
                found="a purpose that needs no consent",
                because="only what is optional can be off by default",
                fix="write 'basis: opt-in', or take 'default:' out",
            )
        for n, recipient in enumerate(() if purpose.contacts is None else purpose.contacts.to):
            yield from _recipient(document, name, n, recipient)


def _recipient(document: PolicyDocument, purpose: str, place: int, name: str) -> Iterator[Fault]:
    at = ("purposes", purpose, "contacts", "to", place)
    known = document.body.recipients
    if name not in known:
        close = difflib.get_close_matches(name, list(known), n=1)
        fix = f"Did you mean '{close[0]}'?" if close else "give it an entry under 'recipients:', or take it out"
        yield told(document.text, at, faults.REFERENCE, found=repr(name), fix=fix)
    elif known[name].barred:
        yield told(
            document.text,
            at,
            faults.OPTIONAL,
            wanted="a recipient that is not barred",
            found=repr(name),
            because=f"{document.text.line(('recipients', name))} bars it from every address",
            fix="take it out, or take 'barred: true' out where the policy says so",
        )
