"""What a library's site knows of its custodian, gathered from the kept files, each of them verified again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from carrel.errors import CarrelError

if TYPE_CHECKING:
    from carrel.accountability.custody_facts import AskedFor, Attested, CustodyFacts, Received
    from carrel.accountability.evidence_bundle import Bundle
    from carrel.accountability.plan_request import Parties
    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy
    from carrel.store.custodian_folder import CustodianFolder


def custody_facts(site: Site, policy: Policy) -> CustodyFacts | None:
    """A library's side of a custody; None where the site is no library's with a custodian.

    Args:
        site: of the library.
        policy: in force at the site.
    """
    from carrel.accountability.custody import CUSTODIAN_CLAUSES
    from carrel.accountability.custody_facts import CustodyFacts
    from carrel.accountability.record_kinds import NOT_KEPT
    from carrel.cli.custody_record import parties_of
    from carrel.store.custodian_folder import CustodianFolder

    said = site.custodian
    if said is None or not said.is_library:
        return None
    folder, parties = CustodianFolder(site.folder), parties_of(said)
    absent = frozenset(kind for kind, place in site.records.items() if place == NOT_KEPT)
    ruled = {} if site.originals else _ruled(policy, absent)
    return CustodyFacts(
        host=said.host,
        policy_digest=policy.digest,
        clauses={**ruled, **CUSTODIAN_CLAUSES},
        asked=_asked(folder, parties),
        received=_received(folder, parties),
        attested=_attested(folder, site),
        ruled=_kinds(policy) - absent,
    )


def findings(site: Site, at: datetime) -> tuple[str, ...]:
    """The codes of what is wrong with a library's custody; none where all is well, or there is no custody.

    Args:
        site: any.
        at: the present.
    """
    from carrel.accountability import faults
    from carrel.accountability.custody import custody_reading
    from carrel.accountability.evidence import State
    from carrel.systems import policy_files

    if site.custodian is None or not site.custodian.is_library:
        return ()
    try:
        custody = custody_facts(site, policy_files.load(site.policy))
    except CarrelError as wrong:
        return (wrong.code,)
    wrong_now = custody is not None and custody_reading(custody, at).state is State.FINDING
    return (faults.NOT_KEPT_UP.code,) if wrong_now else ()


def in_order(raws: Iterable[bytes], parties: Parties) -> list[Bundle]:
    """The kept bundles, verified again, the newest last.

    Raises:
        CarrelError: CUS-010, CUS-011, one of them does not hold any more.
    """
    from carrel.accountability.evidence_bundle import open_bundle

    opened = [open_bundle(raw, parties) for raw in raws]
    return sorted(opened, key=lambda one: (one.checkpoint.size, one.manifest.made_at))


def _kinds(policy: Policy) -> frozenset[str]:
    """The kinds of record for which the policy has a rule."""
    from carrel.policy.record_type import RecordType

    loans = {RecordType.LOANS.value} if policy.loan_schedule().rules else set()
    return frozenset(loans | {kind.value for kind, schedule in policy.record_schedules().items() if schedule.rules})


def _ruled(policy: Policy, absent: frozenset[str]) -> dict[str, frozenset[str]]:
    """The clauses for whose records the policy has a rule, which the custodian carries out, with those records.

    What the library does not keep at all, nobody can carry out: a clause that speaks of nothing else is left out.
    """
    from carrel.policy.record_type import RecordType

    found: dict[str, set[str]] = {}
    for rule in policy.loan_schedule().rules:
        for clause in rule.clauses:
            found.setdefault(clause, set()).add(RecordType.LOANS.value)
    for kind, schedule in policy.record_schedules().items():
        for one in schedule.rules:
            for clause in one.clauses:
                found.setdefault(clause, set()).add(kind.value)
    carried = set(_carried(policy))  # a clause of which a rule carries only a part stays a promise
    return {
        clause: frozenset(kinds - absent) for clause, kinds in found.items() if clause in carried and kinds - absent
    }


def _carried(policy: Policy) -> Iterator[str]:
    yield from (clause for clause, rule in policy.clauses.items() if rule.carried_by)
    for adopted in policy.adopted:
        yield from _carried(adopted)


def _asked(folder: CustodianFolder, parties: Parties) -> AskedFor | None:
    from carrel.accountability.custody_facts import AskedFor
    from carrel.accountability.plan_request import open_request

    requests = [open_request(note, parties) for note in folder.requests().values()]
    if not requests:
        return None
    last = max(requests, key=lambda one: (one.issued_at, one.digest))
    term = (last.issued_at, last.valid_until)
    return AskedFor(last.digest, last.policy_digest, *term, last.evidence_days, last.branches)


def _received(folder: CustodianFolder, parties: Parties) -> Received | None:
    from carrel.accountability.custody_facts import Received
    from carrel.accountability.evidenced_systems import systems_shown

    raws = folder.bundles()
    if not raws:
        return None
    try:
        opened = in_order(raws.values(), parties)
    except CarrelError as wrong:
        from datetime import UTC, datetime

        return Received("", datetime.fromtimestamp(0, UTC), None, broken=wrong.code)
    last, shown = opened[-1].manifest, systems_shown(opened)
    figures = (shown.carried_out, shown.records, len(shown.wrong), shown.waiting)
    return Received(last.request, last.made_at, *figures)


def _attested(folder: CustodianFolder, site: Site) -> Attested | None:
    from carrel.accountability.attestation import branches_digest, open_attestation, parse
    from carrel.accountability.custody_facts import Attested
    from carrel.ledger.note import parse_note

    notes = {note: parse(parse_note(note).text) for note in folder.attestations().values()}
    if not notes:
        return None
    note, last = max(notes.items(), key=lambda one: (one[1].signed_at, one[1].digest))
    broken, declared = "", () if site.custodian is None else site.custodian.branches
    try:
        open_attestation(note, site.people)
    except CarrelError as wrong:
        broken = wrong.code
    return Attested(
        last.person,
        last.signed_at,
        last.expires_at,
        last.as_of,
        last.overdue,
        last.policy_digest,
        frozenset(one.record for one in last.counts),
        {one.record: one.without for one in last.counts if one.without},
        last.by_branch and last.declared != branches_digest(declared),
        broken,
    )
