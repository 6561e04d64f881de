"""What is said stays within a hundred columns; a command stays whole, and so do lines that are there to be copied."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from carrel.cli import open_joins
from carrel.cli.main import tell
from carrel.cli.screen import WIDTH, put_line, wrapped
from carrel.errors import Condition, Exit, fault
from carrel.retention.open_join import MEND, OpenJoin

CONDITION = Condition("TST-999", "a condition of this test", Exit.USAGE)
COMMAND = "carrel approve plan.json --as NAME --key FILE"


def test_a_long_line_is_wrapped_and_hangs(capsys: pytest.CaptureFixture[str]) -> None:
    put_line("seven words that are told again " * 8, "  - ")
    first, *more = capsys.readouterr().out.splitlines()
    assert first.startswith("  - seven words")
    assert more
    assert all(line.startswith("    ") and len(line) <= WIDTH for line in more)


@pytest.mark.parametrize("before", range(40, 100, 7))
def test_a_command_between_backticks_is_never_cut(before: int) -> None:
    text = " ".join("x" * 6 for _ in range(before // 7)) + f" `{COMMAND}`, and then look at the desk again"
    assert any(f"`{COMMAND}`" in line for line in wrapped(text))
    assert all(len(line) <= WIDTH for line in wrapped(text))


def test_a_path_wider_than_the_screen_stays_whole() -> None:
    path = "/srv/" + "a" * 140
    assert wrapped(f"written to {path}") == ["written to", path]


def test_a_long_list_in_an_error_is_wrapped_under_its_field(capsys: pytest.CaptureFixture[str]) -> None:
    fields = ", ".join(f"field of a record {n}" for n in range(20))
    tell(fault(CONDITION, at="request.yaml:3:5", wanted=fields, fix=f"name one; `{COMMAND}`"), as_json=False)
    lines = capsys.readouterr().err.splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    start = next(n for n, line in enumerate(lines) if line.startswith("  wanted:"))
    told = [line[11:] for line in lines[start : lines.index("  changed: nothing")]]
    assert " ".join(told) == fields


def test_lines_for_a_file_stand_as_they_are_to_be_copied(capsys: pytest.CaptureFixture[str]) -> None:
    grant = "GRANT UPDATE (" + ", ".join(f"`column_{n}`" for n in range(20)) + ") ON `koha`.`borrowers` TO 'carrel'@'%'"
    tell(fault(CONDITION, fix=f"have the server's administrator run:\n{grant}"), as_json=False)
    assert f"           {grant}" in capsys.readouterr().err.splitlines()


def test_an_open_join_fits_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    seen = datetime(2026, 3, 2, 1, 12, tzinfo=UTC)
    columns = ("item", "time", "branch", "staff")
    join = OpenJoin("coincidence", "same item and second", "a_table_of_a_plugin", columns, 1, 1, "", seen, seen)
    (line,) = open_joins.lines([join])
    assert "1 of 1 loan led back" in line
    put_line(line, "  - ")
    put_line(MEND)
    assert all(len(one) <= WIDTH for one in capsys.readouterr().out.splitlines())
