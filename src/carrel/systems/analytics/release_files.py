"""Releases on disk: the file that an auditor reads, the table for everybody else, and the register of what was told."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from carrel.deidentification.statistics import faults
from carrel.deidentification.statistics.cube import PERSONS, ROWS
from carrel.deidentification.statistics.release import Release, ToldCube
from carrel.errors import fault
from carrel.inventory.csv_writing import harmless
from carrel.systems.analytics.chained_file import ChainedFile
from carrel.systems.durable_file import replace_file

HIDDEN = "*"
_LARGEST = 1 << 30
_READABLE = 0o644  # what it holds is for everybody


def require_free(*places: Path | None, force: bool, source: Path | None = None) -> None:
    """Whether nothing lies where files are to go.

    Args:
        places: of the files.
        force: what lies there may be replaced.
        source: the file of the records, which never is.

    Raises:
        CarrelError: STC-010.
    """
    taken = [place for place in places if place is not None and place.exists()]
    if source is not None and source.exists() and any(place.samefile(source) for place in taken):
        raise fault(
            faults.EXISTS, at=source.name, wanted="a new file", found="the file of the records", fix="name another"
        )
    if taken and not force:
        raise fault(
            faults.EXISTS,
            at=", ".join(place.name for place in taken),
            wanted="a new file",
            found="one that is there",
            fix="name another, or give --force to replace it",
        )


def write_release(place: Path, release: Release) -> None:
    """Write the file that `carrel stats audit` reads, as a whole.

    Raises:
        OSError: it cannot be written.
    """
    replace_file(place, json.dumps(release.as_dict(), ensure_ascii=False) + "\n", mode=_READABLE)


def read_release(place: Path) -> Release:
    """Read it.

    Raises:
        CarrelError: STC-006, it is none.
    """
    try:
        if place.stat().st_size > _LARGEST:
            raise ValueError  # noqa: TRY301  (told below)
        body = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise fault(
            faults.RELEASE,
            at=place.name,
            wanted="JSON",
            found="something else",
            fix="name a file of `carrel stats cube`",
        ) from None
    return Release.of_dict(body, place.name)


def write_table(place: Path, release: Release) -> None:
    """Write all cubes as one CSV file for people and spreadsheets, as a whole.

    Raises:
        OSError: it cannot be written.
    """
    names = list(dict.fromkeys(one.name for cube in release.cubes for one in cube.dimensions))
    measures = list(release.cubes[0].figures)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["cube", *(column for name in names for column in (name, f"{name} level")), *measures])
    for cube in release.cubes:
        writer.writerows([harmless(one) for one in row] for row in _rows(cube, names, measures))
    replace_file(place, text.getvalue(), mode=_READABLE)


def _rows(cube: ToldCube, names: list[str], measures: list[str]) -> Iterator[list[str]]:
    from itertools import product

    axis = {one.name: at for at, one in enumerate(cube.dimensions)}
    spots = product(*(range(len(one.nodes)) for one in cube.dimensions))
    for cell, spot in enumerate(spots):
        row = [cube.name]
        for name in names:
            if name in axis:
                dimension = cube.dimensions[axis[name]]
                node = dimension.nodes[spot[axis[name]]]
                row += [node.label, [*dimension.levels, "all"][node.level]]
            else:
                row += ["", ""]
        yield [*row, *(written(cube, name, cube.figures[name][cell]) for name in measures)]


def written(cube: ToldCube, measure: str, figure: int | None) -> str:
    """A figure as people read it; a sum with its decimals."""
    if figure is None:
        return HIDDEN
    decimals = 0 if measure in {ROWS, PERSONS} else cube.decimals[measure]
    if not decimals:
        return str(figure)
    whole, part = divmod(figure, 10**decimals)
    return f"{whole}.{part:0{decimals}d}"


class ReleaseRegister:
    """The file of what was told under which name; it holds the figures that left the house and no others.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._file = ChainedFile(path, "carrel releases", faults.REGISTER)

    def earlier(self, name: str) -> list[Release]:
        """The releases of a name, the oldest first.

        Raises:
            CarrelError: STC-009, the file cannot be used; STC-006, what it holds is no release.
        """
        return _of_name(self._file.entries(), name)

    def names(self) -> tuple[str, ...]:
        """The names under which something was told, each once, the latest first.

        Raises:
            CarrelError: STC-009.
        """
        return tuple(dict.fromkeys(str(one.get("name")) for one in reversed(self._file.entries())))

    def add(self, release: Release, at: datetime, known: int) -> None:
        """Note a release that is about to be written.

        Args:
            release: that was compared with all earlier ones.
            at: now.
            known: with how many it was compared.

        Raises:
            CarrelError: STC-009, the file cannot be used, or another release of the name came in between.
        """
        body = release.as_dict()
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        with self._file.adding() as growing:
            named = [one for one in growing.entries if one.get("name") == release.name]
            if len(named) != known:
                raise fault(
                    faults.REGISTER,
                    at=release.name,
                    wanted="the releases that this one was compared with",
                    found="one more, that another run noted meanwhile",
                    fix="give the same command again",
                )
            if not (named and named[-1].get("digest") == digest):
                told_at = at.isoformat(timespec="seconds")
                growing.add({"name": release.name, "at": told_at, "digest": digest, "release": body})


def _of_name(entries: list[dict[str, Any]], name: str) -> list[Release]:
    return [Release.of_dict(one.get("release"), "the register") for one in entries if one.get("name") == name]
