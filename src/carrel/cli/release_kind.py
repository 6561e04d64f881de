"""What kind of release a file is, and its figures, found by the file and what lies beside it."""

from __future__ import annotations

import csv
import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.deidentification.releases import faults
from carrel.deidentification.releases.cube_class import CubeFigures, of_cube
from carrel.deidentification.releases.measured import FEWEST, of_noise, of_return, of_terms_file, of_text
from carrel.errors import CarrelError, fault

if TYPE_CHECKING:
    from collections.abc import Collection

    from carrel.deidentification.releases.measured import Measured
    from carrel.deidentification.statistics.budget import Spending
    from carrel.deidentification.statistics.interval_attack import Outcome
    from carrel.deidentification.statistics.release import Release as Cubes

NOISE = "carrel statistics with noise"
_RETURN = ["return", "line", "measure", "counts", "figure", "not told because"]
_TERMS = ["term", "searchers"]
_LARGEST = 1 << 30


def measured_of(place: Path, register: Path | None = None, totals: Collection[Spending] = ()) -> tuple[str, Measured]:
    """The name and the figures of a release, measured again from its file.

    Args:
        place: of the file.
        register: of releases, in which a cube is compared with those before it.
        totals: what was spent in all of the accounts that the site knows, after each spending.

    Raises:
        CarrelError: RLS-001, it does not tell; STC codes of a cube that is none; TXT codes of a note that is not its.
    """
    from carrel.systems.text.release_note import note_of

    if note_of(place).exists():
        return place.name, _text(place)
    if place.suffix.lower() == ".json":
        body = _json(place)
        if body.get("kind") == "carrel statistics":
            return _cube(place, register)
        if body.get("kind") == NOISE:
            return str(body.get("release", place.name)), _noise(body, place, totals)
    elif place.suffix.lower() == ".csv":
        head, rows = _csv(place)
        if head == _RETURN:
            return place.name, measured_return(rows, place)
        if head == _TERMS:
            return place.name, _terms(rows, place)
    raise not_told(place)


def cube_figures(release: Cubes, outcome: Outcome, differences: int | None, *, again: bool = False) -> Measured:
    """The figures of cubes, by the attack on them; differences are None where they were compared with none."""
    from carrel.deidentification.statistics.told_small import smallest_told, told_small

    rule = release.rule
    return of_cube(
        CubeFigures(
            rule.persons,
            rule.width,
            rule.counted_by,
            outcome.hidden,
            len(outcome.narrow),
            release.base,
            differences,
            smallest_told(release),
            len(told_small(release)),
            outcome.interval,
        ),
        again=again,
    )


def measured_return(rows: list[list[str]], place: Path) -> Measured:
    """The figures of a return, by its lines.

    Raises:
        CarrelError: RLS-001, a figure is none.
    """
    from carrel.deidentification.statistics.returns import NOT_OVER
    from carrel.retention.reasons import FEW

    over = all(row[1] != NOT_OVER for row in rows)
    told = [row[4] for row in rows if row[4]]
    try:
        return of_return([int(one) for one in told if one != FEW], told.count(FEW), over=over)
    except ValueError:
        raise not_told(place) from None


def not_told(place: Path) -> CarrelError:
    """The error of a file that does not tell what it is."""
    return fault(
        faults.NOT_TOLD,
        at=place.name,
        wanted="a release of `carrel stats` (JSON, or a return), a text with its note beside it, or released terms",
        found="another file",
        because="figures are recorded as they were measured, and nothing of this file was",
        fix="make the release again with --force --record; or record it with --unmeasured, and measure it: "
        "`carrel risk measure FILE --name NAME --record --as PERSON`",
    )


def _cube(place: Path, register: Path | None) -> tuple[str, Measured]:
    from carrel.deidentification.statistics.hidden_system import system_of
    from carrel.deidentification.statistics.interval_attack import attack
    from carrel.deidentification.statistics.rounding import rounded_system
    from carrel.deidentification.statistics.solver import quiet_solver
    from carrel.systems.analytics.release_files import read_release

    quiet_solver()
    release = read_release(place)
    outcome = attack(rounded_system(release) if release.base else system_of(release))
    differences = None if register is None else _differences(release, register)
    return release.name, cube_figures(release, outcome, differences, again=True)


def _differences(release: Cubes, place: Path) -> int | None:
    """Small figures that releases before this one tell; None where the register does not have it."""
    from carrel.deidentification.statistics.differencing import small_differences
    from carrel.systems.analytics.release_files import ReleaseRegister

    noted = ReleaseRegister(place).earlier(release.name)
    if release not in noted:
        return None
    before = noted[: noted.index(release)]
    return len(small_differences(release, before)) if before else 0


def _noise(body: dict[str, Any], place: Path, totals: Collection[Spending]) -> Measured:
    from carrel.deidentification.statistics.budget import Spending

    try:
        promise, spent = body["promise"], body.get("spent")
        total = None if spent is None else Spending(Decimal(str(spent["epsilon"])), Decimal(str(spent["delta"])))
        return of_noise(
            Decimal(str(promise["epsilon"])),
            Decimal(str(promise["delta"])),
            int(promise["records_of_a_person_at_most"]),
            None if total is None else total.epsilon,
            told=total is not None and total not in totals,
        )
    except (KeyError, TypeError, ValueError, InvalidOperation):
        raise not_told(place) from None


def _text(place: Path) -> Measured:
    from carrel.systems.text.release import digest_of
    from carrel.systems.text.release_note import ReleaseNote, note_of

    return of_text(ReleaseNote.read_from(note_of(place), digest_of(place)).risk)


def _terms(rows: list[list[str]], place: Path) -> Measured:
    try:
        fewest = min((int(row[1]) for row in rows), default=FEWEST)
    except (ValueError, IndexError):
        raise not_told(place) from None
    return of_terms_file(fewest, len(rows))


def _json(place: Path) -> dict[str, Any]:
    try:
        if place.stat().st_size > _LARGEST:
            return {}
        body = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _csv(place: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with place.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            head = next(rows, [])
            found = list(rows) if head in (_RETURN, _TERMS) else []
    except (OSError, ValueError, csv.Error):
        return [], []
    return (head, found) if all(len(row) == len(head) for row in found) else ([], [])
