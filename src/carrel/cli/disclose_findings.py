"""Findings about students: of a whole case, or of some of its people and one kind of their records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.disclosure import faults
from carrel.disclosure.admission import may
from carrel.disclosure.event import Act
from carrel.disclosure.finding import MOST, OVER, RECORDS, SUBJECTS, Finding
from carrel.errors import fault

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.cli.disclose_keeping import Asked
    from carrel.disclosure.case import Case
    from carrel.disclosure.standing import Standing
    from carrel.disclosure.viewer import Viewer
    from carrel.inventory.site import Site
    from carrel.store.store import Store


@dataclass(frozen=True, slots=True)
class Found:
    """What somebody finds, or takes back.

    Attributes:
        exemption: its name in the policy.
        records: one kind of record; empty for every kind.
        over: whether it holds no more.
        because: why.
    """

    exemption: str
    records: str
    over: bool
    because: str


def exempt_one(
    *,
    identity: str,
    exemption: str,
    over: bool,
    because: str,
    records: str,
    cards: tuple[Path, ...],
    by_number: bool,
    system_name: str | None,
    name: str,
    site_path: Path,
    as_json: bool,
) -> None:
    """Write a finding down, or take it back.

    Raises:
        CarrelError: DSC-001 to DSC-003, DSC-005, DSC-025; ERA-001, nobody's card.
    """
    from carrel.cli.at_site import open_site
    from carrel.cli.disclose_desk import told
    from carrel.cli.disclose_keeping import people_on
    from carrel.cli.disclose_rules import process_rules, viewer_of
    from carrel.cli.store_place import open_store

    site = open_site(site_path)
    rules = process_rules(site)
    found = Found(exemption, records, over, because)
    with open_store(site) as store:
        after = exempted(
            store, site, identity, found, lambda: viewer_of(site, store, rules, name),
            lambda: people_on(site_path, system_name, cards, by_card=not by_number),
        )  # fmt: skip
    told(identity, after, as_json=as_json)


def exempted(
    store: Store, site: Site, identity: str, found: Found, viewer: Callable[[], Viewer], whose: Callable[[], Asked]
) -> Standing | None:
    """Write a finding down, or take it back, once it is sure that this person may.

    Args:
        store: that keeps the case.
        site: whose.
        identity: of the case.
        found: what.
        viewer: tells who does it, now.
        whose: finds about whom it is; nobody, where it is about everybody.

    Returns:
        Where the case stands then; None where this person may not know of it any more.

    Raises:
        CarrelError: DSC-001 to DSC-003, DSC-005; DSC-025, somebody of whom the case keeps nothing, or too many at once.
    """
    who = viewer()
    case, here = store.disclosures.case(identity, who)
    may(here, Act.EXEMPTED, who.person, who.offices, who.at)
    people = [(system, number) for system, numbers in whose().persons.items() for number in numbers]
    _require_people(store, site, case, people, who.at)
    terms = {
        "exemption": found.exemption, RECORDS: found.records, OVER: "yes" if found.over else "",
        SUBJECTS: " ".join(sorted(store.disclosures.subject(identity, *one) for one in people)),
    }  # fmt: skip
    said = {key: value for key, value in terms.items() if value}
    return store.disclosures.add(identity, Act.EXEMPTED, said, viewer(), found.because)


def _require_people(store: Store, site: Site, case: Case, people: list[tuple[str, int]], at: datetime) -> None:
    if not people:
        return
    if len(people) > MOST:
        raise fault(
            faults.NOT_OF_CASE, wanted=f"at most {MOST} people at once", found=f"{len(people)}",
            fix="write it down in several goes",
        )  # fmt: skip
    kept, of_items = set[tuple[str, int]](), set[str]()
    for one in site.originals:
        for hold in store.keepings.current(one.name, at, to_dispose=False).legal_holds:
            if hold.id in case.holds:
                kept.update((one.name, number) for number in hold.scope.persons)
                of_items |= {one.name} if hold.scope.items else set()
    if any(one not in kept and one[0] not in of_items for one in people):
        raise fault(
            faults.NOT_OF_CASE, wanted="people whose records this case keeps", found="somebody else",
            because="a finding about somebody whom the paper does not name would exempt nothing",
            fix="look at the card again; or keep that person's records with the case first: `carrel disclose preserve`",
        )  # fmt: skip


def findings_told(findings: Collection[Finding]) -> list[dict[str, Any]]:
    """For JSON: by exemption and kind of record, about how many people; None for everybody."""
    return [
        {"exemption": name, "records": records or None, "people": people}
        for name, records, people in _by_kind(findings)
    ]


def finding_lines(findings: Collection[Finding]) -> list[str]:
    """The same in words, which name nobody."""
    return [
        name + (f" ({', '.join(more)})" if (more := [
            *([f"of {amount(people, 'person', 'people')}"] if people else []), *([records] if records else []),
        ]) else "")
        for name, records, people in _by_kind(findings)
    ]  # fmt: skip


def _by_kind(findings: Iterable[Finding]) -> list[tuple[str, str, int | None]]:
    counted = Counter((one.exemption, one.records, bool(one.subject)) for one in findings)
    return [(name, records, count if people else None) for (name, records, people), count in sorted(counted.items())]
