"""Laws of disclosure cases: whoever does whatever whenever, nothing leaves without each step by somebody allowed then.

The machine does not ask the admission what it thinks: it keeps its own account of who did what, when, in which office,
and judges every release by it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
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
from carrel.disclosure.finding import Given
from carrel.disclosure.package_kind import PackageKind
from carrel.disclosure.precedence import processes_of
from carrel.disclosure.process import Basis, Does, Instrument, Office, Outcome
from carrel.disclosure.standing import Notice, State
from carrel.errors import CarrelError
from carrel.policy.record_type import RecordType
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
# Hypothesis draws the first of a list most often, and walks would be short; these choices are as likely as each other.
RANDOM = st.randoms(use_true_random=True)


# What can be released is drawn twice as often: of the others a walk tells little, and soon.
KINDS = (
    *Instrument, Instrument.SUBPOENA, Instrument.COURT_ORDER, Instrument.SEARCH_WARRANT, Instrument.PUBLIC_RECORDS,
    Instrument.FOREIGN_NATIONAL, Instrument.NATIONAL_SECURITY, Instrument.COOPERATION, Instrument.EMERGENCY,
)  # fmt: skip
INTERFERENCE = (
    "takes any step", "finds a defect", "cures", "goes to court", "is told by the court", "silences",
    "lifts the silence", "names an alternate", "says who is away", "names an alternate", "says who is away", "gathers",
    "finds no student", "names somebody", "notes", "files", "agrees to forget", "changes offices", "two at once",
    "ends it",
)  # fmt: skip


class Visits(RuleBasedStateMachine):
    """One case, and everything that anybody may try."""

    policy = NAMES[0]
    kinds = KINDS
    hard = False  # also what few walks survive: a wait, a paper set aside, a release before all papers are there

    @initialize(rnd=RANDOM)
    def comes(self, rnd: Random) -> None:
        self.begin(rnd)

    def begin(self, rnd: Random) -> None:
        instrument, who, dated = rnd.choice(self.kinds), rnd.choice(sorted(PEOPLE)), rnd.random() < 0.8
        title = rnd.choice([""] * 8 + ["named by the order", "wished for"])
        self.processes = PROCESSES[self.policy]
        self.process = self.processes.of(instrument)
        if self.hard and rnd.random() < 0.3:  # of the shipped policies none has a wait of its own
            self.process = replace(self.process, wait=timedelta(days=10))
        self.now, self.turns, self.people = START, list[OfficeEvent](), dict(PEOPLE)
        terms = {"instrument": str(instrument), "served on": "an employee", "title": title}
        if dated:
            terms["from day"] = "2027-01-01"
        self.case = Case("dsc-a", (Event(Act.RECEIVED, START, who, terms),))
        self.gathered = dict[int, tuple[RecordType, frozenset[str]]]()  # by its place in the account
        self.account = [(Act.RECEIVED, who, START, frozenset(), terms)]

    def offices(self, who: str, at: datetime | None = None) -> frozenset[Office]:
        return held(who, self.people[who], self.turns, self.processes.alternates, at or self.now)

    def look(self):
        return standing(self.process, self.case.events, ZONE, self.now)

    def tries(self, act: Act, who: str, words: str = "so", **terms: str) -> bool:
        terms = {name.replace("_", " "): value for name, value in terms.items()}
        event = Event(act, self.now, who, terms)
        try:
            admit(self.case, event, words, self.process, self.offices(who), ZONE, self.now, counsel={"Lou"})
        except CarrelError as refused:
            assert refused.code.startswith("DSC-")
            return False
        self.case = Case(self.case.id, (*self.case.events, event))
        self.account.append((act, who, self.now, self.offices(who), terms))
        if act is Act.SILENCED and terms["ends"] == "indefinite":
            assert "Lou" in self.known() | {who}, "nobody who is named could lift it"
        return True

    @rule(hours=st.sampled_from([1, 30, 24 * 5, 24 * 11, 24 * 130]))
    def passes(self, hours: int) -> None:
        before = self.look()
        self.now += timedelta(hours=hours)
        after = self.look()
        assert (before.done, before.defects, before.challenge) == (after.done, after.defects, after.challenge)
        assert before.state.is_final == after.state.is_final  # time alone ends nothing

    def walk(self, rnd: Random) -> None:
        """One walk of forty acts, without Hypothesis."""
        self.begin(rnd)
        for _ in range(40):
            kind = rnd.random()
            if kind < 0.5:
                self.go_on(rnd)
            elif kind < 0.9:
                self.interfere(rnd)
            else:
                self.now += timedelta(hours=rnd.choice([1, 30, 24 * 11]))
            self.it_keeps_its_word()

    @rule(rnd=RANDOM)
    def goes_on(self, rnd: Random) -> None:
        self.go_on(rnd)

    @rule(rnd=RANDOM, times=st.integers(3, 9))
    def goes_on_and_on(self, rnd: Random, times: int) -> None:
        for _ in range(times):
            self.go_on(rnd)

    def go_on(self, rnd: Random) -> None:
        """What somebody who means well would do next; without such steps few walks would come to an end."""
        here, hurried = self.look(), rnd.random() < 0.3
        names = [name for name in sorted(PEOPLE) if here.sees(name, self.offices(name))]
        if here.open_defects and not hurried:
            self.tries(Act.CURED, "Lou", defect=here.open_defects[0].id)
        elif here.challenge == "open" and not hurried:
            self.tries(
                Act.RULED, "Lou", ruling=rnd.choice(["upheld", "narrowed", "quashed"]) if self.hard else "upheld"
            )
        elif here.open:
            step = rnd.choice(here.open)
            able = [name for name in names if step.by & {*self.offices(name), Office.ANYONE}]
            if able:
                self.tries(Act.TAKEN, rnd.choice(able), step=step.id, hold="h", cite="c", finding="f")
        elif here.papers_missing and not (self.hard and hurried):
            self.tries(Act.FILED, names[0], document="doc-1", paper=here.papers_missing[0])
        elif not here.state.is_final:
            # Whether the time for it has come is not asked here: the case has to know. At the last moment, too.
            if rnd.random() < 0.2:
                self.tries(rnd.choice([Act.CHALLENGED, Act.DEFECT]), "Lou", defect="d5", what="no date")
            if here.package is None and rnd.random() < 0.5:  # before the days are over in which a student may object
                about = {"subjects": rnd.choice([ANN, BEN, f"{ANN} {BEN}"]), "records": rnd.choice(["", "loans"])}
                self.tries(Act.EXEMPTED, "Lou", exemption="no student", over="", **about)
            for name in names:
                if self.look().package is None:
                    self.gathers(name, rnd)
                self.tries(Act.SIGNED, name)
            if rnd.random() < 0.2 and self.tries(Act.EXEMPTED, "Lou", exemption="no student", over=""):
                for name in names:  # the same package once more, which is not what was found by now
                    self.tries(Act.SIGNED, name)
            if names:
                self.releases(rnd.choice(names))

    @rule(rnd=RANDOM)
    def interferes(self, rnd: Random) -> None:
        self.interfere(rnd)

    def interfere(self, rnd: Random) -> None:
        """Whatever somebody may try who is wrong, in a hurry, or of ill will."""
        who, draw = rnd.choice(sorted(PEOPLE)), lambda *of: rnd.choice(of)
        match draw(*INTERFERENCE):
            case "takes any step":
                steps = [one.id for one in (*self.process.steps, *self.process.afterwards, READERS)]
                self.tries(Act.TAKEN, who, step=draw(*steps), hold="h1", cite="c", finding="f")
            case "finds a defect":
                self.tries(Act.DEFECT, draw("Lou", "Ada", who), defect=draw("d2", "d3"), what="no seal")
            case "cures":
                self.tries(Act.CURED, draw("Lou", who), defect=draw("d1", "d2", "d3"))
            case "goes to court":
                self.tries(Act.CHALLENGED, draw("Lou", who))
            case "is told by the court":
                self.tries(Act.RULED, draw("Lou", who), ruling=str(draw(*Ruling)))
            case "silences":
                ends, tell = (
                    draw("indefinite", "2028-02-29", "2027-11-07", "soon"),
                    draw("", "Ada; Lou; Sam; Ann", "Eve; the board"),
                )
                said = {"basis": str(draw(*Basis)), "court": "a court", "starts": "2027-10-01", "ends": ends}
                self.tries(Act.SILENCED, who, **said, may_tell=tell)
            case "lifts the silence":
                self.tries(Act.SILENCE_ENDED, draw("Lou", who))
            case "names an alternate":
                holder = draw("Ada", "Ann")
                self.turns_to(
                    draw(Turn.DELEGATED, Turn.DELEGATED, Turn.REVOKED),
                    holder,
                    draw(holder, who),
                    draw("Ada", "Ben", "Cid"),
                )
            case "says who is away":
                self.turns_to(
                    draw(Turn.ABSENT, Turn.ABSENT, Turn.RETURNED), draw("Ada", "Ann"), draw("Ben", "Cid", who), ""
                )
            case "gathers":
                self.gathers(who, rnd)
            case "two at once":
                self.two_at_once(rnd)
            case "changes offices":
                # An account is disabled in the middle of a case, or gets its offices back.
                self.people[who] = draw(frozenset(), PEOPLE[who])
            case "names somebody":
                self.tries(Act.NAMED, who, person=draw(*PEOPLE))
            case "notes":
                self.tries(Act.NOTED, who)
            case "files":
                self.tries(Act.FILED, who, document="doc-2", paper=draw("other", *self.process.papers))
            case "agrees to forget":
                if self.tries(Act.FORGET, who, plan="p"):
                    assert self.look().state.is_final
                    assert not self.look().owed
            case "finds no student":
                over = draw("", "", "yes")
                about = {"subjects": draw("", "", ANN, BEN, f"{ANN} {BEN}"), "records": draw("", "", "loans", "poems")}
                self.tries(Act.EXEMPTED, draw("Lou", "Ada", who), exemption=draw(*EXEMPTIONS), over=over, **about)
            case "ends it":
                act = draw(Act.NOTHING, Act.REFUSED, Act.WITHDRAWN, Act.SIGNED, Act.RELEASED)
                if act is Act.RELEASED:
                    self.releases(who)
                else:
                    self.tries(act, who, ground=str(draw(*Ground)))

    def two_at_once(self, rnd: Random) -> None:
        """Two decide by what both saw before either did; whoever is second is judged by what the first wrote."""
        here, pairs = self.look(), rnd.sample(sorted(PEOPLE), 2)
        seen = [(Act.SIGNED, {}), (Act.RELEASED, {}), (Act.NOTHING, {}), (Act.REFUSED, {"ground": "the law exempts it"}),
                (Act.WITHDRAWN, {}), (Act.DEFECT, {"defect": "d4", "what": "no name"}),
                *[(Act.TAKEN, {"step": one.id, "hold": "h", "cite": "c", "finding": "f"}) for one in here.open]]  # fmt: skip
        for who, (act, terms) in zip(pairs, rnd.choices(seen, k=2), strict=True):
            if act is Act.RELEASED:
                self.releases(who)
            else:
                self.tries(act, who, **terms)

    def gathers(self, who: str, rnd: Random) -> None:
        said = {"kind": rnd.choice(PACKAGES), "manifest": "a" * 64, "leaf": "b" * 64}
        rule = self.process.education
        if rule is None or rnd.random() < 0.5:
            self.tries(Act.PRODUCED, who, **said, education=rnd.choice(["yes", "no", ""]))
            return
        # As the command does: by what is in the package, of whom, and what was found until then.
        kind = rnd.choice([RecordType.LOANS, RecordType.LOANS, RecordType.PERSONNEL])
        whose = frozenset(rnd.choice([(ANN,), (BEN,), (ANN, BEN), ()]))
        waits = rule.waits([Given(kind, [None], whose)], self.look().findings)
        said["kind"] = str(PackageKind.RECORDS)
        if self.tries(Act.PRODUCED, who, **said, education="yes" if waits else "no"):
            self.gathered[len(self.account) - 1] = kind, whose

    def turns_to(self, turn: Turn, holder: str, by: str, other: str) -> None:
        event = OfficeEvent(
            turn, Office.CUSTODIAN, holder, by, self.now, self.now, self.now + timedelta(days=30), other
        )
        try:
            admit_turn(event, self.turns, self.people, self.processes.alternates)
        except CarrelError as refused:
            assert refused.code in {"DSC-010", "DSC-011"}
            return
        may_delegate = by == holder != other and Office.CUSTODIAN in self.processes.alternates
        assert turn in {Turn.ABSENT, Turn.RETURNED} or may_delegate
        self.turns.append(event)

    def releases(self, who: str) -> None:
        before = self.look()
        if self.tries(Act.RELEASED, who):
            self.judge_release(who, before.silent, self.known())

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

    def known(self) -> set[str]:
        """Who knows of the case by the machine's own account: who did something in it, was named, or may be told."""
        told = {name.strip() for act, *_, terms in self.account if act is Act.SILENCED
                for name in terms["may tell"].split(";")}  # fmt: skip
        named = {terms["person"] for act, *_, terms in self.account if act is Act.NAMED}
        return told | named | {by for _, by, *_ in self.account[:-1]}

    def judge_release(self, who: str, silent: bool, named: set[str]) -> None:
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
        self.judge_students(silent, told, back)
        made = [(n, offices, terms["kind"]) for n, (act, _, _, offices, terms) in enumerate(acts[back:])
                if act is Act.PRODUCED]  # fmt: skip
        assert made
        assert made[-1][2] != "no responsive records"
        assert made[-1][1] & {Office.CUSTODIAN, Office.COUNSEL, Office.AUTHORISED_OFFICER, *process.signed_by}
        assert any(act is Act.SIGNED for act, *_ in acts[back + made[-1][0] :])
        assert who != signed[-1][0]
        findings = [n for n, (act, *_) in enumerate(acts) if act is Act.EXEMPTED]
        assert not findings or findings[-1] < back + made[-1][0]  # what was gathered before a finding is judged anew

    def judge_students(self, silent: bool, told: list[datetime], back: int) -> None:
        """By the machine's own account: a student was told long enough before, or a court forbids it."""
        rule, acts = self.process.education, self.account
        found: set[tuple[str, str, str]] = set()
        for act, by, _, offices, terms in acts:
            if act is Act.EXEMPTED:
                assert offices & rule.exemptions[terms["exemption"]].by, by
                for subject in terms.get("subjects", "").split() or [""]:
                    about = (terms["exemption"], subject, terms.get("records", ""))
                    (found.discard if terms["over"] else found.add)(about)
        lets = {about[1:] for about in found if about[0] in {"no student", "health or safety"}}
        place = max(n for n, (act, *_) in enumerate(acts) if act is Act.PRODUCED)
        last = acts[place][4]
        theirs = last["kind"] == "production" and last["education"] != "no"
        theirs |= last["kind"] == "in no system" and ("", "") not in lets
        if last["kind"] == "production" and place in self.gathered:
            kind, whose = self.gathered[place]
            theirs |= kind is RecordType.LOANS and any(
                not lets & {("", ""), ("", "loans"), (one, ""), (one, "loans")} for one in whose or {""}
            )
        if rule is None or not theirs:
            return
        bases = [terms["basis"] for act, _, _, _, terms in acts if act is Act.SILENCED]
        if not told:
            assert silent
            assert bases[-1] in {"order", "statute"}
        else:
            assert self.now >= told[-1] + timedelta(days=10)

    @invariant()
    def it_keeps_its_word(self) -> None:
        if not hasattr(self, "case"):
            return
        here, ends = self.look(), [one.act for one in self.case.events if one.act in FINAL]
        assert len(ends) <= 1
        assert here.state.is_final == bool(ends)
        if here.contested and not ends:
            assert here.state in {State.DEFECTIVE, State.CHALLENGED}
        assert here.silent == self.is_silent()
        if here.silent:
            assert here.notice in {Notice.NONE, Notice.SUSPENDED, Notice.TOLD}
            for name in PEOPLE:
                assert here.sees(name, frozenset(Office)) == (name in self.known() | {self.account[-1][1]})
        for name in ("Ben", "Cid"):
            for office in self.offices(name):
                assert any(one.turn is Turn.ABSENT and one.by != name for one in self.turns), office

    def is_silent(self) -> bool:
        """By the machine's own account: the last that was recorded, until its last day is over or it is lifted."""
        last = [(act, at, terms) for act, _, at, _, terms in self.account if act in {Act.SILENCED, Act.SILENCE_ENDED}]
        if not last or last[-1][0] is Act.SILENCE_ENDED:
            return False
        ends = last[-1][2]["ends"]
        return ends == "indefinite" or self.now.astimezone(ZONE).date() <= date.fromisoformat(ends)

    def teardown(self) -> None:
        if hasattr(self, "case"):
            released = [one for one in self.case.events if one.act is Act.RELEASED]
            COUNTED[self.policy] = COUNTED.get(self.policy, 0) + bool(released)


