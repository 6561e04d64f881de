"""Of several policies the stricter one decides, point by point, and where they differ it is said which one did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from carrel.disclosure import faults
from carrel.disclosure.education import Education, education_of, stricter
from carrel.disclosure.process import Cited, Instrument, Office, Process, Step
from carrel.errors import fault
from carrel.policy.process_grammar import LegalProcess
from carrel.policy.resolve import Policy


@dataclass(frozen=True)
class Processes:
    """How every kind of paper is handled at one site.

    Attributes:
        known: by kind. One that no policy names is refused.
        band: in which cases are published; the widest of the policies.
        alternates: offices whose holder may name alternates.
        kept: how long a case is kept once it is over, the longest of the policies; None for good.
    """

    known: Mapping[Instrument, Process]
    band: int = 10
    alternates: frozenset[Office] = frozenset()
    kept: timedelta | None = None

    def of(self, instrument: Instrument) -> Process:
        """How one kind of paper is handled."""
        return self.known[instrument]


@dataclass(frozen=True, slots=True)
class _Named:
    policy: str
    process: Process


def processes_of(policies: Iterable[Policy]) -> Processes:
    """What policies ask for together, with those that they adopt.

    Args:
        policies: in force. Of several the stricter decides, so that none weakens another.

    Raises:
        CarrelError: DSC-018, none says anything of legal process.

    Guarantees:
        A step that one of them asks for is asked for; an end, a ground for silence or an office that one of them does
        not know is not open.

    Source:
        MITL-4.4 beside MITP-11.2.7; MITL-1.3.
    """
    every = {one.name: one.body.legal_process for one in _with_adopted(policies)}
    said = [(name, block) for name, block in every.items() if block is not None]
    if not said:
        raise fault(
            faults.NO_RULES,
            wanted="a policy with 'legal process:'",
            found="none",
            because="without rules nobody can tell who may have what: nothing is given out",
            fix="copy the block from a shipped policy, and have counsel read it",
        )
    alternates = [frozenset(office for office, rule in block.offices.items() if rule.alternates) for _, block in said]
    shared = frozenset.intersection(*alternates)
    found = {}
    for instrument in Instrument:
        own = [_Named(name, one) for name, block in said if (one := _process(block, instrument)) is not None]
        whole = _together(own) if own else _unnamed(instrument, said[0][1])
        found[instrument] = replace(whole, alternates=shared)
    kept = [timedelta(days=block.keep_cases.days_at_most) for _, block in said if block.keep_cases is not None]
    band = max(block.band for _, block in said)
    return Processes(MappingProxyType(found), band, shared, max(kept, default=None))


def _with_adopted(policies: Iterable[Policy]) -> Iterator[Policy]:
    for policy in policies:
        yield policy
        yield from _with_adopted(policy.adopted)


def _process(block: LegalProcess, instrument: Instrument) -> Process | None:
    rule = block.instruments.get(instrument)
    if rule is None:
        return None
    full = rule if rule.as_ is None else block.instruments[rule.as_]
    return Process(
        instrument,
        rule.says or full.says or str(instrument),
        full.compels,
        rule.script or full.script,
        full.papers,
        tuple(_step(block, name) for name in full.steps),
        tuple(_step(block, name) for name in full.afterwards),
        frozenset(full.outcomes),
        int(full.within.split()[0]) if full.within else 0,
        timedelta(days=full.wait.days_at_most) if full.wait else timedelta(),
        full.release_first,
        frozenset(full.signed_by or block.signed_by),
        frozenset(block.handed_over_by),
        frozenset(block.silenced_by),
        statutes={
            name: Cited(name, one.cite, one.says, one.confirmed_by or "") for name, one in block.statutes.items()
        },
        cites=full.cites,
        education=_education(block, instrument),
        clauses=tuple(dict.fromkeys((*rule.clauses, *full.clauses))),
    )


def _education(block: LegalProcess, instrument: Instrument) -> Education | None:
    rule = block.education_records
    return education_of(rule) if rule is not None and instrument in rule.instruments else None


def _step(block: LegalProcess, name: str) -> Step:
    rule = block.steps[name]
    return Step(name, rule.says, rule.does, frozenset(rule.by), rule.at_once, rule.clauses)


_NO_RULE = "No rule of the library opens this to anybody: nothing is given out."
_DANGER = "Somebody is in danger. Call the police and say what you see; records stay closed."


def _unnamed(instrument: Instrument, block: LegalProcess) -> Process:
    """A kind of paper that no policy names: nothing is given out."""
    like = block.instruments.get(Instrument.INFORMAL_ASK)
    script = like.script if like is not None else ("I cannot give anything out. I will call whoever answers for this.",)
    says = _DANGER if instrument is Instrument.EMERGENCY else _NO_RULE
    return Process(instrument, says, script=script, signed_by=frozenset(block.signed_by))


def _together(found: list[_Named]) -> Process:
    whole, told = found[0], []
    for other in found[1:]:
        process, lines = _pair(whole, other)
        whole = _Named(f"{whole.policy}, {other.policy}", process)
        told += lines
    return replace(whole.process, precedence=tuple(told))


def _pair(one: _Named, two: _Named) -> tuple[Process, list[str]]:
    mine, theirs, told = one.process, two.process, list[str]()
    steps = _steps(mine.steps, theirs.steps)
    before = {step.id for step in steps}
    later = tuple(step for step in _steps(mine.afterwards, theirs.afterwards) if step.id not in before)
    for name, own, whose in ((one.policy, mine, theirs), (two.policy, theirs, mine)):
        there = {step.id for step in (*whose.steps, *whose.afterwards)}
        if more := [step for step in (*own.steps, *own.afterwards) if step.id not in there]:
            cited = dict.fromkeys(clause for step in more for clause in step.clauses)
            asked = ", ".join(step.id for step in more)
            told.append(f"{name} alone asks for: {asked} [{', '.join(cited)}]; it is asked for")
    for what, mine_allows, theirs_allow in (
        ("what may keep the library from telling the person", set(mine.silenced_by), set(theirs.silenced_by)),
        ("how it may end", set(mine.outcomes), set(theirs.outcomes)),
        ("who signs a release", set(mine.signed_by), set(theirs.signed_by)),
        ("who hands it over", set(mine.handed_over_by), set(theirs.handed_over_by)),
    ):
        if mine_allows != theirs_allow:
            both = _words(set(map(str, mine_allows)) & set(map(str, theirs_allow)))
            told.append(
                f"{what}: {one.policy} says {_words(mine_allows)}, {two.policy} says {_words(theirs_allow)}; "
                f"the stricter wins: {both}"
            )
    shorter = [days for days in (mine.working_days, theirs.working_days) if days]
    if mine.education is not None and theirs.education is not None and mine.education != theirs.education:
        told.append("a student's education records: every kind that either names, the longest wait, what both let pass")
    if len(set(shorter)) > 1 or mine.wait != theirs.wait:
        told.append("clocks: the shortest time to answer counts, and the longest wait after the person was told")
    process = replace(
        mine,
        compels=mine.compels or theirs.compels,
        papers=tuple(dict.fromkeys((*mine.papers, *theirs.papers))),
        steps=steps,
        afterwards=later,
        outcomes=mine.outcomes & theirs.outcomes,
        working_days=min(shorter, default=0),
        wait=max(mine.wait, theirs.wait),
        release_first=mine.release_first and theirs.release_first,
        signed_by=mine.signed_by & theirs.signed_by,
        handed_over_by=_narrower(mine.handed_over_by, theirs.handed_over_by),
        silenced_by=mine.silenced_by & theirs.silenced_by,
        statutes={**theirs.statutes, **mine.statutes},
        cites=tuple(dict.fromkeys((*mine.cites, *theirs.cites))),
        education=stricter(mine.education, theirs.education),
        clauses=tuple(dict.fromkeys((*mine.clauses, *theirs.clauses))),
    )
    return process, told


def _steps(mine: tuple[Step, ...], theirs: tuple[Step, ...]) -> tuple[Step, ...]:
    """All steps of both: in the first one's order, each of the other's where its own order has it."""
    found = list(mine)
    names = [step.id for step in mine]
    for at, step in enumerate(theirs):
        if step.id in names:
            place = names.index(step.id)
            own = found[place]
            found[place] = replace(
                own,
                by=_narrower(own.by, step.by),
                at_once=own.at_once and step.at_once,
                clauses=tuple(dict.fromkeys((*own.clauses, *step.clauses))),
            )
            continue
        following = [names.index(later.id) for later in theirs[at + 1 :] if later.id in names]
        place = min(following, default=len(found))
        found.insert(place, step)
        names.insert(place, step.id)
    return tuple(found)


def _narrower(one: frozenset[Office], two: frozenset[Office]) -> frozenset[Office]:
    """Offices that both know; anyone is whoever the other names."""
    if Office.ANYONE in one:
        return two
    return one if Office.ANYONE in two else one & two


def _words(words: Collection[str]) -> str:
    return ", ".join(sorted(words)) or "nobody and nothing"
