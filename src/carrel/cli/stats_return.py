"""``carrel stats return``: a return that the library owes, filled in from its own database."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli.at_site import now, open_site
from carrel.cli.option_values import require_folders, writing
from carrel.cli.progress import phase
from carrel.cli.screen import number, put_json, put_line, put_table
from carrel.deidentification.statistics.returns import NOT_OVER, filled_in, return_of, year_of
from carrel.errors import Exit
from carrel.retention.reasons import FEW, SMALL

if TYPE_CHECKING:
    from datetime import date

    from carrel.cli.release_option import Wanted
    from carrel.deidentification.releases.release import Release as Record
    from carrel.deidentification.statistics.returns import Line, Return


def fill_in(
    site_path: Path,
    system_name: str | None,
    name: str,
    year: tuple[int, int | None],
    out: Path | None,
    wanted: Wanted | None,
    *,
    force: bool,
    as_json: bool,
) -> int:
    """Count, tell, and write.

    Raises:
        CarrelError: STC-010, STC-014; of the SIT and SQL codes; CLI-003.
    """
    from carrel.cli.release_record import put_on_record, recorder
    from carrel.deidentification.releases.measured import of_return
    from carrel.systems.analytics.release_files import require_free

    survey = return_of(name)
    begins, after = year_of(survey, *year)
    require_free(out, force=force)
    require_folders(out)
    keeper = recorder(wanted, out)
    counted = now().date()
    late = None if after <= counted else counted  # the day on which a year was counted that is not over
    lines = filled_in(survey, _figures(site_path, system_name, begins, after), SMALL)
    if out is not None:
        with writing(out):
            _write(out, survey, lines, late, after)
    told = [one.figure for one in lines if one.figure is not None and not one.few]
    found = of_return(told, sum(one.few for one in lines), over=late is None)
    kept = put_on_record(keeper, "" if out is None else out.name, (out,), found)
    _tell(survey, begins, after, lines, out, kept, late, as_json=as_json)
    return int(Exit.DONE if late is None else Exit.FINDINGS)


def _figures(site_path: Path, system_name: str | None, begins: date, after: date) -> dict[str, int]:
    from carrel.systems import site_file, site_systems
    from carrel.systems.sql import database
    from carrel.systems.sql.failure import told
    from carrel.systems.sql.return_figures import figures_of

    site = open_site(site_path)
    system = site_systems.system_of(site, system_name)
    figures = site_file.system_map(system).figures
    engine = database.open_system(system, read_only=True)
    try:
        with phase("counting"), told(system.name), engine.connect() as connection:
            return figures_of(connection, figures, begins, after)
    finally:
        engine.dispose()


def _written(line: Line) -> str:
    return FEW if line.few else "" if line.figure is None else number(line.figure)


def _tell(
    survey: Return,
    begins: date,
    after: date,
    lines: tuple[Line, ...],
    out: Path | None,
    kept: Record | None,
    late: date | None,
    *,
    as_json: bool,
) -> None:
    from carrel.cli.release_record import as_json as record_json
    from carrel.cli.release_record import tell_record

    if as_json:
        put_json(
            {
                "return": survey.name,
                "begins": begins.isoformat(),
                "before": after.isoformat(),
                "over": late is None,
                "source": survey.source,
                "lines": [
                    {
                        "code": one.measure.code,
                        "name": one.measure.name,
                        "figure": FEW if one.few else one.figure,
                        "not_told": one.why or None,
                    }
                    for one in lines
                ],
                "file": None if out is None else str(out),
                **record_json(kept),
            }
        )
        return
    put_table(
        f"{survey.title}, from {begins} to before {after}",
        ("line", "measure", "figure", "not from the library system: why"),
        [(one.measure.code, one.measure.name, _written(one), one.why) for one in lines],
        right=(2,),
    )
    if late is not None:
        put_line(
            f"The year is not over: counted on {late}, it ends before {after}. Beside a later count these figures tell "
            "what came in between, and they are not what the return asks for. Give it again when the year is over."
        )
    put_line(f"Definitions: {survey.source}.")
    if out is not None:
        put_line(f"Written to {out}.")
    tell_record(kept)


def _write(out: Path, survey: Return, lines: tuple[Line, ...], late: date | None, after: date) -> None:
    from carrel.systems.durable_file import replace_file

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["return", "line", "measure", "counts", "figure", "not told because"])
    for one in lines:
        figure = FEW if one.few else "" if one.figure is None else one.figure
        writer.writerow([survey.name, one.measure.code, one.measure.name, one.measure.means, figure, one.why])
    if late is not None:
        means = f"counted on {late}, and the year ends before {after}"
        writer.writerow([survey.name, NOT_OVER, "the year was not over", means, "", ""])
    replace_file(out, text.getvalue(), mode=0o644)
