"""The plan as a person reads it on a terminal; the file and ``--json`` always hold all of it."""

from __future__ import annotations

import textwrap
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli.policy_screen import governing, show_policies
from carrel.cli.screen import at_site, put_line, say

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.inventory.system_map import SystemMap
    from carrel.retention.interlock import Need
    from carrel.retention.plan import Plan


COUNTED_ONCE = (
    "With loan: rows that lead to a due loan by its number, or are due by themselves. Stray: rows that still name a "
    "reader, though no open or kept loan explains them. Bound: what a path may take in one night before a person must "
    "look. Each row is counted once, at the first path that takes it. Words of a text and times are compared with "
    "each loan only as loans are cut: a path can take some more than here then, and a later one over the same table "
    "fewer."
)


_TAKEN_BEFORE = (
    "Due are also records that an earlier path takes, over the same table or with a row that names them; they are "
    "counted there."
)
_MANY_ABOVE = 4  # so many paths above their bounds are told in one line


def counted_as_cut(system_map: SystemMap) -> list[str]:
    """The paths of which a plan counts only what their own clock tells: the rest is found beside each loan."""
    return [path.name for path in system_map.loans.paths if path.link.by not in {"key", "clock"}]


def told_before(here: Premises, made: Plan) -> bool:
    """Whether the last plan that a person made for this system told the same notices, under the same map.

    To be asked before the plan is recorded. What the nightly run planned, nobody has read.
    """
    from carrel.cli.due_night import PLANNER

    last = here.store.plans.newest(made.system, not_by=PLANNER)
    if last is None:
        return False
    return (last.plan.notices, last.plan.basis.map_digest) == (made.notices, made.basis.map_digest)


def show(made: Plan, needed: tuple[Need, ...], target: Path, today: date, *, told_before: bool) -> None:
    """The plan as a person reads it; what the desk will notice is told in full unless it was told before."""
    from carrel.cli.screen import figure, number, put_table
    from carrel.retention import blockers
    from carrel.retention.interlock import next_step, touched

    under = governing([one.policy for one in made.policies] or [made.policy])
    put_line(f"Plan for {made.system} under {under}, as of {made.as_of:%Y-%m-%d %H:%M} UTC", hang=2)
    put_table(
        "Loans",
        ("state", "loans"),
        [(state, figure(count)) for state, count in made.states.items()],
        right=(1,),
    )
    show_policies(made.policies, made.stricter)
    put_paths("What would be done", made)
    say()
    told = [one for one in made.records if one.due or isinstance(one.undated, int)]
    if told:
        put_table(
            "Other records",
            ("record", "path", "due", "kept", "cannot tell"),
            [(one.record, one.path, number(one.due), figure(one.kept), figure(one.undated)) for one in told],
            right=(2, 3, 4),
        )
        rows = {one.path: touched(one) for one in made.paths}
        if any(one.due > rows.get(one.path, 0) for one in told):
            put_line(_TAKEN_BEFORE)
            say()
    if quiet := len(made.records) - len(told):
        kinds = "further kind" if told else "kind"
        has = amount(quiet, f"{kinds} of other records has", f"{kinds}s of other records have")
        say(f"{has} nothing due; the plan's file lists every one.\n")
    if made.cards is not None:
        put_table(
            "Cards of patrons",
            ("state", "cards"),
            [
                ("lapsed and due: the person goes from every table", number(made.cards.due)),
                *((f"kept: {reason}", figure(count)) for reason, count in made.cards.kept.items()),
            ],
            right=(1,),
        )
    if made.reach_back:
        say(f"{amount(made.reach_back, 'due loan')} closed before the rule was in force (it reaches back).\n")
    put_list("Blocked by", made.blockers)
    if made.blockers:
        say("Change or stop that job; have in carrel.yaml, and plan again:")
        say(textwrap.indent(blockers.lifted_by(blockers.of_plan(made), today), "  ") + "\n")
    if told_before and made.notices:
        count = amount(len(made.notices), "thing")
        say(f"What the desk will notice: {count}, as in the plan before; carrel plan --notices lists them.\n")
    else:
        put_list("What the desk will notice", made.notices)
    put_list("Waits, because", need_lines(needed))
    say(f"Written to {target}. Nothing was changed.")
    if not made.blockers:
        put_line(f"Next: {next_step(needed, f'{target}{at_site()}')}", hang=2)


def put_paths(title: str, plan: Plan) -> None:
    """The paths on which something is due, each with its bound; those with nothing are counted in one line."""
    from carrel.cli.screen import number, put_table
    from carrel.retention.interlock import touched

    rows = [
        (
            path.path,
            path.table,
            path.act,
            number(path.rows),
            number(path.strays),
            number(path.bound),
            "above" if touched(path) > path.bound else "",
        )
        for path in plan.paths
        if touched(path)
    ]
    put_table(title, ("path", "table", "act", "with loan", "stray", "bound", ""), rows, right=(3, 4, 5))
    if rows:
        put_line(COUNTED_ONCE)
    if quiet := [path.bound for path in plan.paths if not touched(path)]:
        further = "further path has" if rows else "path has"
        have = "further paths have" if rows else "paths have"
        low, high = number(min(quiet)), number(max(quiet))
        each = f"bound {low}" if low == high else f"bounds {low} to {high}"
        put_line(f"{amount(len(quiet), further, have)} nothing to do ({each}); the plan's file lists every one.")


def need_lines(needed: tuple[Need, ...]) -> tuple[str, ...]:
    """Each need in a line; many paths above their bounds in one, because the table marks them."""
    from carrel.retention.interlock import Reason

    above = [need for need in needed if need.reason is Reason.ABOVE_BOUND]
    if len(above) < _MANY_ABOVE:
        return tuple(need.line() for need in needed)
    others = tuple(need.line() for need in needed if need.reason is not Reason.ABOVE_BOUND)
    return (*others, f"{Reason.ABOVE_BOUND}: {amount(len(above), 'path')}, marked 'above' in the table")


def put_list(title: str, lines: tuple[str, ...]) -> None:
    """A heading once, and under it each line within the screen's width; nothing where there is none."""
    if not lines:
        return
    say(f"{title}:")
    for line in lines:
        put_line(line, "  - ")
    say("")
