"""What the ledger is told of an answer to one person: that it was given, and nothing of whom or of what."""

from __future__ import annotations

from datetime import datetime

from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds
from carrel.ledger.word import slug
from carrel.policy.resolve import Policy
from carrel.rights.answer import Answer

ON_THE_PAGES = "signed in and password"  # how a person is known who takes a package along: the password is asked again


def access_leaf(
    found: Answer, entries: int, policy: Policy, *, identity: str, encrypted: bool, times: tuple[datetime, datetime]
) -> OpenLeaf:
    """The leaf of one answer.

    Args:
        found: the answer.
        entries: how many rows it tells; banded.
        policy: in force.
        identity: how it was made sure that it was the person.
        encrypted: whether the package opens with a passphrase alone.
        times: begun and finished, aware.
    """
    return OpenLeaf(
        "access",
        times[1],
        {
            "case": found.case,
            "systems": [slug(one.name) for one in found.systems],
            "policy": slug(policy.name, "._/"),
            "policy_digest": policy.digest,
            "outcome": "whole" if found.complete else "partial",
            "identity": slug(identity),
            "package": "age" if encrypted else "plain",
            "records": banded(entries),
            "unread": sum(len(one.unread) for one in found.systems),
            "started": utc_seconds(times[0]),
            "finished": utc_seconds(times[1]),
        },
    )
