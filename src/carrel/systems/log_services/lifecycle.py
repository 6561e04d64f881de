"""The lifecycles of a log service's indices, as each product tells them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from carrel.errors import CarrelError
from carrel.inventory.log_service import FoundIndex, Interface
from carrel.retention.log_lifecycle import Ends, Lifecycle, span_of
from carrel.systems import faults
from carrel.systems.log_services.account import SEEN, LogAccount
from carrel.systems.log_services.connection import Maybe, quoted
from carrel.systems.log_services.shapes import rows, table

_ISM_ID = ("policy_id", "index.plugins.index_state_management.policy_id",
           "index.opendistro.index_state_management.policy_id")  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9_. -]{1,60}")
_MOST_STATES = 50
_ILM_CLOSES = frozenset({"readonly", "shrink", "downsample", "searchable_snapshot"})
_ISM_CLOSES = frozenset({"read_only", "shrink", "force_merge"})
_AUTOMATIC = " [automatic]"
_DEFAULT_ROLLOVER = (
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=14), timedelta(days=1)),
    (timedelta(days=90), timedelta(days=7)),
)
_LATE = timedelta(days=100_000)


def lifecycles(account: LogAccount) -> dict[str, Lifecycle | None]:
    """The lifecycle of each index that the site file names; None where nothing manages it.

    Raises:
        CarrelError: of the way to the service.
    """
    parts = account.parts()
    managed = _by_ism(account) if account.service.interface is Interface.OPENSEARCH else _by_ilm(account)
    found: dict[str, Lifecycle | None] = {}
    for one in parts:
        found[one.found] = managed.get(one.found) or _by_stream(account, one)
    return found


def _by_ilm(account: LogAccount) -> dict[str, Lifecycle]:
    way, found, policies = account.way, {}, {}
    halted = ""
    for stream in account.service.indices:
        path = f"/{quoted(str(stream.index))}/_ilm/explain"
        told = way.get(path, right=SEEN, maybe=Maybe.QUESTION)
        for index, body in table(told, "indices").items():
            one = table(body)
            name = str(one.get("policy") or "")
            if not one.get("managed") or not name:
                continue
            if name not in policies:
                halted = halted or _stopped(account)
                policies[name] = _policy(account, f"/_ilm/policy/{quoted(name)}", "read_ilm")
            policy = policies[name]
            if isinstance(policy, str):
                found[index] = Lifecycle(name, Ends.UNTOLD, halted=_ilm_error(one) or halted, unread=policy)
            else:
                phases = table(policy, name, "policy", "phases")
                ends, keeps = ilm_end(phases)
                closes = any(not _ILM_CLOSES.isdisjoint(table(phases, phase, "actions")) for phase in phases)
                found[index] = Lifecycle(name, ends, keeps, _ilm_error(one) or halted, closes=closes)
    return found


def _stopped(account: LogAccount) -> str:
    try:
        told = account.way.get("/_ilm/status", right="read_ilm", maybe=Maybe.QUESTION)
    except CarrelError as wrong:
        if wrong.code == faults.LOG_RIGHT.code:
            return ""
        raise
    mode = table(told).get("operation_mode", "RUNNING")
    return "" if mode == "RUNNING" else "the service has stopped all of them"


def _policy(account: LogAccount, path: str, right: str) -> Any:
    """A policy, or why it cannot be read."""
    try:
        told = account.way.get(path, right=right, maybe=Maybe.QUESTION)
    except CarrelError as wrong:
        if wrong.code != faults.LOG_RIGHT.code:
            raise
        return f"the key lacks '{right}'"
    return "there is none of this name" if told is None else table(told)


def _ilm_error(one: Mapping[str, Any]) -> str:
    if one.get("step") != "ERROR":
        return ""
    step = str(one.get("failed_step") or "")
    return f"an error in its step '{step}'" if _WORD.fullmatch(step) else "an error in one of its steps"


def ilm_end(phases: Mapping[str, Any]) -> tuple[Ends, timedelta]:
    """Whether a policy of ILM deletes, and how old an event can be then.

    Args:
        phases: as the policy has them.
    """
    last = table(phases, "delete")
    actions = table(last, "actions")
    if "delete" not in actions:
        return Ends.NEVER, timedelta()
    after = span_of(last.get("min_age", "0ms"))
    hot = table(phases, "hot", "actions")
    written = _written(table(hot, "rollover")) if "rollover" in hot else timedelta()
    if after is None or written is None or "wait_for_snapshot" in actions:
        return Ends.UNTOLD, timedelta()
    return Ends.AFTER, after + written


def _written(rollover: Mapping[str, Any]) -> timedelta | None:
    """How long an index is written to at most; None where nobody can tell.

    A condition ``min_…`` holds a rollover up until it is met, however old the index is. One document is met by any
    index that has events.
    """
    longest = span_of(str(rollover.get("max_age")).removesuffix(_AUTOMATIC))
    for name, value in rollover.items():
        if name == "min_age":
            least = span_of(value)
            longest = None if longest is None or least is None else max(longest, least)
        elif name.startswith("min_") and not (name.endswith("docs") and value in (0, 1)):
            return None
    return longest


def _by_stream(account: LogAccount, part: FoundIndex) -> Lifecycle | None:
    """The lifecycle that a data stream has of its own."""
    stream = account.streams.get(part.found)
    if stream is None or account.service.interface is Interface.OPENSEARCH:
        return None
    path = f"/_data_stream/{quoted(stream.name)}/_lifecycle"
    told = account.way.get(path, {"include_defaults": "true"}, right=SEEN, maybe=Maybe.QUESTION)
    mine = [one for one in rows(told, "data_streams") if one.get("name") == stream.name]
    body = table(mine[0] if mine else dict(stream.body), "lifecycle")
    if not body or body.get("enabled") is False:
        return None
    explained = account.way.get(f"/{quoted(part.found)}/_lifecycle/explain", right=SEEN, maybe=Maybe.QUESTION)
    error = table(explained, "indices", part.found).get("error")
    halted = "an error in its last step" if error else ""
    said = body.get("effective_retention") or body.get("data_retention")
    if said is None:
        return Lifecycle(stream.name, Ends.NEVER, halted=halted)
    keeps = span_of(said)
    # What is kept is counted from the rollover on; of a service that does not tell its own the product's is taken.
    rollover = table(body, "rollover")
    written = _written(rollover) if rollover else None if keeps is None else _by_default(keeps)
    if keeps is None or written is None:
        return Lifecycle(stream.name, Ends.UNTOLD, halted=halted)
    return Lifecycle(stream.name, Ends.AFTER, keeps + written, halted)


def _by_default(keeps: timedelta) -> timedelta:
    """How long an index of a data stream is written to at most where nothing else is set."""
    return next((written for most, written in _DEFAULT_ROLLOVER if keeps <= most), timedelta(days=30))


def _by_ism(account: LogAccount) -> dict[str, Lifecycle]:
    way, found, policies = account.way, {}, {}
    names = {*(str(one.index) for one in account.service.indices), *(one.name for one in account.streams.values())}
    patterns = sorted({*names, *(f".ds-{one.name}-*" for one in account.streams.values())})
    for pattern in patterns:
        told = way.get(f"/_plugins/_ism/explain/{quoted(pattern)}", right="ism explain", maybe=Maybe.QUESTION)
        for index, one in table(told).items():
            if not isinstance(one, dict):
                continue  # how many there are
            name = next((str(one[key]) for key in _ISM_ID if one.get(key)), "")
            if not name:
                continue
            if name not in policies:
                policies[name] = _policy(account, f"/_plugins/_ism/policies/{quoted(name)}", "ism policy get")
            body = policies[name]
            if isinstance(body, str):
                found[index] = Lifecycle(name, Ends.UNTOLD, halted=_ism_error(one), unread=body)
            else:
                ends, keeps = ism_end(table(body, "policy"))
                actions = [action for state in rows(body, "policy", "states") for action in rows(state, "actions")]
                closes = any(not _ISM_CLOSES.isdisjoint(action) for action in actions)
                found[index] = Lifecycle(name, ends, keeps, _ism_error(one), closes=closes)
    return found


def _ism_error(one: Mapping[str, Any]) -> str:
    if one.get("enabled") is False:
        return "it is switched off for this index"
    action, again, step = table(one, "action"), table(one, "retry_info"), table(one, "step")
    if action.get("failed") or again.get("failed") or step.get("step_status") == "failed":
        name = str(action.get("name") or "")
        return f"an error in its action '{name}'" if _WORD.fullmatch(name) else "an error in one of its actions"
    return ""


def ism_end(policy: Mapping[str, Any]) -> tuple[Ends, timedelta]:
    """Whether a policy of ISM deletes, and how old an event can be then, on the slowest of its ways.

    Args:
        policy: with its states.
    """
    states = {str(one.get("name")): one for one in rows(policy, "states")}
    ways = list(_ways(states, str(policy.get("default_state")), frozenset(), timedelta(), timedelta()))
    if not ways:
        return Ends.NEVER, timedelta()
    spans = [one for one in ways if one is not None]
    return (Ends.UNTOLD, timedelta()) if len(spans) < len(ways) else (Ends.AFTER, max(spans))


def _ways(
    states: Mapping[str, Mapping[str, Any]], name: str, seen: frozenset[str], age: timedelta, written: timedelta
) -> Iterator[timedelta | None]:
    """The age at each state that deletes and is reached from here; None where a way there tells no time."""
    state = states.get(name)
    if state is None or name in seen or len(seen) > _MOST_STATES:
        return
    for action in rows(state, "actions"):
        if "delete" in action:
            yield age
            return
        if "rollover" in action:
            rolled = span_of(table(action, "rollover").get("min_index_age"))
            written = _LATE if rolled is None else rolled  # by size or number alone nobody can tell when
            age = max(age, written)
    for step in rows(state, "transitions"):
        conditions = table(step, "conditions")
        next_age: timedelta | None = age
        if "min_index_age" in conditions:
            span = span_of(conditions["min_index_age"])
            next_age = None if span is None else max(age, span)
        elif "min_rollover_age" in conditions:
            span = span_of(conditions["min_rollover_age"])
            next_age = None if span is None else max(age, written + span)
        elif conditions:
            next_age = None
        inner = _ways(states, str(step.get("state_name")), seen | {name}, next_age or timedelta(), written)
        yield from (None if next_age is None or found is None or found >= _LATE else found for found in inner)
