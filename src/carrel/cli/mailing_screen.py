"""Mailing lists on a screen: what differs, what was changed, and how each was read back; counts, and no address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli import mailing_course, premises
from carrel.cli.at_site import allowed, open_site
from carrel.cli.screen import figure, one_line, put_json, put_line, put_table
from carrel.consent import faults
from carrel.consent.mailing_list import Difference, Standing
from carrel.errors import CarrelError, Exit, fault
from carrel.inventory.site import May
from carrel.ledger.leaf import banded
from carrel.retention.outcome import Outcome

if TYPE_CHECKING:
    from carrel.cli.mailing_course import Report
    from carrel.cli.premises import Premises
    from carrel.inventory.mailing_list import MailingList
    from carrel.inventory.site import Site

_WORST = (Exit.FAILED, Exit.VERIFICATION_FAILED, Exit.USAGE, Exit.REFUSED, Exit.FINDINGS)


def tell_plan(name: str | None, site_path: Path, *, as_json: bool) -> int:
    """Show what lists have that they should not have, and what they lack; the exit code."""
    site = open_site(site_path)
    reports = each(site_path, site, _named(site, name), mailing_course.looked_at)
    if as_json:
        put_json({"lists": [as_dict(one) for one in reports]})
    else:
        _show_plan(reports)
    if wrong := _wrong(reports):
        return wrong
    return int(Exit.DONE if all(one.what is None or one.what.is_none for one in reports) else Exit.FINDINGS)


def tell_apply(by: str, name: str | None, site_path: Path, *, put_back: bool, as_json: bool) -> int:
    """Bring lists to hold what consents say, and show how each was read back; the exit code."""
    site = open_site(site_path)
    person = allowed(site, by, May.EXPORT).name
    reports = each(
        site_path,
        site,
        _named(site, name),
        lambda here, one: mailing_course.carried_out(here, one, person, everybody=True, put_back=put_back),
    )
    if as_json:
        put_json({"lists": [as_dict(one) for one in reports]})
    else:
        _show_applied(reports)
    return _wrong(reports) or int(Exit.DONE)


def each(
    site_path: Path, site: Site, lists: Iterable[MailingList], act: Callable[[Premises, MailingList], Report]
) -> list[Report]:
    """Do something with each list, with its system open; one that cannot be opened costs the others nothing."""
    found = []
    for one in lists:
        try:
            with premises.enter(site_path, one.system or site.originals[0].name, read_only=True) as here:
                found.append(act(here, one))
        except CarrelError as wrong:
            found.append(
                mailing_course.Report(one.name, one.purpose, one.recipient, outcome=Outcome.FAILED, wrong=wrong)
            )
    return found


def _named(site: Site, name: str | None) -> list[MailingList]:
    found = [one for one in site.mailing_lists if name in {None, one.name}]
    if not found:
        names = ", ".join(one.name for one in site.mailing_lists)
        raise fault(
            faults.LIST_ENTRY,
            wanted=f"one of: {names}" if names else "an entry under 'mailing_lists:'",
            found=repr(name) if name else "none",
            fix="name one of those listed" if names else "write it into the site file: docs/mailing-lists.md",
        )
    return found


def _wrong(reports: Iterable[Report]) -> int:
    codes = {one.wrong.exit for one in reports if one.wrong is not None}
    return int(next((code for code in _WORST if code in codes), Exit.DONE))


def _show_plan(reports: list[Report]) -> None:
    rows = [(one, one.what) for one in reports if one.what is not None]
    put_table(
        "Mailing lists",
        ("list", "members", "to take off", "to put on", "on no record"),
        [
            (one.name, _told(what.members), _told(len(what.off)), _told(len(what.on)), _strangers(what))
            for one, what in rows
        ],
        right=(1, 2, 3, 4),
    )
    for one, what in rows:
        terms = "only who agreed" if one.needs_consent else "everybody who did not object"
        put_line(f"{one.name}: {one.purpose}, to {one.recipient}; {terms}.", "  ")
        for how in (Standing.REFUSED, Standing.SILENT, Standing.FORMER):
            if what.counts.get(how):
                put_line(f"{one.name}: to take off, {how}: {_told(what.counts[how])}.", "  - ")
        _show_rest(one, what)
    _show_wrong(reports)


def _show_applied(reports: list[Report]) -> None:
    for one in reports:
        if one.outcome is None:
            continue
        done = f"{amount(banded(one.off), 'member')} taken off, {figure(banded(one.on))} put on"
        put_line(f"{one.name}: {one.outcome.value}; {done}.")
        if one.not_taken:
            put_line(
                f"{one.name}: the tool did not take {amount(banded(one.not_taken), 'address', 'addresses')}; it bans "
                "them, or cannot write to them.",
                "  - ",
            )
        if one.left is not None:
            _show_rest(one, one.left)
    _show_wrong(reports)


def _show_rest(one: Report, what: Difference) -> None:
    if what.strangers:
        put_line(
            f"{one.name}: {amount(banded(what.strangers), 'member')} on no record here, and not put there by Carrel. "
            "Nobody here can tell whether they agreed; 'strangers: removed' in the site file takes them off.",
            "  - ",
        )
    if what.departed:
        put_line(
            f"{one.name}: {_told(what.departed)} left at the tool and stay off until their next yes. Where the list "
            "lost them, 'carrel mailing-list apply --put-back' puts them on again.",
            "  - ",
        )
    if what.unusable:
        put_line(
            f"{one.name}: {_told(what.unusable)} may be written to and have no address that a tool can be given.",
            "  - ",
        )


def _show_wrong(reports: Iterable[Report]) -> None:
    for one in reports:
        for wrong in one.wrong.faults if one.wrong is not None else ():
            put_line(f"{one.name}: {one_line(wrong)}", "  - ")


def _strangers(what: Difference) -> str:
    return _told(what.counts.get(Standing.STRANGER, 0))


def _told(count: int) -> str:
    return figure(banded(count))


def as_dict(one: Report) -> dict[str, Any]:
    """How one list went, for programs."""
    body: dict[str, Any] = {
        "list": one.name,
        "purpose": one.purpose,
        "recipient": one.recipient,
        "needs_consent": one.needs_consent,
        "outcome": None if one.outcome is None else one.outcome.value,
        "found": _difference(one.what),
    }
    if one.left is not None:
        body |= {
            "taken_off": banded(one.off),
            "put_on": banded(one.on),
            "not_taken": banded(one.not_taken),
            "left": _difference(one.left),
        }
    if one.wrong is not None:
        body["errors"] = [each.as_dict() for each in one.wrong.faults]
    return body


def _difference(what: Difference | None) -> dict[str, Any] | None:
    if what is None:
        return None
    return {
        "members": banded(what.members),
        "to_take_off": banded(len(what.off)),
        "to_put_on": banded(len(what.on)),
        "no_usable_address": banded(what.unusable),
        "left_at_the_tool": banded(what.departed),
        "standing": {how.value: banded(count) for how, count in what.counts.items()},
    }
