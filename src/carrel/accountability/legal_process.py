"""Legal process in an audit: nothing was released without each step, nothing is late, and nothing was altered since.

A site where nobody came with a paper has no evidence of it, and the clause stays a promise there. Sealed cases are in
no figure, and figures are bands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Kind, Reading, cannot_tell, finding, holds
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.disclosure.process import Instrument
from carrel.disclosure.report import band
from carrel.disclosure.standing import Standing, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from carrel.accountability.authority import AuthorityFacts
    from carrel.accountability.facts import AuditFacts

_PAPERS = frozenset(
    {Instrument.SUBPOENA, Instrument.COURT_ORDER, Instrument.SEARCH_WARRANT, Instrument.NATIONAL_SECURITY}
)
_WHO_ACTS = frozenset({"MITL-4.5", "MPL-2"})  # clauses that name who acts, and who else while she is away
_ASKS = frozenset({Instrument.INFORMAL_ASK, Instrument.EMPLOYER, Instrument.PARENT})


@dataclass(frozen=True, slots=True)
class DisclosureFacts:
    """What the store tells of disclosure cases that are not sealed.

    Attributes:
        standings: where each stands, by the rules in force.
        unsound: of which kinds one was released without a step, a paper or a signature.
        altered: events, of all cases, that do not fit what was committed to the ledger.
        whole: whether every case can be opened.
        unread: why the ledger could not be asked what was committed to it.
    """

    standings: tuple[Standing, ...] = ()
    unsound: tuple[Instrument, ...] = ()
    altered: int = 0
    whole: bool = True
    unread: str = ""


# What each clause speaks of, and what of it nobody measures here.
_CLAUSES: dict[str, tuple[frozenset[Instrument], str, str]] = {
    "MITL-3.6": (
        frozenset({Instrument.PERMANENT_RECORDS}),
        "each access to permanent records is authorised by the unit's head",
        "that the records are kept by a named schedule",
    ),
    "MITL-4.3": (_PAPERS | _ASKS, "a government gets individual records on lawful process only", ""),
    "MITL-4.4": (_PAPERS, "the person is told as soon as possible, unless an order forbids it", ""),
    "MITL-4.5": (_PAPERS, "the authorised officer alone signs a release", ""),
    "MITP-11.2.4a": (
        _PAPERS | _ASKS | {Instrument.PERMISSION},
        "nothing leaves but by permission, process, or an approved need",
        "",
    ),
    "MITP-11.2.4b": (
        frozenset({Instrument.DIRECTORY}),
        "only listed fields leave without permission",
        "which fields were given",
    ),
    "MITP-11.2.5": (frozenset({Instrument.FOREIGN_NATIONAL}), "every listed condition is found by the Provost", ""),
    "MITP-11.2.6": (
        frozenset({Instrument.RESEARCHER}),
        "the Archivist admits scholars to long-inactive records",
        "that records go to the archive with their rights",
    ),
    "MITP-11.2.7": (_PAPERS, "the person is told, counsel consulted, and an authorised officer releases", ""),
    "MITP-11.3": (
        _PAPERS | {Instrument.RESEARCHER},
        "a student is told before a record is disclosed",
        "the rest of the student-records rule",
    ),
    "OWWL-5": (
        _PAPERS | _ASKS | {Instrument.PERMISSION, Instrument.COOPERATION},
        "nothing reaches anybody but on a ground of the statute",
        "what other systems of the library give to others",
    ),
    "WPL-1.1": (_PAPERS | _ASKS | {Instrument.PERMISSION}, "records leave by statute, permission or process only", ""),
    "WPL-1.2": (frozenset({Instrument.NATIONAL_SECURITY}), "where it is forbidden, nobody is told", ""),
    "WPL-1.3": (
        _PAPERS,
        "the Law Department reads every paper, and the Board is told",
        "",
    ),
    "WPL-8.1": (_PAPERS, "nothing is released while a defect is open", ""),
    "WPL-8.2": (
        frozenset({Instrument.PUBLIC_RECORDS, Instrument.COOPERATION, Instrument.THEFT}),
        "patron records are no public records, and are exchanged on the two allowed grounds only",
        "",
    ),
    "MPL-1": (frozenset({Instrument.EMERGENCY, Instrument.THEFT}), "what was told at once is looked at afterwards", ""),
    "MPL-2": (
        _PAPERS | _ASKS | {Instrument.PUBLIC_RECORDS},
        "the Director, or an alternate while she is recorded absent, answers",
        "",
    ),
    "MPL-3": (_PAPERS | _ASKS, "nobody gives out anything unless the policy's procedure authorises it", ""),
    "MPL-4": (_PAPERS | _ASKS | {Instrument.PUBLIC_RECORDS}, "patron records stay closed unless a law requires it", ""),
    "MPL-4.1": (
        frozenset({Instrument.PUBLIC_RECORDS}),
        "the excepted fields are withheld, and the rest is produced",
        "public reports, feeds and interfaces",
    ),
}


def _provider(clause: str, instruments: frozenset[Instrument], because: str) -> Callable[[AuditFacts], Reading | None]:
    def reading(facts: AuditFacts) -> Reading | None:
        authority = facts.nights.authority if clause in _WHO_ACTS else None
        return _reading(facts.disclosures, instruments, because, authority)

    return reading


for _clause, (_instruments, _because, _partly) in _CLAUSES.items():
    provides(_clause, Kind.GATED, partly=_partly, at_some_sites=True)(_provider(_clause, _instruments, _because))


def _reading(
    seen: DisclosureFacts | None, instruments: frozenset[Instrument], because: str, authority: AuthorityFacts | None
) -> Reading | None:
    own = [] if seen is None else [one for one in seen.standings if one.process.instrument in instruments]
    if seen is None or not own:
        return None
    late = sum(one.overdue and not one.state.is_final for one in own)
    owed = sum(bool(one.owed) for one in own)
    unsound = sum(one in instruments for one in seen.unsound)
    measured: dict[str, int | str] = {
        "cases": band(len(own), 10),
        "released": band(sum(one.state in {State.RELEASED, State.REVIEWED} for one in own), 10),
        "refused": band(sum(one.state is State.REFUSED for one in own), 10),
        "released without a step": unsound,
        "late": late,
        "owing a step": owed,
        "altered since": seen.altered,
    }
    if authority is not None:
        measured |= {
            "absences on record": authority.absences,
            "of these recorded by another": authority.by_others,
            "delegations on record": authority.delegations,
            "entries on who may act that do not stand as told": authority.wrong,
        }
    says = [f"{amount(unsound, 'case')} released without each step"] if unsound else []
    says += [f"{amount(late, 'case')} late"] if late else []
    says += [f"{amount(owed, 'case')} owing a step"] if owed else []
    says += [f"{amount(seen.altered, 'event')} altered since"] if seen.altered else []
    if authority is not None and authority.wrong:
        says.append(f"{amount(authority.wrong, 'entry', 'entries')} on who may act not as told to the ledger")
    if says:
        fix = "carrel disclose list tells which; take the step, or ask who wrote it"
        return finding(f"{'; '.join(says)}.", measured, because=because, fix=fix)
    if unread := seen.unread or (authority.unread if authority is not None else ""):
        return cannot_tell(
            "What is on record could not be held against the ledger.", measured, because=unread,
            fix="carrel ledger verify tells what is wrong with the ledger; put its folder back from a copy",
        )  # fmt: skip
    if not seen.whole:
        return cannot_tell(
            "Not every case can be opened.", measured, because="a key is gone, or something was changed",
            fix="put the file back into the folder `disclosures` from a copy of the site's folder",
        )  # fmt: skip
    return holds("No case was released without each step, and none is late or owes one.", measured)
