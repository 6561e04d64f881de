"""Declared logs in an audit: identifiers of one session, addresses, counts before the lines go.

A site that declares no logs has no evidence of them, and the clause stays a promise there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Reading
from carrel.accountability.kept_logs import KeptLog
from carrel.accountability.log_services import LogFacts
from carrel.accountability.outside_reading import judged_outside, some
from carrel.accountability.registry import provides
from carrel.inventory.category import Category

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts

_LOG_FIX = "carrel scrub --check tells it log by log; mend the rotate hook, and scrub what is raw"
_WEB = ("website visits", "access logs", "searches")


@provides("MITL-2.5", at_some_sites=True)
def an_identifier_serves_one_session(facts: AuditFacts) -> Reading | None:
    """In no declared log does an identifier stand in two sessions or past one's end, and day keys are destroyed."""
    if not (logs := facts.outside.logs):
        return None
    tested = [one.sessions for one in logs if one.sessions is not None]
    in_two, past = sum(one.in_two for one in tested), sum(one.past_end for one in tested)
    keys, late = sum(one.late_keys for one in logs), sum(one.late for one in logs)
    changed, unpiped = sum(one.changed for one in logs), sum(one.unpiped for one in logs)
    measured: dict[str, int | str] = {
        "identifiers tested": sum(one.identifiers for one in tested),
        "in two sessions": in_two,
        "past their session's end": past,
        "day keys past their day": keys,
        "logs past their time": late,
        "changed after being scrubbed": changed,
        "not written through their pipe": unpiped,
    }
    wrong = [
        *some(in_two, "identifier stands in two sessions", "identifiers stand in two sessions"),
        *some(past, "identifier stands past its session's end", "identifiers stand past their session's end"),
        *some(keys, "day key was not destroyed", "day keys were not destroyed"),
        *some(late, "log holds lines past their time", "logs hold lines past their time"),
        *some(changed, "log is not as it was scrubbed", "logs are not as they were scrubbed"),
        *some(unpiped, "log was not written through its pipe", "logs were not written through their pipes"),
    ]
    unseen = [*_unjudged(logs), *(one.place for one in logs if one.sessions is None or not one.sessions.whole)]
    return judged_outside(
        wrong, unseen, measured,
        kept="In the declared logs no identifier stands in two sessions or past its session's end, and no day key is "
        "left past its day.",
        because="an application makes an identifier for one session only",
        fix=_LOG_FIX,
    )  # fmt: skip


@provides(
    "MITL-7.1", partly="the way in of each service, and what sites are sent beyond an address", at_some_sites=True
)
def log_addresses_are_removed_or_encrypted(facts: AuditFacts) -> Reading | None:
    """No declared log holds network addresses as they came for longer than the policy lets it."""
    if not (logs := facts.outside.logs):
        return None
    bare, late = sum(one.bare for one in logs), sum(one.late for one in logs)
    changed, unpiped = sum(one.changed for one in logs), sum(one.unpiped for one in logs)
    wrong = [
        *some(bare, "scrubbed log holds whole addresses", "scrubbed logs hold whole addresses"),
        *some(late, "log holds lines past their time", "logs hold lines past their time"),
        *some(changed, "log is not as it was scrubbed", "logs are not as they were scrubbed"),
        *some(unpiped, "log was not written through its pipe", "logs were not written through their pipes"),
    ]
    return judged_outside(
        wrong, _unjudged(logs), {one.place: f"addresses {one.addresses}" for one in logs},
        kept="In declared logs addresses are removed, cut to their network or encrypted in time.",
        because="log addresses are removed or encrypted",
        fix=_LOG_FIX,
    )  # fmt: skip


@provides("MPL-9", at_some_sites=True)
def website_use_is_counted_and_its_lines_go(facts: AuditFacts) -> Reading | None:
    """Each declared log of the web is counted before its lines go, names no user afterwards, and goes in time.

    The same records in folders, mailboxes and tables and at log services go in time as well.
    """
    if not (logs := [one for one in facts.outside.logs if one.record in _WEB]):
        return None
    parts = [one for one in facts.outside.parts if one.record in _WEB]
    services = (facts.outside.services or LogFacts()).of(frozenset(_WEB))
    elsewhere = sum(one.late for one in parts)
    undated = sum(one.undated for one in parts if not one.service)  # at log services a further finding
    late, uncounted = sum(one.late for one in logs), sum(one.counts is not True for one in logs)
    users, stopped = sum(one.users for one in logs), sum(one.stopped is not None for one in logs)
    measured: dict[str, int | str] = {
        "logs past their time": late,
        "entries without counts": uncounted,
        "entries that keep users' tokens": users,
        "entries of which nothing new was scrubbed": stopped,
        "other places": len(parts),
        "past their time in other places": elsewhere,
    }
    wrong = [
        *some(late, "log holds lines past their time", "logs hold lines past their time"),
        *some(uncounted, "entry is not counted", "entries are not counted"),
        *some(users, "entry lets users' tokens stay", "entries let users' tokens stay"),
        *some(stopped, "entry is not scrubbed any more", "entries are not scrubbed any more"),
        *some(elsewhere, "record in another place is past its time", "records in other places are past their time"),
        *some(undated, "record in another place has no usable date", "records in other places have no usable date"),
        *services.unsigned,
        *services.further,
    ]
    unseen = [*_unjudged(logs), *(one.place for one in parts if one.wrong)]
    unseen += [f"log-service {one.name}" for one in services.looked if one.unread]
    kept = "Each declared log of the web is counted by month and host before its lines go, and none is late."
    found = judged_outside(
        wrong, unseen, measured,
        kept=f"{kept}{services.attested}",
        because="use of the website is counted in aggregate only",
        fix="write 'counts:' and 'people: drop' for each log of the web; carrel scrub --check tells what is late",
    )  # fmt: skip
    return services.told_by(found)


@provides("MITL-2.10", partly="a canary session, and that the notice says where these machines stand",
          at_some_sites=True)  # fmt: skip
def sessions_of_open_computers_name_nobody(facts: AuditFacts) -> Reading | None:
    """The policy's computer sessions have no field that names a person, and no declared log of them names a user."""
    logs = [one for one in facts.outside.logs if one.record == "computer sessions"]
    dataset = facts.policy.dataset("computer sessions")
    if dataset is None or (facts.computers is None and not logs):
        return None
    points = [one for one in dataset.fields if one.category.points_at_a_person]
    named = [one.name for one in points if one.category is not Category.SESSION_IDENTIFIER]
    users = sum(bool(one.sessions and one.sessions.users) for one in logs)
    wrong = [f"the policy keeps {', '.join(named)} of a session"] if named else []
    wrong += some(users, "declared log names users", "declared logs name users")
    return judged_outside(
        wrong, _unjudged(logs),
        {"fields that name a person": len(named), "logs that name users": users},
        kept="Nothing of a session at an open computer names a person.",
        because="these machines need no sign-in",
        fix="take the field out of the policy, and let these computers be used without a name",
    )  # fmt: skip


def _unjudged(logs: Sequence[KeptLog]) -> list[str]:
    return [one.place for one in logs if one.wrong or one.unread]
