"""A measurement of risk on a screen, and as figures for programs and for evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.screen import number, put_json, put_line, put_table, say
from carrel.deidentification.risk.singling_out import telling
from carrel.inventory.risk import RiskClass

if TYPE_CHECKING:
    from carrel.deidentification.risk.assessment import Assessment, Measurement
    from carrel.deidentification.risk.attack import Linkage
    from carrel.deidentification.risk.record import Recorded

_MEANS = {
    RiskClass.HIGH: "it names people, or a join named them",
    RiskClass.MEDIUM: "somebody could be found again in it",
    RiskClass.LOW: "nobody was found again, by any of the tests below",
}
_SHOWN = 8


def tell(measured: Measurement, found: Assessment, kept: Recorded | None, *, as_json: bool) -> None:
    """Show a measurement: the class and why, then the figures."""
    if as_json:
        put_json({**figures(measured, found), "recorded": None if kept is None else kept.digest})
        return
    say(f"{measured.name}: {found.risk.value} risk: {_MEANS[found.risk]}.")
    for reason in found.reasons:
        put_line(f"{reason}.", "  - ")
    say("")
    put_table("", ("", ""), _rows(measured), right=(1,))
    _tell_singled(measured)
    _tell_sensitive(measured)
    _tell_attacks(measured)
    if measured.not_looked_at:
        put_line(f"Taken for not leaving, and not looked at: {', '.join(measured.not_looked_at)}.")
    if not measured.by_person:
        put_line("Each record counts as another person's. If one can have several, name --person, or --differ-by.")
    if kept is not None:
        say(f"Recorded as {kept.digest[:12]}, by {kept.by}.")


def _tell_singled(measured: Measurement) -> None:
    rows = [
        (", ".join(one.columns), number(one.alone), _share(one.share)) for one in telling(measured.singled)[:_SHOWN]
    ]
    put_table("Singled out by", ("columns", "records", "share"), rows, right=(1, 2))


def _tell_sensitive(measured: Measurement) -> None:
    rows = [
        (
            name,
            number(one.distinct),
            f"{one.entropy:.1f}",
            f"{one.closeness:.2f}",
            number(one.certain),
            number(one.guessed),
        )
        for name, one in measured.sensitive.items()
    ]
    heads = ("sensitive", "fewest values", "entropy l", "t", "certain", "guessed")
    put_table("What the worst group betrays", heads, rows, right=(1, 2, 3, 4, 5))


def _tell_attacks(measured: Measurement) -> None:
    heads = ("list", "one left", "right", "nobody", "journalist", "marketer")
    put_table(
        "Joined with other lists", heads, [_joined(measured, one) for one in measured.linkages], right=(1, 2, 3, 4, 5)
    )
    traced = [
        (amount(one.known, "record"), number(one.tried), number(one.found), _share(one.share))
        for one in measured.traces
    ]
    put_table("People found by some of their records", ("known", "tried", "found", "share"), traced, right=(1, 2, 3))


def _rows(measured: Measurement) -> list[tuple[str, str]]:
    told = measured.prosecutor
    return [
        ("records", number(measured.records)),
        ("people", number(measured.persons) if measured.by_person else "not known"),
        (f"groups alike in {', '.join(measured.columns)}", number(measured.sizes.classes)),
        ("people in the smallest group (k)", number(measured.sizes.k)),
        ("records in groups of one person", number(measured.sizes.alone)),
        ("prosecutor: highest chance", f"{told.highest:.3f}"),
        ("prosecutor: average chance", f"{told.average:.3f}"),
        (f"records above {measured.threshold:g}", f"{number(told.at_risk)} ({_share(told.share)})"),
    ]


def _joined(measured: Measurement, one: Linkage) -> tuple[str, ...]:
    right = "not known" if one.right is None else number(one.right)
    chance = f"{measured.journalist(one).highest:.3f}"
    return (one.name, number(one.named), right, number(one.unmatched), chance, f"{measured.marketer(one):.3f}")


def _share(share: float) -> str:
    return "0 %" if not share else "< 0.1 %" if share < 0.001 else f"{100 * share:.1f} %"  # noqa: PLR2004


def figures(measured: Measurement, found: Assessment) -> dict[str, Any]:
    """Every figure: counts and names of columns, and no value of a record."""
    told = measured.prosecutor
    return {
        "name": measured.name,
        "class": found.risk.value,
        "reasons": list(found.reasons),
        "records": measured.records,
        "persons": measured.persons if measured.by_person else None,
        "columns": list(measured.columns),
        "not_looked_at": list(measured.not_looked_at),
        "threshold": measured.threshold,
        "known": measured.known,
        "k": measured.sizes.k,
        "classes": [
            {"persons": one.persons, "classes": one.classes, "records": one.records} for one in measured.sizes.bands
        ],
        "prosecutor": {"highest": told.highest, "average": told.average, "at_risk": told.at_risk},
        "identifying": dict(measured.direct),
        "singling_out": [
            {"columns": list(one.columns), "alone": one.alone, "share": one.share} for one in measured.singled
        ],
        "quasi_identifiers": [list(one.columns) for one in telling(measured.singled)],
        "sensitive": {
            name: {
                "distinct_l": one.distinct,
                "entropy_l": one.entropy,
                "t": one.closeness,
                "certain": one.certain,
                "guessed": one.guessed,
            }
            for name, one in measured.sensitive.items()
        },
        "joined": [
            {
                "name": one.name,
                "records": one.records,
                "one_left": one.named,
                "right": one.right,
                "nobody": one.unmatched,
                "journalist_highest": measured.journalist(one).highest,
                "journalist_average": measured.journalist(one).average,
                "marketer": measured.marketer(one),
            }
            for one in measured.linkages
        ],
        "traces": [{"known": one.known, "tried": one.tried, "found": one.found} for one in measured.traces],
    }
