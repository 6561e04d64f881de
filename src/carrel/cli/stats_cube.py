"""``carrel stats cube``: the document is put together, counted, protected, compared, told and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carrel.cli.at_site import now
from carrel.cli.option_model import name_of, of_options
from carrel.cli.option_values import require_folders, writing
from carrel.cli.progress import phase
from carrel.deidentification.statistics import faults
from carrel.deidentification.statistics.cube import ROWS
from carrel.deidentification.statistics.cube_spec import CubeSpec
from carrel.errors import Exit, fault
from carrel.systems.analytics import document
from carrel.systems.analytics.engine import MEMORY, is_size, opened
from carrel.systems.analytics.release_files import ReleaseRegister, require_free, write_release, write_table

if TYPE_CHECKING:
    from carrel.cli.release_option import Wanted
    from carrel.deidentification.statistics.differencing import SmallDifference
    from carrel.deidentification.statistics.release import Release

_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for.

    Attributes:
        place: a document, or the file of the records.
        source: where in a database they are.
        said: of the cube.
        memory: of the engine.
    """

    place: Path | None
    source: Mapping[str, object]
    said: Mapping[str, object]
    memory: str | None


@dataclass(frozen=True, slots=True)
class Wished:
    """What becomes of it."""

    out: Path | None
    table: Path | None
    register: Path | None
    only_warn: bool
    base: int | None
    force: bool


def release(asked: Asked, wished: Wished, wanted: Wanted | None, *, as_json: bool) -> int:
    """Make a release, tell it, and write it.

    Raises:
        CarrelError: of the STC, SRC and SQL codes; CLI-003; with a record of the SIT, HLD, STO and LED codes.
    """
    from carrel.cli.release_kind import cube_figures
    from carrel.cli.release_record import put_on_record, recorder
    from carrel.cli.stats_screen import Compared, tell
    from carrel.deidentification.releases.cube_class import with_bare
    from carrel.systems.analytics.cube_counting import count

    spec = _spec(asked)
    if asked.memory is not None and not is_size(asked.memory):
        raise click.UsageError("--memory: write a number and MB or GB, such as 3GB")
    if wished.base is not None and (spec.told != (ROWS,) or wished.register is not None):
        raise click.UsageError("--round takes records alone, without persons, sums and --register")
    keeper = recorder(wanted, wished.out, wished.table)
    require_folders(wished.out, wished.table, wished.register)
    require_free(wished.out, wished.table, force=wished.force, source=spec.records.file)
    register = None if wished.register is None else ReleaseRegister(wished.register)
    before = [] if register is None else register.earlier(spec.name)
    with phase(f"counting {spec.name}"), opened(memory=asked.memory or MEMORY) as engine:
        cubes = count(engine, spec)
    with phase("hiding small cells"):
        from carrel.deidentification.statistics.differencing import not_compared
        from carrel.deidentification.statistics.release_making import make, make_rounded

        if wished.base is None:
            made = make(spec.name, cubes, spec.rule, spec.told, before)
        else:
            made = make_rounded(spec.name, cubes, spec.rule, wished.base)
    small = _compared(made.release, before, only_warn=wished.only_warn)
    bare = not_compared(made.release, before)
    figures = with_bare(cube_figures(made.release, made.outcome, None if register is None else len(small)), bare)
    if register is not None:
        register.add(made.release, now(), len(before))  # first: what is told and not noted would never be compared
    for place, write in ((wished.out, write_release), (wished.table, write_table)):
        if place is not None:
            with writing(place):
                write(place, made.release)
    kept = put_on_record(keeper, made.release.name, (wished.out, wished.table), figures)
    compared = None if register is None else Compared(len(before), register.names(), bare)
    tell(made, small, wished.out, wished.table, kept, compared, as_json=as_json)
    return int(Exit.FINDINGS if small or bare else Exit.DONE)


def _compared(new: Release, before: list[Release], *, only_warn: bool) -> tuple[SmallDifference, ...]:
    if not before:
        return ()
    from carrel.deidentification.statistics.differencing import small_differences

    with phase("comparing it with earlier releases"):
        found = small_differences(new, before)
    if found and not only_warn:
        some = "; ".join(f"{' / '.join(one.cell)} ({one.how})" for one in found[:3])
        raise fault(
            faults.DIFFERENCE,
            at=new.name,
            wanted=f"figures that differ from those told before by nothing, or by {new.rule.persons} and more",
            found=f"{len(found):,} that do not, such as {some}",
            because="whoever keeps both releases counts those who came in between",
            fix="wait until more came, leave out what is not over yet, or --earlier warn if you answer for it",
        )
    return found


def _spec(asked: Asked) -> CubeSpec:
    given = {key: value for key, value in asked.said.items() if value}
    small = {key: value for key, value in dict(given.pop("small", {})).items() if value is not None}  # type: ignore[call-overload]  # a mapping
    if asked.place is not None and asked.place.suffix.lower() in _YAML:
        if given or small or any(asked.source.values()):
            raise click.UsageError("a document in YAML says all of it: leave out the other options, or the document")
        return document.load(asked.place, CubeSpec).relative_to(asked.place.absolute().parent)
    source = {key: value for key, value in asked.source.items() if value is not None}
    if bool(source) == (asked.place is not None):
        raise click.UsageError("name a document, a CSV or Parquet file, or --dsn-file with --table or --query-file")
    records = source if asked.place is None else {"file": asked.place}
    place = asked.place or Path(str(source.get("table") or source.get("query_file") or "records"))
    axes = [_axis(str(one)) for one in given.pop("axes", ())]  # type: ignore[attr-defined]  # a tuple
    said = {"name": name_of(place), **given, "records": records, "small": small, "dimensions": dict(axes)}
    names = {"person": "--person or --each-record", "dimensions": "--by"}
    return of_options(CubeSpec, said, names).relative_to(Path.cwd())


def _axis(text: str) -> tuple[str, dict[str, object]]:
    column, _, levels = text.partition(":")
    return column, {"column": column, "time": tuple(levels.split(","))} if levels else {"column": column}
