"""A list as CSV is cut as Python's own reader reads it, in whatever pieces it comes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carrel.deidentification.text.running import Plain, Running
from carrel.errors import CarrelError
from carrel.inventory.record_source import NamedSource
from carrel.systems.text import csv_lines
from carrel.systems.text.csv_lines import lines_of

LISTS = ([-1, 2], [0, 1, 2], [1])
FIELDS = st.text(st.sampled_from('aé "\n\r,;x'), max_size=5)


def by_python(text: str) -> list[list[bytes]]:
    rows = [(row + [""] * 3)[:3] for row in list(csv.reader(io.StringIO(text, newline="")))[1:] if row]
    lines = [
        [f"\x1f{c}" for _, _, c in rows], [f"{a} {b}\x1f{c}" for a, b, c in rows], [b for _, b, _ in rows],
    ]  # fmt: skip
    return [[one.replace("\n", " ").encode() for one in some] for some in lines]


def cut(path: Path, running: Running) -> list[list[bytes]]:
    parts: list[Sequence[bytes]] = list(lines_of(NamedSource(file=path), running, 3, LISTS))
    return [b"".join(some).split(b"\n")[:-1] for some in zip(*parts, strict=True)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(FIELDS, max_size=3), max_size=6), block=st.integers(1, 9), ending=st.sampled_from(("\n", "\r\n", "\r")),
       last=st.booleans(), quoted=st.booleans())  # fmt: skip
def test_rows_are_cut_as_they_are_read(
    rows: list[list[str]], block: int, ending: str, last: bool, quoted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=ending, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows([["one", "two", "three"], *rows])
    said = text.getvalue() if last else text.getvalue().removesuffix(ending)
    path = tmp_path / "list.csv"
    path.write_bytes(b"\xef\xbb\xbf" + said.encode())
    monkeypatch.setattr(csv_lines, "_BLOCK", block)
    assert cut(path, Plain()) == by_python(said)


def test_a_short_row_has_room_for_its_line(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a,b,c\n" + b"x\n" * 5_000)
    assert cut(path, Plain()) == by_python("a,b,c\n" + "x\n" * 5_000)


def test_machine_code_cuts_alike(tmp_path: Path, text_code: Running) -> None:
    path = tmp_path / "list.csv"
    text = "one,two,three\n" + "".join(f'é{at},"x ""{at}""\n",{at}\r\n\n{at},,\n{at}\n' for at in range(60_000))
    path.write_bytes(text.encode())
    assert cut(path, text_code) == by_python(text)


@pytest.mark.parametrize(
    ("content", "row"), [(b"a,b,c\n1,2,3\n\n1,2,3,4\n", 2), (b"a,b,c\n1,2,3\n\xff,2,3\n", 0), (b"a,b,c\n,,,", 1)]
)
def test_a_row_too_wide_or_of_another_encoding_is_told(tmp_path: Path, content: bytes, row: int) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(CarrelError) as told:
        cut(path, Plain())
    assert told.value.code == "TXT-015"
    assert f"row {row}" in str(told.value) or not row
