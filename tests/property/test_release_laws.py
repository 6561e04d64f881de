"""Laws of a release, on tables that nobody would make by hand: with nothing in them, people of nobody, odd texts."""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from contextlib import nullcontext
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carrel.deidentification.records.release import Release
from carrel.errors import CarrelError
from carrel.systems.analytics import record_release
from carrel.systems.analytics.engine import opened
from carrel.systems.analytics.release_writing import written

KINDS = {
    "zip": ({"as": "postcode", "levels": ["5", "2"]}, st.sampled_from(["02139", "02138", "01902-1234", "k1a 0b1", ""])),
    "born": ({"as": "birth year"}, st.sampled_from(["1984", "1985", "2001", "1930-05-05", " "])),
    "at": ({"as": "time", "levels": ["hour", "day", "week"]}, st.sampled_from(["2026-01-01 10:00:00", "2026-12-31", "2026-01-04T11:59:59"])),
    "kind": ({"as": "item type", "tree": {"a": ["BK", "x;y"], "b": ['"q"', "'"]}}, st.sampled_from(["BK", "x;y", '"q"', "'"])),
    "text": ({"as": "value"}, st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3).filter(lambda one: one.strip() not in {"*", "(none)"})),
    "pages": ({"as": "number", "levels": ["5", "50"]}, st.integers(-60, 60).map(str)),
}  # fmt: skip


@st.composite
def tables(draw):
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4, unique=True))
    rows = draw(st.lists(
        st.tuples(st.sampled_from(["p1", "p2", "p3", "p4", "p5", "p6", ""]), *(KINDS[name][1] for name in names)),
        min_size=1, max_size=60,
    ))  # fmt: skip
    return names, rows


def release(folder: Path, names, rows, *, k: int, share: int, method: str, persons: bool) -> list[list[str]] | str:
    """The rows of a release, or the code of what stood in its way."""
    with (folder / "in.csv").open("w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["person", *names, "n"], *rows])
    said = Release.model_validate({
        "from": str(folder / "in.csv"), "columns": {name: KINDS[name][0] for name in names}, "keep": ["n"], "k": k,
        "suppress at most": share, "method": method, **({"person": "person"} if persons else {}),
    })  # fmt: skip
    try:
        with opened(memory="500MB", threads=1) as engine:
            made = record_release.make(engine, said, folder, date(2026, 1, 1), lambda _: nullcontext())
            with written(made.records, said, folder / "out.csv", force=True):
                pass
    except CarrelError as wrong:
        return wrong.code
    with (folder / "out.csv").open(newline="") as file:
        out = list(csv.reader(file))[1:]
    assert len(rows) - len(out) == made.left_out
    return out


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables(), st.integers(2, 5), st.sampled_from([0, 10, 40]), st.sampled_from(["global", "local"]), st.booleans())
def test_what_is_released_holds_k_and_no_more_is_left_out(
    table, k: int, share: int, method: str, persons: bool
) -> None:
    names, rows = table
    numbered = [(*row, str(at)) for at, row in enumerate(rows)]
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        out = release(Path(folder), names, numbered, k=k, share=share, method=method, persons=persons)
        again = release(Path(folder), names, numbered[::-1], k=k, share=share, method=method, persons=persons)
    assert again == out, "whatever order the records came in"
    empty = any(not any(row[at].strip() for row in rows) for at in range(0 if persons else 1, len(names) + 1))
    if isinstance(out, str):
        assert out == ("REC-004" if empty else "REC-005")
        if out == "REC-005":
            whole = len({row[0] for row in rows} - {""}) if persons else len(rows)
            assert whole < k, "the node that tells nothing holds k whenever anything does"
        return
    assert not empty
    assert len(rows) - len(out) <= len(rows) * share / 100
    classes = defaultdict(list)
    for row in out:
        classes[tuple(row[:-1])].append(rows[int(row[-1])][0])
    for whose in classes.values():
        assert (len(set(whose) - {""}) if persons else len(whose)) >= k
