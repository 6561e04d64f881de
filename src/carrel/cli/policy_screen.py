"""Several policies in force, as a person reads them: which, how many due under each, what is treated more strictly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.screen import WIDTH, figure, number, put_line, put_table, say
from carrel.retention.policy_lines import NOT_TOLD

if TYPE_CHECKING:
    from carrel.retention.plan import PolicyLine

_MOST = 8  # policies that stand by themselves; the others stand together
_NAME = WIDTH - 60


def governing(names: Sequence[str]) -> str:
    """The policies of a database in a heading: its own, and how many beside it govern some of its units.

    Args:
        names: the site's own first.
    """
    if len(names) == 1:
        return f"policy {names[0]}"
    return f"policy {names[0]} for the rest, and {amount(len(names) - 1, 'other')} for single units"


def show_policies(lines: Sequence[PolicyLine], stricter: Sequence[str] = (), *, due: str = "due") -> None:
    """The policies in force, the site's own and those with the most due first; nothing where there is one.

    Args:
        lines: from `carrel.retention.policy_lines`.
        stricter: what is treated more strictly than a policy writes.
        due: heading of the loans that are counted.
    """
    if not lines:
        return
    order = sorted(lines[1:], key=lambda one: (-_least(one.due), -one.units, one.policy))
    told, rest = [lines[0], *order[:_MOST]], order[_MOST:]
    rows = [_row(one, index == 0) for index, one in enumerate(told)]
    if rest:
        rows.append(
            (
                f"{len(rest)} more",
                "",
                number(sum(one.units for one in rest)),
                _sum([one.due for one in rest]),
                _sum([one.sooner for one in rest]),
            )
        )
    put_table("Policies in force", ("policy", "version", "units", due, "by another's unit"), rows, right=(2, 3, 4))
    if stricter:
        say(f"More strictly than written, in {amount(len(stricter), 'point')}:")
        for line in stricter[:_MOST]:
            put_line(line, "  - ")
        if len(stricter) > _MOST:
            say(f"  - {len(stricter) - _MOST} more; --json lists them.")
        say("")


def show_astray(said: str) -> None:
    """What is to be said of loans that bear a unit which is gone; nothing where there are none."""
    if said:
        put_line(f"{said[:1].upper()}{said[1:]}.")


def _row(one: PolicyLine, rest: bool) -> tuple[str, str, str, str, str]:
    if rest and one.sooner == NOT_TOLD:
        # A custodian's plan for one library tells of no other: these units can stand under several policies.
        return "every other unit, by its own policy", "", number(one.units), figure(one.due), figure(one.sooner)
    name = f"{one.policy} (the rest)" if rest else one.policy
    return name[:_NAME], one.version[:10], number(one.units), figure(one.due), figure(one.sooner)


def _least(count: int | str) -> int:
    return count if isinstance(count, int) else 1


def _sum(counts: Sequence[int | str]) -> str:
    """What the told numbers add up to; a true sum would give the small ones away."""
    whole = sum(one for one in counts if isinstance(one, int))
    return number(whole) if all(isinstance(one, int) for one in counts) else f"{number(whole)} or more"


def as_list(lines: Sequence[PolicyLine]) -> list[dict[str, Any]]:
    """For ``--json``: all of them."""
    from dataclasses import asdict

    return [asdict(one) for one in lines]
