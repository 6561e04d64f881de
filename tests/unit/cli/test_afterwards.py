"""What a night says of the codes that it ends with: a code alone tells nobody what to do."""

from __future__ import annotations

from carrel.cli.afterwards import line_of


def test_an_overdue_request_is_named_by_its_id_with_what_to_do() -> None:
    told = line_of("RGT-024", ("req-abcdefghijkl",))
    assert "a request is overdue (req-abcdefghijkl)" in told
    assert "carrel request list" in told
    many = line_of("RGT-024", tuple(f"req-{n}" for n in range(9)))
    assert "req-4 and 4 more" in many


def test_every_other_code_is_told_with_its_title() -> None:
    assert line_of("CLR-008").startswith("CLR-008: something outside the databases is past its time; ")
    assert line_of("XXX-999") == "XXX-999; docs/errors.md"
