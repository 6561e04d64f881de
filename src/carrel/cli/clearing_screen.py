"""What lies outside the databases on a screen: how much is in each part, how old, and how much is past its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.at_site import now
from carrel.cli.screen import number, put_json, put_line, put_table, say
from carrel.cli.signed_services import signed_services
from carrel.errors import CarrelError, Exit
from carrel.inventory.totals import TOTALS
from carrel.retention.approval import Kind
from carrel.retention.clearing import Standing
from carrel.retention.clearing_plan import NOUNS
from carrel.systems import policy_files
from carrel.systems.outside import BLOCKS, PAGES
from carrel.systems.outside_looking import PASSING, look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carrel.accountability.log_services import Signed
    from carrel.inventory.site import Site
    from carrel.systems.outside_looking import Seen, SeenPart

_TITLES = {Kind.MAIL: "Mailboxes", Kind.FILES: "Folders", Kind.LOGS: "Log services", Kind.ROWS: "Tables"}


def tell_all(site: Site, kind: Kind, *, as_json: bool) -> int:
    """Show every mailbox, every folder, every table, or every log service of the site file; the exit code."""
    policy, at = policy_files.load(site.policy), now()
    seen = look(site, policy, at, kind)
    signed = signed_services(site, policy, at) if kind is Kind.LOGS else []
    told = [line for one in seen for line in one.findings()] + [line for one in signed for line in one.findings()]
    wrong = tuple(dict.fromkeys(fault for one in seen for error in one.errors for fault in error.faults))
    if as_json:
        errors = {"errors": [one.as_dict() for one in wrong]} if wrong else {}
        rows = [_as_dict(one, kind) for one in seen] + [one.as_dict() for one in signed]
        put_json({BLOCKS[kind]: rows, "findings": told, **errors})
    else:
        _show(seen, kind, signed)
        for line in told:
            put_line(line, "  - ")
        if wrong:
            raise CarrelError(wrong)
    if wrong:
        return int(CarrelError(wrong).exit)
    return int(Exit.FINDINGS if told else Exit.DONE)


def _as_dict(one: Seen, kind: Kind) -> dict[str, Any]:
    parts = [_part(part, NOUNS[kind][2]) for part in one.parts]
    if kind in {Kind.FILES, Kind.ROWS}:
        return {"name": one.holder.name, **(parts[0] if parts else {NOUNS[kind][2]: None})}
    if kind is Kind.LOGS:
        body = {"name": one.holder.name, "interface": one.holder.tool, "indices": _indices(one)}
        return {**body, "notes": list(one.around.notes)}
    return {"name": one.holder.name, "kind": one.holder.tool, "folders": parts}


def _part(seen: SeenPart, things: str) -> dict[str, Any]:
    found = seen.found
    return {
        "folder": seen.name,
        "record": seen.part.record,
        "purpose": seen.part.purpose,
        "rule": None if seen.rule is None else seen.rule.id,
        things: None if seen.shut else found.total,
        "oldest": None if found.oldest is None else found.oldest.isoformat(),
        "past_their_time": found.due if seen.rule and not seen.shut else None,
        "stay": None if seen.shut else found.stays,
    }


def _indices(one: Seen) -> list[dict[str, Any]]:
    found = []
    for seen in one.parts:
        body = _part(seen, NOUNS[Kind.LOGS][2])
        newest, size = seen.found.newest, (one.around.sizes or {}).get(seen.name)
        body = {"index": body.pop("folder"), **body, "newest": None if newest is None else newest.isoformat()}
        found.append({**body, "bytes": size, "lifecycle": (one.around.lifecycles or {}).get(seen.name)})
    return found


def _show(seen: list[Seen], kind: Kind, signed: list[Signed]) -> None:
    noun, _, more = NOUNS[kind]
    if not (seen or signed):
        say(f"The site file declares no {_TITLES[kind].lower()}: see docs/{PAGES[kind]}.")
    for service in signed:
        put_line(service.says)
    if not seen:
        return
    rows = []
    for one in seen:
        if not one.parts and one.error is not None:
            rows.append((one.holder.name, "", one.error.code, "", "", ""))
        for part in one.parts:
            found = part.found
            oldest = "" if found.oldest is None else f"{found.oldest:%Y-%m-%d}"
            late = number(found.due) if part.rule else "no rule" if part.part.is_judged else TOTALS
            counts = (number(found.total), oldest, late, number(found.stands[Standing.UNDATED]))
            inner = part.part.record if kind in {Kind.FILES, Kind.ROWS} else part.name
            rows.append((one.holder.name, inner, *((part.shut, "", "", "") if part.shut else counts)))
    second = {Kind.MAIL: "folder", Kind.FILES: "record", Kind.ROWS: "record"}.get(kind, "index")
    heads = (noun, second, more, "oldest (UTC)", "past their time", "no date")
    put_table(f"{_TITLES[kind]}, as they are now", heads, rows, right=(2, 4, 5))
    for one in seen:
        for note in _notes(one, kind):
            put_line(f"{one.name}: {note}", "note: ")


def _notes(one: Seen, kind: Kind) -> Iterator[str]:
    """What is no finding, and worth a line."""
    _, single, more = NOUNS[kind]
    kept = ((why, count) for part in one.parts for why, count in part.found.kept.items())
    yield from (f"{amount(count, f'{single} stays', f'{more} stay')}: {why}" for why, count in kept if why in PASSING)
    yield from one.around.notes
