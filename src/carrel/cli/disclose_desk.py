"""What is done in disclosure cases from the command line: taken in, led step by step, ended."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli.at_site import named, now, open_site
from carrel.cli.disclose_keeping import asked_on, orders, people_on
from carrel.cli.disclose_rules import process_rules, viewer_of
from carrel.cli.request_desk import text_in
from carrel.cli.screen import put_json, put_line, say
from carrel.cli.store_place import open_store
from carrel.disclosure import faults
from carrel.disclosure.admission import may
from carrel.disclosure.course import THE_BOARD
from carrel.disclosure.event import Act, Event, free_words
from carrel.disclosure.opening import NAMED_BY_ORDER, WISHED, preserving, require_opening
from carrel.disclosure.silence import INDEFINITE
from carrel.errors import fault
from carrel.store.case_holds import LetGo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carrel.disclosure.standing import Standing
    from carrel.disclosure.viewer import Viewer
    from carrel.inventory.site import Site


def open_one(
    *,
    instrument: str,
    served_on: str,
    sender: str,
    dated: datetime | None,
    from_day: datetime | None,
    until_day: datetime | None,
    readers: bool,
    order_names_title: bool,
    words_file: Path | None,
    cards: tuple[Path, ...],
    by_number: bool,
    items: tuple[str, ...],
    titles: tuple[str, ...],
    system_name: str | None,
    name: str,
    site_path: Path,
    as_json: bool,
) -> None:
    """Open a case; what it asks for is kept from deletion by the same commit.

    Raises:
        CarrelError: DSC-003, DSC-005, DSC-006, DSC-018; ERA-001; of the HLD codes.
    """
    site = open_site(site_path)
    rules = process_rules(site)
    words = "" if words_file is None else free_words(text_in(words_file))
    days = {"dated": dated, "from day": from_day, "until day": until_day}
    terms = {"instrument": instrument, "served on": served_on, "from": sender}
    terms |= {key: day.date().isoformat() for key, day in days.items() if day is not None}
    if readers or order_names_title or titles:
        terms["title"] = NAMED_BY_ORDER if order_names_title else WISHED
    people = people_on(site_path, system_name, cards, by_card=not by_number)
    asked = asked_on(site_path, system_name, people, items, titles)
    with open_store(site) as store:
        viewer = viewer_of(site, store, rules, name)
        step = preserving(require_opening(Event(Act.RECEIVED, viewer.at, viewer.person, terms), rules.processes))
        made = store.disclosures.open(terms, words, viewer, keep=orders(asked, viewer.person), step=step)
        _, here = store.disclosures.case(made, viewer)
        if not as_json:  # before it waits for a run beside it: that can take minutes, and the case is there
            say(f"{made}: {instrument}{_since(here, viewer)}")
        store.disclosures.in_force(made, now)
    if not as_json:
        for line in here.process.script:
            put_line(line, "  say: ")
    told(made, here, as_json=as_json)


def preserve_one(
    *,
    identity: str,
    cards: tuple[Path, ...],
    by_number: bool,
    items: tuple[str, ...],
    titles: tuple[str, ...],
    system_name: str | None,
    name: str,
    site_path: Path,
    as_json: bool,
) -> None:
    """Keep what a case asks for from deletion.

    Raises:
        CarrelError: DSC-001 to DSC-003, DSC-021; ERA-001; of the HLD codes.
    """
    site = open_site(site_path)
    rules = process_rules(site)
    people = people_on(site_path, system_name, cards, by_card=not by_number)
    asked = asked_on(site_path, system_name, people, items, titles)
    if not asked:
        raise fault(
            faults.PRESERVED,
            wanted="a card, an item or a title",
            found="none",
            fix="give --card FILE, --item or --title NUMBER",
        )
    with open_store(site) as store:
        viewer = viewer_of(site, store, rules, name)
        case, here = store.disclosures.case(identity, viewer)
        step = preserving(here.process) or "preserve"
        may(here, Act.TAKEN, viewer.person, viewer.offices, viewer.at, step=step)
        after = store.disclosures.preserve(case.id, orders(asked, viewer.person), step, viewer)
        store.disclosures.in_force(case.id, now)
    told(identity, after, as_json=as_json)


def record_step(
    *, identity: str, step: str, cite: str | None, finding: str | None, name: str, site_path: Path, as_json: bool
) -> None:
    """Write down that a step was taken.

    Raises:
        CarrelError: DSC-001 to DSC-005, DSC-009.
    """
    terms = {"step": step, "cite": cite or "", "finding": finding or ""}
    act_on("taken", terms, identity=identity, name=name, site_path=site_path, as_json=as_json)


def list_defect(*, identity: str, what: str, name: str, site_path: Path, as_json: bool) -> None:
    """List a defect, under the next free number.

    Raises:
        CarrelError: DSC-001 to DSC-003.
    """
    site = open_site(site_path)
    rules = process_rules(site)
    with open_store(site) as store:
        viewer = viewer_of(site, store, rules, name)
        _, here = store.disclosures.case(identity, viewer)
        after = store.disclosures.add(identity, Act.DEFECT, {"defect": here.next_defect, "what": what}, viewer)
    told(identity, after, as_json=as_json)


def silence_one(
    *,
    identity: str,
    basis: str | None,
    court: str,
    statute: str,
    starts: datetime | None,
    ends: datetime | None,
    indefinite: bool,
    may_tell: Sequence[str],
    lift: bool,
    because: str,
    name: str,
    site_path: Path,
    as_json: bool,
) -> None:
    """Seal a case, or write down that the silence was lifted.

    Raises:
        CarrelError: DSC-001 to DSC-003, DSC-005, DSC-012 to DSC-014.
    """
    if lift:
        act_on("silence ended", {}, identity=identity, because=because, name=name, site_path=site_path, as_json=as_json)
        return
    if indefinite and ends is not None:
        raise fault(
            faults.SILENCE_ENDS, at="--ends", wanted="a last day, or --indefinite", found="both", fix="give one of them"
        )
    last = INDEFINITE if indefinite else "" if ends is None else ends.date().isoformat()
    terms = {
        "basis": basis or "", "court": court, "statute": statute, "ends": last,
        "starts": "" if starts is None else starts.date().isoformat(), "may tell": "; ".join(may_tell),
    }  # fmt: skip
    act_on("silenced", terms, identity=identity, because=because, name=name, site_path=site_path, as_json=as_json)


def act_on(
    act: str,
    terms: Mapping[str, str],
    *,
    identity: str,
    name: str,
    site_path: Path,
    as_json: bool,
    because: str = "",
) -> None:
    """Write one event down.

    Raises:
        CarrelError: DSC-001 to DSC-014, DSC-018, DSC-022.
    """
    site = open_site(site_path)
    rules = process_rules(site)
    said = {key: value for key, value in terms.items() if value}
    _require_people(site, said)
    with open_store(site) as store:
        after = store.disclosures.add(identity, Act(act), said, viewer_of(site, store, rules, name), because)
        gone = store.disclosures.let_go(identity, viewer_of(site, store, rules, name)) if after is not None else LetGo()
    told(identity, after, as_json=as_json, gone=gone)


def _require_people(site: Site, said: Mapping[str, str]) -> None:
    """Whoever is named to a case is somebody: a name that nobody has would leave her out whom it was meant for.

    Raises:
        CarrelError: APR-013; DSC-005.
    """
    told = [one for one in said.get("may tell", "").split("; ") if one != THE_BOARD]
    if any(one and named(site, one) is None for one in (said.get("person", ""), *told)):
        raise fault(
            faults.MISSING, wanted=f"people of the site file, each by the whole name, or '{THE_BOARD}' for --may-tell",
            found="another name", because="what is sealed is seen by whoever is named, and by nobody else",
            fix="write the name as people: of the site file has it",
        )  # fmt: skip


def told(identity: str, here: Standing | None, *, as_json: bool, gone: LetGo | None = None) -> None:
    """Where the case stands after what was done, and whether its holds were released with its end."""
    gone = gone or LetGo()
    if here is None:
        if as_json:
            put_json({"case": {"id": identity, "state": None}})
        else:
            say(f"{identity}: written down; you do not see it any more.")
        return
    if as_json:
        body = {
            "id": identity, "state": str(here.state), "sealed": here.silent, "notice": str(here.notice),
            "holds_released": gone.ended, "kept_on_by": [*gone.cases, *gone.holds],
            "next": [one.id for one in here.open], "due": None if here.due is None else here.due.isoformat(),
        }  # fmt: skip
        put_json({"case": body})
        return
    sealed = ", sealed" if here.silent else ""
    put_line(f"{identity}: {here.state}{sealed}" + (f", due {here.due}" if here.due and not here.ended_at else ""))
    if gone.ended:
        on = [*(f"case {one}" for one in gone.cases), *(f"legal hold {one}" for one in gone.holds)]
        still = f" The same records are kept on by: {', '.join(on)}." if on else ""
        put_line(f"What it kept from deletion is kept no more.{still}", "  ")
    for one in here.open:
        put_line(f"{one.id} ({', '.join(sorted(one.by))})", "  next: ")
    for defect in here.open_defects:
        put_line(f"{defect.id}: {defect.what}", "  defect: ")


def _since(here: Standing, viewer: Viewer) -> str:
    """That it was opened before, by the same words: whoever was stopped then gave the command again."""
    if here.received_at == viewer.at:
        return ""
    return f" (open since {here.received_at.astimezone(viewer.zone):%H:%M}; nothing was written twice)"
