"""What is said stays within a hundred columns; a command stays whole, and so do lines that are there to be copied."""

from __future__ import annotations

from collections import Counter
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.cli import open_joins
from carrel.cli.main import tell
from carrel.cli.person_sweep import others
from carrel.cli.policy_screen import governing, show_policies
from carrel.cli.screen import WIDTH, one_line, put_line, put_table, wrapped
from carrel.cli.sweep import _show as show_sweep
from carrel.errors import Condition, Exit, fault
from carrel.retention.open_join import MEND, OpenJoin
from carrel.retention.plan import PolicyLine
from carrel.retention.policy_lines import NOT_TOLD
from carrel.retention.sweep import SweepReport
from carrel.systems.sql.erasure_sweep import Found

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


def words_of(out: str) -> set[str]:
    return {word for line in out.splitlines() for word in line.split()}


def test_a_title_breaks_where_the_screen_ends_and_not_where_a_narrow_table_does(capsys):
    title = "branch-born-postcode by postcode, as [red]they[/red] were counted"
    put_table(title, ("a", "b"), [("1", "2")])
    assert capsys.readouterr().out.splitlines()[0] == title
    put_table("word " * 40, ("a", "b"), [("1", "2")])
    lines = capsys.readouterr().out.splitlines()
    assert [len(line) for line in lines[:2]] == [99, 99]


def test_no_word_of_a_table_is_cut_where_the_longest_words_fit(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        ("pseudonymised transaction", "pseudonymized_transactions", "update", "9,143", "345", "100", "above"),
        ("wish for a new password", "borrower_password_recovery", "delete", "1,000,000", "10,000,000", "100", ""),
    ]
    heads = ("path", "table", "act", "with loan", "stray", "bound", "")
    put_table("What would be done", heads, rows, right=(3, 4, 5))
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= WIDTH
    assert {word for row in rows for cell in row for word in cell.split()} <= words_of(out)


@given(
    st.lists(
        st.tuples(*(st.text("ab_ /.", max_size=90) for _ in range(3)), st.integers(0, 10**9).map("{:,}".format)),
        min_size=1,
        max_size=4,
    )
)
def test_a_table_stays_within_the_screen_and_loses_nothing(rows: list[tuple[str, str, str, str]]) -> None:
    with redirect_stdout(StringIO()) as said:
        put_table("", ("path", "table", "", "rows"), rows, right=(3,))
    out = said.getvalue()
    assert max(map(len, out.splitlines())) <= WIDTH
    signs = Counter(sign for row in rows for cell in row for sign in cell if sign != " ")
    assert signs <= Counter(out)


def test_a_table_without_headings_has_no_line_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    put_table("Custody", ("", ""), [("library", "Elm"), ("host", "Oak")])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["Custody", "", "library   Elm", "host      Oak", ""]


def test_a_line_of_an_error_begins_each_sentence_with_a_capital() -> None:
    wrong = fault(CONDITION, found="none that holds", fix="get it again\nfrom the library").faults[0]
    assert one_line(wrong) == "A condition of this test (TST-999): none that holds. Get it again from the library"
    assert one_line(fault(CONDITION, fix="carrel audit").faults[0]).endswith("(TST-999). carrel audit")
    there = fault(CONDITION, at="koha: old_issues.keep_it", found="unknown trigger").faults[0]
    assert one_line(there) == "A condition of this test (TST-999): unknown trigger, at old_issues.keep_it"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["elm"], "policy elm"),
        (["elm", "oak"], "policy elm for the rest, and 1 other for single units"),
        (["elm", "oak", "ash"], "policy elm for the rest, and 2 others for single units"),
    ],
)
def test_a_heading_names_every_policy_that_governs(names: list[str], told: str) -> None:
    assert governing(names) == told


def test_units_of_others_are_not_said_to_stand_under_one_policy(capsys: pytest.CaptureFixture[str]) -> None:
    elm, oak = PolicyLine("elm", "1", "a", 10, NOT_TOLD, NOT_TOLD), PolicyLine("oak", "2", "b", 1, 40, 0)
    show_policies([elm, oak])
    one_library = capsys.readouterr().out
    assert "every other unit, by its own policy" in one_library
    assert "elm" not in one_library
    show_policies([PolicyLine("elm", "1", "a", 10, NOT_TOLD, 0), oak])
    assert "elm (the rest)" in capsys.readouterr().out


def test_the_persons_own_record_is_not_for_a_human_to_judge() -> None:
    found = Found(
        human={"people.mail": [(), ()], "people.name": [()], "notes.body": [(7,)]},
        own={"people.mail": 1, "people.name": 1},
    )
    assert others(found) == {"people.mail": [()], "notes.body": [(7,)]}


def test_a_sweep_says_first_what_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    show_sweep(SweepReport(20, 20, 0, ()), 0)
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == "20 loans that name nobody were tried; 0 led to one person."
    assert second == "Rows that stay for other reasons, such as a legal hold, are not counted here."
