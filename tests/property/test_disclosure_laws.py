"""Laws of disclosure cases: whoever does whatever whenever, nothing leaves without each step by somebody allowed then.

The machine does not ask the admission what it thinks: it keeps its own account of who did what, when, in which office,
and judges every release by it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from carrel.disclosure.absence import OfficeEvent, Turn, admit_turn, held
from carrel.disclosure.admission import admit
from carrel.disclosure.case import Case
from carrel.disclosure.course import READERS, standing
from carrel.disclosure.event import FINAL, Act, Event, Ground, Ruling
from carrel.disclosure.precedence import processes_of
from carrel.disclosure.process import Basis, Does, Instrument, Office, Outcome
from carrel.disclosure.standing import Notice, State
from carrel.errors import CarrelError
from carrel.systems import policy_files

ZONE = ZoneInfo("America/New_York")
START = datetime(2027, 10, 28, 15, tzinfo=UTC)  # before the clocks go back, and a winter before a leap day
NAMES = sorted(policy_files.shipped_names())
PROCESSES = {name: processes_of([policy_files.load(name)]) for name in NAMES}
# Eve holds nothing; Ben and Cid may be named alternates. Two hold the office of custodian, so that two can decide.
PEOPLE = {
    "Ada": frozenset({Office.CUSTODIAN, Office.AUTHORISED_OFFICER}),
    "Ann": frozenset({Office.CUSTODIAN, Office.PROVOST, Office.ARCHIVIST}),
    "Lou": frozenset({Office.COUNSEL}),
    "Sam": frozenset({Office.SENIOR_OFFICER, Office.UNIT_HEAD}),
    "Ben": frozenset(),
    "Cid": frozenset(),
    "Eve": frozenset(),
}
WHO = st.sampled_from(sorted(PEOPLE))


class Visits(RuleBasedStateMachine):
    """One case, and everything that anybody may try."""

    policy = NAMES[0]

    @initialize(instrument=st.sampled_from(Instrument), title=st.sampled_from(["", "", "", "named by the order", "wished for"]),
                dated=st.booleans(), who=WHO)  # fmt: skip
    def comes(self, instrument: Instrument, title: str, *, dated: bool, who: str) -> None:
        self.processes = PROCESSES[self.policy]
        self.process = self.processes.of(instrument)
        self.now, self.turns = START, list[OfficeEvent]()
        terms = {"instrument": str(instrument), "served on": "an employee", "title": title}
        if dated:
            terms["from day"] = "2027-01-01"
        self.case = Case("dsc-a", (Event(Act.RECEIVED, START, who, terms),))
        self.account = [(Act.RECEIVED, who, START, frozenset(), terms)]

    def offices(self, who: str, at: datetime | None = None) -> frozenset[Office]:
        return held(who, PEOPLE[who], self.turns, self.processes.alternates, at or self.now)

    def look(self):
        return standing(self.process, self.case.events, ZONE, self.now)

    def tries(self, act: Act, who: str, words: str = "so", **terms: str) -> bool:
        terms = {name.replace("_", " "): value for name, value in terms.items()}
        event = Event(act, self.now, who, terms)
        try:
            admit(self.case, event, words, self.process, self.offices(who), ZONE, self.now)
        except CarrelError as refused:
            assert refused.code.startswith("DSC-")
            return False
        self.case = Case(self.case.id, (*self.case.events, event))
        self.account.append((act, who, self.now, self.offices(who), terms))
        return True

    @rule(hours=st.sampled_from([1, 30, 24 * 5, 24 * 11, 24 * 130]))
    def passes(self, hours: int) -> None:
        before = self.look()
        self.now += timedelta(hours=hours)
        after = self.look()
        assert (before.done, before.defects, before.challenge) == (after.done, after.defects, after.challenge)
        assert before.state.is_final == after.state.is_final  # time alone ends nothing

    @rule(who=WHO, data=st.data())
    def takes_what_is_open(self, who: str, data) -> None:
        if steps := self.look().open:
            step = data.draw(st.sampled_from(steps))
            self.tries(Act.TAKEN, who, step=step.id, hold="h1", cite="a law", finding="it is so")

    @rule(data=st.data())
    def goes_on(self, data) -> None:
        self.go_on(data)

    @rule(data=st.data())
    def goes_on_and_on(self, data) -> None:
        for _ in range(4):
            self.go_on(data)

    def go_on(self, data) -> None:
        """What somebody who means well would do next; without such steps few walks would come to an end."""
        here = self.look()
        names = [name for name in sorted(PEOPLE) if here.sees(name, self.offices(name))]
        if here.open_defects:
            self.tries(Act.CURED, "Lou", defect=here.open_defects[0].id)
        elif here.challenge == "open":
            self.tries(Act.RULED, "Lou", ruling="upheld")
        elif here.open:
            step = data.draw(st.sampled_from(here.open))
            able = [name for name in names if step.by & {*self.offices(name), Office.ANYONE}]
            if able:
                self.tries(Act.TAKEN, data.draw(st.sampled_from(able)), step=step.id, hold="h", cite="c", finding="f")
        elif here.papers_missing:
            self.tries(Act.FILED, names[0], document="doc-1", paper=here.papers_missing[0])
        elif here.state is State.READY:
            for name in names:
                self.tries(Act.SIGNED, name)
        elif here.state is State.SIGNED and names:
            self.releases(data.draw(st.sampled_from(names)))

    @rule(who=WHO, data=st.data())
    def takes_any(self, who: str, data) -> None:
        steps = [one.id for one in (*self.process.steps, *self.process.afterwards)] or ["none"]
        self.tries(Act.TAKEN, who, step=data.draw(st.sampled_from(steps)), hold="h1", cite="c", finding="f")

    @rule(who=st.sampled_from(["Ada", "Lou", "Eve"]))
    def files(self, who: str) -> None:
        for paper in self.process.papers or ("other",):
            self.tries(Act.FILED, who, document="doc-1", paper=paper)

    @precondition(lambda self: len(self.case.events) > 4)
    @rule(who=WHO, name=st.sampled_from(["d2", "d3"]))
    def finds_a_defect(self, who: str, name: str) -> None:
        self.tries(Act.DEFECT, who, defect=name, what="no seal")

    @rule(who=st.sampled_from(["Lou", "Lou", "Ada", "Eve"]), name=st.sampled_from(["d1", "d2", "d3"]))
    def cures(self, who: str, name: str) -> None:
        self.tries(Act.CURED, who, defect=name)

    @rule(who=st.sampled_from(["Lou", "Ada"]), ruling=st.sampled_from([None, *Ruling]))
    def goes_to_court(self, who: str, ruling: Ruling | None) -> None:
        if ruling is None:
            self.tries(Act.CHALLENGED, who)
        else:
            self.tries(Act.RULED, who, ruling=str(ruling))

    @precondition(lambda self: len(self.case.events) > 3)
    @rule(who=WHO, basis=st.sampled_from(Basis), ends=st.sampled_from(["indefinite", "2028-02-29", "2027-11-07", "soon"]),
          tell=st.sampled_from(["", "Ada; Lou; Sam; Ann", "Ada; Lou; Eve; the board"]))  # fmt: skip
    def silences(self, who: str, basis: Basis, ends: str, tell: str) -> None:
        self.tries(Act.SILENCED, who, basis=str(basis), court="a court", starts="2027-10-01", ends=ends, may_tell=tell)

    @rule(who=st.sampled_from(["Lou", "Eve"]))
    def lifts(self, who: str) -> None:
        self.tries(Act.SILENCE_ENDED, who)

    @rule(holder=st.sampled_from(["Ada", "Ann"]), other=st.sampled_from(["Ada", "Ben", "Cid"]), by=WHO,
          turn=st.sampled_from(Turn), days=st.sampled_from([1, 7, 200]))  # fmt: skip
    def stands_in(self, holder: str, other: str, by: str, turn: Turn, days: int) -> None:
        ends = self.now + timedelta(days=days)
        event = OfficeEvent(turn, Office.CUSTODIAN, holder, by, self.now, self.now, ends, other)
        try:
            admit_turn(event, self.turns, PEOPLE, self.processes.alternates)
        except CarrelError as refused:
            assert refused.code in {"DSC-010", "DSC-011"}
            return
        assert turn in {Turn.ABSENT, Turn.RETURNED} or (
            by == holder != other and Office.CUSTODIAN in self.processes.alternates
        )
        self.turns.append(event)

    @rule(who=WHO)
    def signs(self, who: str) -> None:
        self.tries(Act.SIGNED, who)

    @rule(who=WHO)
    def hands_over(self, who: str) -> None:
        self.releases(who)

    def releases(self, who: str) -> None:
        before = self.look()
        if self.tries(Act.RELEASED, who):
            self.judge_release(who, before.silent, before.named)

    @rule(who=WHO)
    def finds_nothing(self, who: str) -> None:
        self.tries(Act.NOTHING, who)

    @precondition(lambda self: len(self.case.events) > 8)
    @rule(who=WHO, ground=st.sampled_from(Ground))
    def refuses(self, who: str, ground: Ground) -> None:
        self.tries(Act.REFUSED, who, ground=str(ground))

    @precondition(lambda self: len(self.case.events) > 8)
    @rule(who=WHO)
    def takes_back(self, who: str) -> None:
        self.tries(Act.WITHDRAWN, who)

    def judge_release(self, who: str, silent: bool, named: frozenset[str]) -> None:
        """By the machine's own account, from the last thing that threw the case back."""
        process, acts = self.process, self.account
        assert Outcome.RELEASED in process.outcomes
        title = acts[0][4]["title"]
        assert not title or (process.compels and title == "named by the order")
        assert not silent or who in named
        if process.release_first:
            return
        assert acts[0][4].get("from day") or not process.compels or any(
            act is Act.CURED and terms["defect"] == "d1" for act, _, _, _, terms in acts
        )  # fmt: skip
        found = {terms["defect"] for act, _, _, _, terms in acts if act is Act.DEFECT}
        cured = {
            terms["defect"] for act, by, _, offices, terms in acts if act is Act.CURED and Office.COUNSEL in offices
        }
        assert found <= cured
        court = [(act, terms.get("ruling")) for act, _, _, _, terms in acts if act in {Act.CHALLENGED, Act.RULED}]
        assert not court or (court[-1][0] is Act.RULED and court[-1][1] != Ruling.QUASHED)
        back = max((n for n, (act, _, _, _, terms) in enumerate(acts) if act in {Act.DEFECT, Act.CHALLENGED}
                    or (act is Act.RULED and terms["ruling"] != Ruling.UPHELD)), default=0)  # fmt: skip
        for step in (*process.steps, *([READERS] if title else [])):
            if silent and step.does in {Does.TELL_PATRON, Does.TELL_BOARD}:
                continue
            since = back if step.does in {Does.FORM, Does.CAUSE, Does.AUTHORISE} else 0
            took = [offices for act, _, _, offices, terms in acts[since:]
                    if act is Act.TAKEN and terms["step"] == step.id]  # fmt: skip
            assert took, step.id
            assert any(Office.ANYONE in step.by or step.by & offices for offices in took), step.id
        told = [at for act, _, at, _, terms in acts if act is Act.TAKEN
                and (one := process.step(terms["step"])) and one.does is Does.TELL_PATRON]  # fmt: skip
        assert not told or self.now >= told[-1] + process.wait
        papers = {terms["paper"] for act, _, _, _, terms in acts if act is Act.FILED}
        assert set(process.papers) <= papers
        signed = [(by, offices) for act, by, _, offices, _ in acts[back:] if act is Act.SIGNED]
        assert signed
        assert all(process.signed_by & offices for _, offices in signed)
        assert who != signed[-1][0]

    @invariant()
    def it_keeps_its_word(self) -> None:
        if not hasattr(self, "case"):
            return
        here, ends = self.look(), [one.act for one in self.case.events if one.act in FINAL]
        assert len(ends) <= 1
        assert here.state.is_final == bool(ends)
        if here.contested and not ends:
            assert here.state in {State.DEFECTIVE, State.CHALLENGED}
        if here.silent:
            assert here.notice in {Notice.NONE, Notice.SUSPENDED, Notice.TOLD}
            for name in PEOPLE:
                assert here.sees(name, frozenset(Office)) == (name in here.named)
        for name in ("Ben", "Cid"):
            for office in self.offices(name):
                assert any(one.turn is Turn.ABSENT and one.by != name for one in self.turns), office

    def teardown(self) -> None:
        if hasattr(self, "case"):
            released = [one for one in self.case.events if one.act is Act.RELEASED]
            COUNTED[self.policy] = COUNTED.get(self.policy, 0) + bool(released)


