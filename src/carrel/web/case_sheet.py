"""A case of legal process as a checklist: each step, whose it is, and what whoever looks may do now."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import HTTPException

from carrel.disclosure import faults
from carrel.disclosure.admission import may
from carrel.disclosure.case import Case
from carrel.disclosure.education import Exemption
from carrel.disclosure.event import Act, Event
from carrel.disclosure.opening import preserving
from carrel.disclosure.process import Does, Office, Step
from carrel.disclosure.standing import Done, Standing
from carrel.disclosure.viewer import Viewer
from carrel.errors import CarrelError
from carrel.web.staff_visit import StaffVisit

_NEEDS: Mapping[Does, str] = {
    Does.PRESERVE: "hold", Does.CITE: "cite", Does.FIND: "finding", Does.REVIEW: "finding",
}  # fmt: skip


class Mark(enum.StrEnum):
    """Where one step stands for whoever looks."""

    DONE = "done"
    YOURS = "yours"
    OTHERS = "others"  # open, and somebody else's
    LATER = "later"  # others come first
    SILENCED = "silenced"  # it would tell somebody whom nobody may tell now
    OVER = "over"  # the case ended without it


@dataclass(frozen=True, slots=True)
class Row:
    """One step on the page.

    Attributes:
        step: of the policies in force.
        mark: where it stands.
        done: by whom and when; None while nobody took it.
        people: who may take it, by the site file.
        needs: what has to be said with it: ``hold``, ``cite``, ``finding``, or nothing.
    """

    step: Step
    mark: Mark
    done: Done | None
    people: tuple[str, ...]
    needs: str


@dataclass(frozen=True)
class Sheet:
    """One case as somebody sees it.

    Attributes:
        case, now: as the store tells it, and where it stands.
        viewer: who looks.
        rows: its steps, those after a release last.
        acts: what this person may do now; steps apart.
        words: beside each event.
    """

    case: Case
    now: Standing
    viewer: Viewer
    rows: tuple[Row, ...]
    acts: frozenset[str]
    words: tuple[str, ...]

    @property
    def documents(self) -> tuple[Event, ...]:
        """The papers that were put in."""
        return tuple(one for one in self.case.events if one.act is Act.FILED)

    @property
    def keeps_more(self) -> bool:
        """Whether this person may keep more from deletion, once something is kept."""
        step = preserving(self.now.process)
        return step in self.now.done and _may(self.now, Act.TAKEN, self.viewer, step)

    @property
    def exemptions(self) -> tuple[Exemption, ...]:
        """What this person may find about students."""
        rule = self.now.process.education
        if rule is None or str(Act.EXEMPTED) not in self.acts:
            return ()
        return tuple(one for one in rule.exemptions.values() if one.by & self.viewer.offices)

    def may_in(self, act: Act, offices: frozenset[Office]) -> bool:
        """Whether an act could be done now by somebody who knows of the case and holds these offices."""
        try:
            may(self.now, act, self.viewer.person, offices, self.viewer.at)
        except CarrelError:
            return False
        return True

    @property
    def own(self) -> tuple[Row, ...]:
        """What this person may take now."""
        return tuple(one for one in self.rows if one.mark is Mark.YOURS)


def cases_of(here: StaffVisit) -> tuple[Viewer, tuple[tuple[Case, Standing], ...]]:
    """Who is signed in, and every case of which that person may know, with the same work whoever asks.

    Raises:
        HTTPException: 404, no policy in force says anything of legal process.
    """
    try:
        viewer = here.premises.staff.cases.viewer(here.who.name)
    except CarrelError as wrong:
        if wrong.code != faults.NO_RULES.code:
            raise
        raise HTTPException(404) from None
    return viewer, here.premises.store.disclosures.all(viewer)


def sheet(here: StaffVisit, name: str) -> Sheet:
    """One case. It is looked for among all of them: one that is not there takes no other time than one that is sealed.

    Raises:
        HTTPException: 404, there is none, or none of which this person may know.
    """
    viewer, known = cases_of(here)
    case, now = next((one for one in known if one[0].id == name), (None, None))
    if case is None or now is None:
        raise HTTPException(404)
    holders = here.premises.staff.cases.holders()
    steps = (*now.process.steps, *now.process.afterwards)
    return Sheet(
        case,
        now,
        viewer,
        tuple(_row(one, now, viewer, holders) for one in steps),
        frozenset(str(one) for one in Act if one is not Act.TAKEN and _may(now, one, viewer)),
        here.premises.store.disclosures.words(name, viewer),
    )


def next_of(now: Standing, viewer: Viewer) -> tuple[tuple[Step, ...], tuple[Step, ...], bool]:
    """What a case waits for: steps that this person may take, those of others, and whether a signature or the handing
    over is this person's.
    """
    ends = (Act.SIGNED, Act.RELEASED) if now.package else (Act.PRODUCED, Act.RELEASED)
    own = tuple(one for one in now.open if _may(now, Act.TAKEN, viewer, one.id))
    others = tuple(one for one in now.open if one not in own)
    return own, others, any(_may(now, one, viewer) for one in ends)


def _row(step: Step, now: Standing, viewer: Viewer, holders: Mapping[Office, tuple[str, ...]]) -> Row:
    done = now.done.get(step.id)
    is_open = step.id in {one.id for one in now.open}
    tells = step.does in {Does.TELL_PATRON, Does.TELL_BOARD}
    mark = (
        Mark.DONE if done is not None
        else Mark.YOURS if is_open and _may(now, Act.TAKEN, viewer, step.id)
        else Mark.OTHERS if is_open
        else Mark.SILENCED if tells and now.silent and step.id not in {one.id for one in now.missing}
        else Mark.OVER if now.state.is_final
        else Mark.LATER
    )  # fmt: skip
    people = dict.fromkeys(name for office in sorted(step.by) for name in holders.get(office, ()))
    return Row(step, mark, done, tuple(people), _NEEDS.get(step.does, ""))


def _may(now: Standing, act: Act, viewer: Viewer, step: str = "") -> bool:
    try:
        may(now, act, viewer.person, viewer.offices, viewer.at, step=step)
    except CarrelError:
        return False
    return True
