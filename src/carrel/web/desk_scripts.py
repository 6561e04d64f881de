"""What is said at the desk when somebody comes for records of others: one page for each paper, one for none, and all.

They need no account and name no patron. Each is one file with its own style, which a browser may keep: it can be
printed, and is there while the network is not.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from fastapi import HTTPException
from starlette.responses import HTMLResponse, Response

from carrel.disclosure import faults
from carrel.disclosure.precedence import Processes
from carrel.disclosure.process import Instrument
from carrel.errors import CarrelError
from carrel.web import words
from carrel.web.staff_visit import StaffHere, StaffVisit, staff_pages
from carrel.web.visit import environment

router = staff_pages()
STYLE = (Path(__file__).parent / "static" / "desk.css").read_text(encoding="utf-8")
STYLE_HASH = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
_KEEP = "public, max-age=86400"  # a day: a policy that changes is on every desk by the next one
PAPERS = {one.value.replace(" ", "-"): one for one in Instrument if one is not Instrument.PERMANENT_RECORDS}


@router.get("/desk")
def unknown(here: StaffHere) -> Response:
    """Somebody is at the desk, and nobody knows yet what it is."""
    return _page(here, "desk", ())


@router.get("/desk/all")
def every(here: StaffHere) -> Response:
    """All of them on one page, to be printed or kept."""
    return _page(here, "desk_all", tuple(PAPERS.values()))


@router.get("/desk/{paper}")
def one(here: StaffHere, paper: str) -> Response:
    """What is said of one kind of paper.

    Raises:
        HTTPException: 404, there is no such kind.
    """
    if paper not in PAPERS:
        raise HTTPException(404)
    return _page(here, "desk_one", (PAPERS[paper],))


def _page(here: StaffVisit, template: str, papers: tuple[Instrument, ...]) -> Response:
    desk = here.premises.staff.cases
    processes, policy = _processes(here), here.premises.policy
    text = environment(here.language).get_template(f"{template}.html.j2").render(
        language=here.language, library=here.premises.site.library, languages=here.premises.portal.languages,
        names=words.NAMES, style=STYLE, path=here.path, papers=PAPERS, policy=policy, holders=desk.holders(),
        phones={one.name: one.phone for one in here.premises.staff.people()},
        unknown=processes.of(Instrument.INFORMAL_ASK), shown=[processes.of(one) for one in papers],
    )  # fmt: skip
    return HTMLResponse(text, headers={"Cache-Control": _KEEP})


def _processes(here: StaffVisit) -> Processes:
    try:
        return here.premises.staff.cases.processes()
    except CarrelError as wrong:
        if wrong.code != faults.NO_RULES.code:
            raise
        raise HTTPException(404) from None