COUNTED: dict[str, int] = {}


@pytest.mark.parametrize("policy", NAMES)
def test_released_is_never_reached_without_each_step_by_somebody_allowed_then(policy: str) -> None:
    class Machine(Visits):
        pass

    Machine.policy = policy
    run_state_machine_as_test(Machine, settings=settings(max_examples=30, stateful_step_count=25, deadline=None))
    assert COUNTED[policy], "no walk came to a release: the machine says nothing"


def test_a_silence_ends_with_the_leap_day_and_with_the_longest_night() -> None:
    process = PROCESSES["worcester"].of(Instrument.COURT_ORDER)
    first = Event(
        Act.RECEIVED, START, "Ada", {"instrument": "court order", "served on": "the library", "from day": "2027-01-01"}
    )
    for day, last in (
        (date(2028, 2, 29), "2028-03-01T05:00:00+00:00"),
        (date(2027, 11, 7), "2027-11-08T05:00:00+00:00"),
    ):
        said = {"basis": "order", "court": "c", "starts": "2027-10-28", "ends": day.isoformat()}
        events = (first, Event(Act.SILENCED, START, "Ada", said))
        over = datetime.fromisoformat(last)
        assert standing(process, events, ZONE, over - timedelta(seconds=1)).silent
        after = standing(process, events, ZONE, over)
        assert not after.silent
        assert after.notice is Notice.DUE
