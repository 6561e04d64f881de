"""Laws of a log file's parts: wherever it is cut, the same blocks come, and the same lines are too long."""

from __future__ import annotations

import io
import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carrel.systems.logs import log_stream, plain_file
from carrel.systems.logs.log_stream import Lines, blocks
from carrel.systems.logs.plain_file import PlainFile
from carrel.systems.logs.plain_file import plain_file as plain_file_of

LONGEST, SIZE = 40, 8  # bytes: so every cut falls before, in and behind a line that is too long
PIECES = st.one_of(
    st.sampled_from([b"\n", b"\r\n", b"\n\n", b"a", b"\0", b"ab\r"]),
    st.integers(1, 3 * LONGEST).map(lambda length: b"x" * length),
)


@pytest.fixture(autouse=True)
def short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (log_stream, plain_file):
        monkeypatch.setattr(module, "LONGEST", LONGEST)
    monkeypatch.setattr(plain_file, "BLOCK", SIZE)


def parts(file: PlainFile, cuts: list[int]) -> tuple[list[Lines], int]:
    """All blocks of a file that is read part by part, and how many lines were let go without one behind them."""
    found, left = list[Lines](), 0
    edges = [0, *cuts, file.end]
    for n, (start, stop) in enumerate(pairwise(edges)):
        cutter = file.cutter(start)
        found += [lines for _, lines in file.lines(start, stop, cutter)]
        if n == len(edges) - 2 and (last := cutter.end()) is not None:
            found.append(last)
        else:
            left += cutter.too_long
    return found, left


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=14).map(b"".join))
def test_every_cut_gives_the_same_blocks(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(data)
    whole = list(blocks(io.BufferedReader(io.BytesIO(data), SIZE), SIZE))
    with path.open("rb") as stream:
        file = plain_file_of(stream, SIZE)
        assert file is not None
        edges = list(range(SIZE, len(data), SIZE))
        for cuts in ([], edges, *([one] for one in edges)):
            found, left = parts(file, cuts)
            assert [one.data for one in found if one.data] == [one.data for one in whole if one.data]
            assert sum(one.too_long for one in found) + left == sum(one.too_long for one in whole)
            assert os.lseek(file.handle, 0, os.SEEK_CUR) == 0, "nobody's place moved"


def test_what_is_no_plain_file(tmp_path: Path) -> None:
    """A pipe, and what is unpacked or recoded on its way, cannot be read part by part."""
    path = tmp_path / "log"
    path.write_bytes(b"\xff\xfe" + "a line\n".encode("utf-16-le"))
    with path.open("rb") as raw, log_stream.opened(raw, "log") as (stream, _):
        assert plain_file_of(stream, SIZE) is None
    reads, writes = os.pipe()
    with open(reads, "rb") as pipe, open(writes, "wb"):  # noqa: PTH123  (of handles)
        assert plain_file_of(pipe, SIZE) is None
    assert plain_file_of(io.BytesIO(b"a line\n"), SIZE) is None


def test_a_file_that_became_shorter_is_told(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a line\n" * 10)
    with path.open("rb") as stream:
        file = PlainFile(stream.fileno(), SIZE)
        lines = file.lines(0, 64, file.cutter(0))
        next(lines)
        path.write_bytes(b"a")
        with pytest.raises(EOFError):
            list(lines)
