"""From what was observed to a plan: counts, methods, reasons, in the order in which they are carried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from carrel.errors import fault
from carrel.inventory.loan_records import LoanRecords
from carrel.inventory.map_path import Cut, OwnLink
from carrel.inventory.system_map import SystemMap
from carrel.policy.schedule import Charges, Disposition, LoanSchedule
from carrel.retention import faults
from carrel.retention.asked_units import AskedUnits
from carrel.retention.consortium import Consortium
from carrel.retention.lapsed_card import CardCount
from carrel.retention.lifecycle import State
from carrel.retention.plan import Basis, CardLine, PathCount, Plan, RecordLine
from carrel.retention.policy_lines import astray_line, policy_lines
from carrel.retention.ports import Observation
from carrel.retention.reasons import by_branch, by_reason, figure


@dataclass(frozen=True, slots=True)
class Findings:
    """What speaks against a plan, or should be known with it.

    Attributes:
        blockers: it may not be applied until these are gone or waived.
        notices: what the desk will notice afterwards.
    """

    blockers: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def make_plan(
    system: str,
    system_map: SystemMap,
    schedule: LoanSchedule,
    seen: Observation,
    basis: Basis,
    *,
    as_of: datetime,
    made_at: datetime,
    made_by: str,
    findings: Findings,
    reach_back: int,
    sql: tuple[str, ...],
    cards: CardCount | None = None,
    several: Consortium | None = None,
    asked: AskedUnits | None = None,
) -> Plan:
    """The plan that follows from an observation; its bounds are set by `Plan.with_bounds`.

    Args:
        system: name in the site file.
        system_map: of the product.
        schedule: of the policy.
        seen: counts only, without loans that only a sealed legal hold keeps.
        basis: what the plan is computed from.
        as_of: aware time at which periods are judged.
        made_at: aware time.
        made_by: a name in the site file.
        findings: blockers and notices.
        reach_back: due loans from before the rule's date (MITL-10.6).
        sql: for readers.
        cards: where the policy has a rule for lapsed ones.
        several: the policies in force on their units, where there are several.
        asked: units of the library that asked for the plan, where it named some.
    """
    paths = [
        PathCount(
            path.name,
            path.table,
            "delete" if cut.delete else "update",
            _coarse(system_map.loans, schedule, path.table, _methods(cut)),
            seen.rows.get(path.name, 0) - seen.strays.get(path.name, 0),
            seen.strays.get(path.name, 0),
            0,
            cut.why,
        )
        for path in system_map.loans.paths
        for cut in [path.lose_card if schedule.charges is Charges.LOSE_CARD and path.lose_card else path.cut]
    ]
    paths += [
        PathCount(
            path.name,
            path.table,
            "transfer" if path.archived else "delete" if path.cut.delete else "update",
            _methods(path.cut),
            seen.touched.get(path.name, 0),
            0,
            0,
            path.cut.why,
        )
        for path in system_map.ruled
    ]
    lapsing = system_map.lapsing
    if lapsing is not None and cards is not None:
        people = system_map.people.table
        paths.append(PathCount(lapsing.name, people, "delete", {}, cards.due, 0, 0, lapsing.says))
    closed = system_map.loans.closed
    due = seen.states.get(State.DUE.value, 0)
    act = "delete" if _deletes(schedule) else "update" if closed.cut.aged is None else "move"
    why = closed.cut.why if closed.cut.aged is None else f"{closed.cut.why}; {_TRIGGERS}"
    moved_to = closed.table if closed.cut.aged is None else closed.cut.aged.table
    methods = _coarse(system_map.loans, schedule, moved_to, _methods(closed.cut))
    paths.append(PathCount(closed.table, closed.table, act, methods, due, 0, 0, why))
    return Plan(
        system=system,
        policy=schedule.policy,
        as_of=as_of,
        made_at=made_at,
        made_by=made_by,
        basis=basis,
        states={State.DUE.value: due, **by_reason({s: n for s, n in seen.states.items() if s != State.DUE.value})},
        branches=by_branch(seen.branches, None if asked is None else asked.keys),
        policies=policy_lines(several, seen, asked),
        asked={} if asked is None else dict.fromkeys(sorted(asked.named), asked.policy.digest),
        stricter=() if several is None else tuple(one.line() for one in several.stricter),
        paths=tuple(paths),
        reach_back=reach_back,
        blockers=findings.blockers,
        notices=(
            *([astray] if (astray := astray_line(seen)) else []),
            *_no_place(system_map.loans, schedule),
            *findings.notices,
        ),
        sql=sql,
        records=tuple(
            RecordLine(
                link.record,
                path.name,
                count.due + seen.freed.get(path.name, 0),
                figure(count.kept - seen.released.get(path.name, 0)),
                figure(count.undated),
            )
            for path in system_map.ruled
            if isinstance(link := path.link, OwnLink) and (count := seen.records.get(path.name)) is not None
        ),
        cards=None
        if lapsing is None or cards is None
        else CardLine(lapsing.record, lapsing.name, cards.due, by_reason(cards.kept)),
    )


_TRIGGERS = (
    "the product's triggers are bypassed meanwhile where the account may (session_replication_role), and Carrel sees "
    "to keys and sums; elsewhere the product's own trigger moves each loan, which is slower, and ends in the same rows"
)


def _deletes(schedule: LoanSchedule) -> bool:
    """Whether the loans themselves go; some deleted and some de-identified is not something a chunk can do.

    Raises:
        CarrelError: RUN-012, the rules of one schedule differ.
    """
    kinds = {rule.disposition for rule in schedule.rules}
    if len(kinds) > 1:
        raise fault(
            faults.MIXED,
            at=f"policy {schedule.policy}, loans",
            wanted="one disposition for all loans",
            found=" and ".join(sorted(kind.value for kind in kinds)),
            fix="write the same 'then:' in every rule of the loans",
        )
    return kinds == {Disposition.DELETE}


def latest_since(schedule: LoanSchedule, as_of: datetime) -> date | None:
    """The first day of the newest version of any rule that is in force."""
    days = [p.since for rule in schedule.rules for p in rule.periods if p.since <= as_of.date()]
    return max(days, default=None)


def _coarse(loans: LoanRecords, schedule: LoanSchedule, table: str, methods: dict[str, str]) -> dict[str, str]:
    """The methods of a table, with the level of what may stay of readers there."""
    told, stays = loans.described, schedule.describing
    if told is None or stays is None or told.table != table or _deletes(schedule):
        return methods
    said = {column.column: stays.says(trait) for trait, column in told.traits.items()}
    return {**methods, **{name: how for name, how in said.items() if name in methods or "row" in methods}}


def _no_place(loans: LoanRecords, schedule: LoanSchedule) -> tuple[str, ...]:
    """What the policy lets stay of readers, and the product's loans have no column for."""
    if schedule.describing is None or _deletes(schedule):
        return ()
    there = () if loans.described is None else loans.described.traits
    missing = [trait.value for trait, _ in schedule.describing.levels if trait not in there]
    said = f"the policy lets the {' and the '.join(missing)} of a reader stay, made coarser; here it is removed"
    return (said,) if missing else ()


def _methods(cut: Cut) -> dict[str, str]:
    moved = {} if cut.aged is None else {"row": f"to {cut.aged.table}, without its person, under a new number"}
    return {
        **moved,
        **{name: method.value for name, method in cut.set.items()},
        **{name: f"{method.value} where it is the reader" for name, method in cut.if_reader.items()},
    }
