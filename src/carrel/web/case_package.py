"""What answers a case, on its pages: what was made ready, and with which command it is made.

No page gathers records itself. That takes the systems for minutes, holds what it found in memory, and needs a place
for the package: a page that was left, or a server that was restarted, would leave half of it.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carrel.disclosure.admission import makes_ready
from carrel.disclosure.event import Act, Event
from carrel.disclosure.process import Office
from carrel.disclosure.scope_draft import draft
from carrel.inventory.office import May, Person
from carrel.web.case_sheet import Sheet


@dataclass(frozen=True, slots=True)
class Answer:
    """What answers a case.

    Attributes:
        made: the event that tells of it; None where nothing is ready.
        is_next: whether it is what the case waits for now, whoever looks.
        is_own: whether whoever looks may make it now.
        command: with which it is made.
        scope: the beginning of the file that the command takes.
        makers: who may give the command: by office, and by `may: plan`.
    """

    made: Event | None
    is_next: bool
    is_own: bool
    command: str
    scope: str
    makers: tuple[str, ...]


def answer_of(sheet: Sheet, people: Sequence[Person], holders: Mapping[Office, tuple[str, ...]]) -> Answer:
    """What answers a case, as somebody sees it.

    Args:
        sheet: of the case.
        people: of the site file.
        holders: who holds which office, by the site file.
    """
    now, case, viewer = sheet.now, sheet.case, sheet.viewer
    events = [one for one in case.events if one.act is Act.PRODUCED]
    able = {name for one in makes_ready(now) for name in holders.get(one, ())}
    able |= {viewer.person} if makes_ready(now) & viewer.offices else set()  # who stands in for somebody away
    makers = tuple(one.name for one in people if May.PLAN in one.may and one.name in able)
    is_next = not now.package and not now.state.is_final and not now.process.release_first and _may_any(sheet)
    return Answer(
        events[-1] if now.package and events else None,
        is_next,
        str(Act.PRODUCED) in sheet.acts and not now.process.release_first,
        _command(sheet, makers),
        draft(case, sheet.words[0], viewer.zone, names_title=now.order_names_title),
        makers,
    )


def _may_any(sheet: Sheet) -> bool:
    """Whether somebody who holds every office could make it now."""
    return sheet.may_in(Act.PRODUCED, frozenset(Office))


def _command(sheet: Sheet, makers: Sequence[str]) -> str:
    name = sheet.viewer.person if sheet.viewer.person in makers or not makers else makers[0]
    named = " --order-names-title" if sheet.now.order_names_title else ""
    return (
        f"carrel disclose produce scope.yaml --case {sheet.case.id} --out release.zip.age "
        f"--age-passphrase-file words.txt{named} --as {shlex.quote(name)}"
    )
