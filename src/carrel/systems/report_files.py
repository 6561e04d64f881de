"""Pages on disk: one HTML file that stands alone, without script, without anything from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.accountability.audit import Standing
from carrel.accountability.run_report import RunReport
from carrel.systems.durable_file import replace_file

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).parent / "templates"
LEAST_BAR = 1.5  # percent: a row that is left must be seen, however long the longest bar is


def write_report(path: Path, report: RunReport) -> Path:
    """Write a page, readable to its owner alone, replacing an older one as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, render(report))
    return path


def render(report: RunReport) -> str:
    """The page as text; every value is escaped."""
    return _template("report.html.j2").render(
        report=report,
        css=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        longest=longest(report),
        Standing=Standing,
    )


def longest(report: RunReport) -> int:
    """The largest figure among the bars of a page, at least 1."""
    return max((max(line.before or 0, line.after) for line in report.tables), default=1) or 1


def bar(value: int, longest_value: int) -> str:
    """The length of a bar in percent: zero is no bar, everything else can be seen."""
    return "0" if value <= 0 else f"{max(LEAST_BAR, 100 * value / longest_value):.2f}"


def thousands(value: int | str) -> str:
    """A count as people read it; a word stays as it is."""
    return f"{value:,}" if isinstance(value, int) else value


_ACTS = {
    "update": "parted from the reader",
    "delete": "deleted",
    "transfer": "handed over to the archives",
    "move": "moved without the reader",
}


def plainly(act: str) -> str:
    """What was done to a row, in a word for people."""
    return _ACTS.get(act, act)


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"thousands": thousands, "bar": bar, "plainly": plainly}
    return environment.get_template(name)