ANN, BEN = "a" * 16, "b" * 16  # two people, as a case tells them apart
EXEMPTIONS = ("no student", "directory information", "health or safety")
PACKAGES = tuple(map(str, PackageKind))
COUNTED: dict[str, int] = {}


@pytest.mark.parametrize("policy", NAMES)
def test_released_is_never_reached_without_each_step_by_somebody_allowed_then(policy: str) -> None:
    class Machine(Visits):
        pass

    Machine.policy = policy
    run_state_machine_as_test(Machine, settings=settings(max_examples=25, stateful_step_count=16, deadline=None))
    assert COUNTED[policy], "no walk came to a release: the machine says nothing"


@pytest.mark.parametrize("policy", NAMES)
def test_long_walks_of_many_visits_keep_the_same_law(policy: str) -> None:
    """As the machine, along walks that are long: Hypothesis prefers short ones, and few of those are thrown back."""
    back = 0
    for seed in range(90):
        rnd, walk = Random(seed), Visits()
        walk.policy, walk.hard = policy, seed % 2 == 0
        walk.walk(rnd)
        acts = [act for act, *_ in walk.account]
        back += Act.RELEASED in acts and bool({Act.DEFECT, Act.RULED} & set(acts))
    assert back, "no case was thrown back and released after all: the walks say nothing"


