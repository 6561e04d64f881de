"""What the bundles that were kept show of each of a custodian's systems: the last run of every one decides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from carrel.accountability.bundle_runs import EvidencedRun, RunState
from carrel.accountability.evidence_bundle import Bundle
from carrel.accountability.request_scope import kinds_of

_Run = tuple[str, EvidencedRun, Bundle]

_RULE = re.compile(r"rule: [^:]+: ")  # as `not-covered.json` names a rule that reaches no table


@dataclass(frozen=True, slots=True)
class SystemsShown:
    """What some bundles of one custodian show together.

    Attributes:
        carried_out: when the oldest of the last runs ended, where the last run of every system was asked for, whole,
            and verified there; else None.
        waiting: systems of which that is not shown, in order, by name.
        records: kinds of record that the last verified runs worked on, but those of which a rule reached none.
        wrong: runs that nobody asked for in the newest bundle that tells of runs, and the last run of a system, of
            whatever bundle, where it was not asked for or something was left.
    """

    carried_out: datetime | None
    waiting: tuple[str, ...]
    records: frozenset[str]
    wrong: tuple[EvidencedRun, ...]


def systems_shown(bundles: Sequence[Bundle]) -> SystemsShown:
    """Judge every system by its last run in any of these bundles.

    Args:
        bundles: that hold and follow one another, the newest last; at least one.

    Returns:
        A system that the newest bundle lists is waited for until its last run is a whole one, also where no bundle
        tells of any. One that is not listed any more counts only where its last run was not good: leaving it out
        hides nothing.
    """
    newest = bundles[-1]
    runs = _runs(bundles)
    last = {name: run for name, run, _ in runs if run.state is not RunState.REHEARSED}
    listed = {*newest.not_covered, *newest.residues, *newest.manifest.map_digests}
    listed |= {name for name, run, bundle in runs if bundle is newest and run.state is not RunState.REHEARSED}
    good = {name for name, run in last.items() if run.state is RunState.VERIFIED}
    waiting = sorted({*listed, *last} - good)
    ended = [last[name].finished for name in good & listed]
    worked = {name: (run, bundle) for name, run, bundle in runs if run.state is RunState.VERIFIED}
    reached = {kind for run, bundle in worked.values() for kind in kinds_of(bundle.plans[run.plan])}
    tables = [*newest.not_covered.values(), *(b.not_covered.get(name, {}) for name, (_, b) in worked.items())]
    beyond = {name.split(": ")[1] for places in tables for name in places if _RULE.match(name)}
    return SystemsShown(
        carried_out=min(ended) if ended and not waiting else None,
        waiting=tuple(waiting),
        records=frozenset(reached - beyond),
        wrong=tuple(_wrong(runs, {run.leaf for run in last.values()}, bundles)),
    )


def _runs(bundles: Sequence[Bundle]) -> list[_Run]:
    """Every run once, in the order of the ledger: the name of its system, and the newest bundle that tells of it."""
    found = {run.leaf: (run, bundle) for bundle in bundles for run in bundle.runs}
    # By the plan: a leaf's word for a system can be that of another one as well.
    return [(bundle.plans[run.plan].system, run, bundle) for _, (run, bundle) in sorted(found.items())]


def _wrong(runs: Iterable[_Run], last: set[int], bundles: Sequence[Bundle]) -> Iterator[EvidencedRun]:
    told = next((one for one in reversed(bundles) if one.runs), bundles[-1])
    here = {run.leaf for run in told.runs}
    for _, run, _ in runs:
        not_asked = run.state is RunState.NOT_ASKED and run.leaf in here
        if not_asked or (run.leaf in last and run.state in {RunState.NOT_ASKED, RunState.UNVERIFIED}):
            yield run
