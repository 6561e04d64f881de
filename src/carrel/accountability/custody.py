"""What a library knows of its custodian's work: evidence that was checked here, or figures that somebody attested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from carrel.accountability.custody_facts import AskedFor, Attested, CustodyFacts
from carrel.accountability.evidence import Evidence, Kind, Reading, State, cannot_tell, finding
from carrel.amount import amount

# What a policy says of data that lie with somebody else, under the custodian's policy.
CUSTODIAN_CLAUSES: Mapping[str, frozenset[str]] = {"WPL-2.5": frozenset()}
_ASK = "ask the custodian for the next bundle, and check it: carrel custodian check BUNDLE"


def evidence_of(clause: str, custody: CustodyFacts, now: datetime) -> Evidence:
    """The evidence for a clause that the custodian carries out.

    Guarantees:
        BY_CUSTODIAN only by a bundle that holds and is in time. Figures of a report give ATTESTED at best.
    """
    reading = _reading(custody, now)
    kinds = custody.clauses.get(clause, frozenset())
    if reading.state is State.ATTESTED and (silent := silent_branches(custody, kinds)):
        reading = _without_branches(custody, silent, reading)
    missing = sorted(kinds - _records(custody))
    if reading.state in {State.BY_CUSTODIAN, State.ATTESTED} and missing:
        reading = cannot_tell(
            f"Of {', '.join(missing)} {custody.host} shows nothing.",
            reading.measured,
            because="no table of its system is reached by the rule, or its report does not speak of them",
            fix="ask for them to be carried out, or counted, too; a kind that is not kept at all stands as 'not kept' "
            "under 'records:' in the site file",
        )
    kind = Kind.ATTESTED if reading.state is State.ATTESTED else Kind.ENFORCED
    return Evidence(clause, reading.state, kind, reading.says, reading.measured, reading.because, reading.fix)


def _records(custody: CustodyFacts) -> frozenset[str]:
    """The kinds of record that whatever speaks here speaks of."""
    if custody.asked is not None:
        return frozenset() if custody.received is None else custody.received.records
    return frozenset() if custody.attested is None else custody.attested.records


def custody_reading(custody: CustodyFacts, now: datetime) -> Reading:
    """What a library may say tonight of what its custodian does.

    Args:
        custody: as it was gathered a moment ago.
        now: aware time.

    Guarantees:
        ATTESTED only where a report by branches speaks of every branch that the library has written down.
    """
    reading = _reading(custody, now)
    if reading.state is State.ATTESTED and (silent := silent_branches(custody)):
        return _without_branches(custody, silent, reading)
    return reading


def silent_branches(custody: CustodyFacts, kinds: frozenset[str] = frozenset()) -> dict[str, tuple[str, ...]]:
    """The branches of which a report by branches says nothing, each with the kinds of record that lack it.

    Args:
        custody: as it was gathered.
        kinds: of record; none for all of which the report speaks.
    """
    if custody.asked is not None or custody.attested is None:
        return {}
    found: dict[str, list[str]] = {}
    for kind, branches in sorted(custody.attested.silent.items()):
        for branch in branches if not kinds or kind in kinds else ():
            found.setdefault(branch, []).append(kind)
    return {branch: tuple(found[branch]) for branch in sorted(found)}


def _without_branches(custody: CustodyFacts, silent: Mapping[str, tuple[str, ...]], reading: Reading) -> Reading:
    return cannot_tell(
        f"Of {', '.join(silent)} the report of {custody.host} says nothing, or not of every kind of record.",
        reading.measured,
        because="a report speaks for the branches that it has lines for, and for no others",
        fix="have every branch counted, 0 where nothing is past its period, and attest it: carrel custodian attest",
    )


def _reading(custody: CustodyFacts, now: datetime) -> Reading:
    if custody.asked is not None:
        return _by_evidence(custody, custody.asked, now)
    if custody.attested is not None:
        return _by_attestation(custody, custody.attested, now)
    return finding(
        f"Nothing was asked of {custody.host}, and nobody attests anything.",
        {},
        because="the data lie with the custodian, and the policy speaks of them",
        fix="carrel custodian request, or, where only reports exist, carrel custodian attest",
    )


def left_out(custody: CustodyFacts) -> tuple[str, ...]:
    """The kinds of record with a rule of which neither evidence nor a report speaks, in order.

    Guarantees:
        None before the first report, or the first whole run: nothing was left out of what was never given.
    """
    if custody.asked is not None:
        ran = custody.received is not None and custody.received.carried_out is not None
        return tuple(sorted(custody.ruled - _records(custody))) if ran else ()
    return () if custody.attested is None else tuple(sorted(custody.ruled - custody.attested.records))


def next_due(custody: CustodyFacts) -> datetime | None:
    """When the next bundle is due at the latest; None where nothing was asked for."""
    if custody.asked is None:
        return None
    last = custody.received.made_at if custody.received is not None else custody.asked.issued_at
    return last + timedelta(days=custody.asked.evidence_days)


def _by_evidence(custody: CustodyFacts, asked: AskedFor, now: datetime) -> Reading:
    due, received = next_due(custody), custody.received
    measured: dict[str, int | str] = {"custodian": custody.host, "evidence is due by": f"{due:%Y-%m-%d}"}
    if asked.units:
        measured["units asked for"] = ", ".join(asked.units)
    if received is not None:
        measured["last evidence"] = f"{received.made_at:%Y-%m-%d}"
        measured["carried out"] = "not shown" if received.carried_out is None else f"{received.carried_out:%Y-%m-%d}"
        if received.waiting:
            measured["no whole run shown of"] = ", ".join(received.waiting)
    if nothing_of := left_out(custody):
        measured["the evidence shows nothing of"] = ", ".join(nothing_of)
    for says, because, fix in _against(custody, asked, now):
        return finding(says, measured, because=because, fix=fix)
    for says, because in _open(custody, asked):
        return cannot_tell(says, measured, because=because, fix=_ASK)
    done = received.carried_out if received is not None else None
    return Reading(
        State.BY_CUSTODIAN,
        f"Carried out by {custody.host} on {done:%Y-%m-%d} and verified there; its evidence was checked here.",
        measured,
    )


def _against(custody: CustodyFacts, asked: AskedFor, now: datetime) -> Iterator[tuple[str, str, str]]:
    """What makes it a finding: says, because, fix."""
    host, received, due = custody.host, custody.received, next_due(custody)
    if received is not None and received.broken:
        yield (
            f"The evidence of {host} that is kept here does not hold any more ({received.broken}).",
            "a kept bundle, or a key in the site file, was changed",
            "put the file back from a copy, and look who could write to it",
        )
    if due is not None and now > due:
        yield (
            f"The evidence of {host} is overdue since {due:%Y-%m-%d}.",
            f"a bundle is due every {amount(asked.evidence_days, 'day')}",
            _ASK,
        )
    if now >= asked.valid_until:
        yield (
            f"The request to {host} ended on {asked.valid_until:%Y-%m-%d}.",
            "the custodian may do nothing without one",
            "carrel custodian request",
        )
    if received is None:
        return
    if received.wrong:
        runs = amount(received.wrong, "run of it is", "runs of it are")
        yield (
            f"The evidence of {host} holds, and {runs} not as it was asked for.",
            "something was left, or nobody had asked for it",
            "`carrel custodian show` names the runs; ask the custodian",
        )
    late = None if received.carried_out is None else received.carried_out + timedelta(days=asked.evidence_days)
    if late is not None and now > late:
        yield (
            f"{host} has carried out nothing since {received.carried_out:%Y-%m-%d}.",
            f"so it was for more than {amount(asked.evidence_days, 'day')}",
            "ask the custodian why no night was run",
        )


def _open(custody: CustodyFacts, asked: AskedFor) -> Iterator[tuple[str, str]]:
    """What keeps it open: says, because."""
    host, received = custody.host, custody.received
    if custody.policy_digest != asked.policy_digest:
        yield f"The policy has changed since {host} was asked.", "the request has another policy: make a new one"
    if received is None:
        yield f"{host} was asked, and has given no evidence yet.", "the first bundle is not due yet"
    elif received.request != asked.digest:
        yield f"The evidence of {host} is of an earlier request.", "nothing shows yet that the newest one is kept"
    elif received.carried_out is None:
        on = f" on {', '.join(received.waiting)}" if received.waiting else ""
        because = "a first run goes in stages, and every system of the custodian's needs a whole one"
        yield f"{host} has not carried out a whole run{on} yet.", because


def _by_attestation(custody: CustodyFacts, attested: Attested, now: datetime) -> Reading:
    measured: dict[str, int | str] = {
        "custodian": custody.host,
        "attested by": attested.person,
        "counted on": f"{attested.as_of:%Y-%m-%d}",
        "until": f"{attested.expires_at:%Y-%m-%d}",
    }
    if nothing_of := left_out(custody):
        measured["the report says nothing of"] = ", ".join(nothing_of)
    if silent := silent_branches(custody):
        told = {name: "" if len(of) == len(attested.records) else f" ({', '.join(of)})" for name, of in silent.items()}
        measured["it says nothing of the branches"] = ", ".join(f"{name}{of}" for name, of in told.items())
    again = "have the report made anew, and attest it: carrel custodian attest"
    if attested.broken:
        says = f"The attestation of {attested.person} does not hold any more ({attested.broken})."
        return finding(says, measured, because="the file, or the person's right or key, was changed", fix=again)
    if now >= attested.expires_at:
        says = f"The attestation of {attested.person} ended on {attested.expires_at:%Y-%m-%d}."
        return finding(says, measured, because="an old count says nothing of today", fix=again)
    if attested.policy_digest != custody.policy_digest:
        says = "The policy has changed since the report was attested."
        return cannot_tell(says, measured, because="the figures were held against another policy", fix=again)
    if attested.overdue:
        return finding(
            f"By the report of {custody.host}, records are past their period and still name a person.",
            measured,
            because="the custodian's own figures say so",
            fix="ask the custodian to carry out the policy, and to count again",
        )
    if attested.relisted:
        says = "The branches in the site file are no longer those of which the report had to speak."
        return cannot_tell(says, measured, because="nobody has looked for the others in the report", fix=again)
    return Reading(
        State.ATTESTED,
        f"{attested.person} attests, by a report of {custody.host} of {attested.as_of:%Y-%m-%d}: nothing that it "
        "counts is past its period. Nobody has measured it.",
        measured,
    )