@pytest.mark.parametrize("policy", ["mit-11.2", "mit-libraries"])
def test_walks_of_papers_that_students_wait_for(policy: str) -> None:
    """As the walks before, of nothing but papers with which a student is told first."""
    judged = 0
    for seed in range(60):
        rnd, walk = Random(seed), Visits()
        walk.policy, walk.kinds = policy, (Instrument.SUBPOENA, Instrument.COURT_ORDER)
        walk.walk(rnd)
        acts = [act for act, *_ in walk.account]
        judged += Act.RELEASED in acts and any(terms.get("subjects") for *_, terms in walk.account)
    assert judged, "nothing was released after a finding about somebody: the walks say nothing"


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


@given(st.lists(st.tuples(st.sampled_from(Turn), st.sampled_from(["Ada", "Ben", "Cid", "Lou"]), st.sampled_from(["Ben", "Cid", "Ada"]),
                          st.integers(0, 9), st.sampled_from([None, 1, 5])), max_size=9), st.integers(0, 12))  # fmt: skip
def test_an_alternate_acts_only_by_another_persons_record(turns, hour: int) -> None:
    """Whatever is tried in whatever order: who stands in was named by the holder, and somebody else said she is away."""
    custodian, found = frozenset({Office.CUSTODIAN}), list[OfficeEvent]()
    people = {"Ada": custodian, "Ben": frozenset(), "Cid": frozenset(), "Lou": frozenset()}
    for n, (turn, by, other, begins, lasts) in enumerate(turns):
        at = START + timedelta(minutes=n)
        starts = at + timedelta(hours=begins)
        ends = None if lasts is None else starts + timedelta(hours=lasts)
        event = OfficeEvent(turn, Office.CUSTODIAN, "Ada", by, at, starts, ends, other if turn in _NAMES else "")
        try:
            admit_turn(event, found, people, custodian)
        except CarrelError:
            continue
        found.append(event)
    now = START + timedelta(hours=hour)
    assert held("Lou", frozenset(), found, custodian, now) == frozenset()
    assert held("Ben", frozenset(), found, frozenset(), now) == frozenset()
    for name in ("Ben", "Cid"):
        if held(name, frozenset(), found, custodian, now):
            past = [one for one in found if one.at <= now]
            assert any(
                one.turn is Turn.DELEGATED and (one.alternate, one.by) == (name, "Ada") and one.holds(now)
                for one in past
            )
            away = [one for one in past if one.turn is Turn.ABSENT and one.holds(now)]
            assert any(one.by != name for one in away)
            assert any(one.by in {"Ada", "Lou"} or _before_named(one, past) for one in away)


_NAMES = {Turn.DELEGATED, Turn.REVOKED}


def _before_named(absence: OfficeEvent, events: list[OfficeEvent]) -> bool:
    """Whether whoever recorded it was no alternate then."""
    return not any(one.alternate == absence.by and one.at <= absence.at for one in events if one.turn is Turn.DELEGATED)
