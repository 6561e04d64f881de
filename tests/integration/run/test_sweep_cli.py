"""``carrel sweep`` at a site: clean after a full cut, exit code 3 when one row is put back, and no value in its output."""

from __future__ import annotations

import pytest

from tests.integration.run.library import Library


def closed(elm: Library) -> dict[int, tuple[int, int, str]]:
    """Closed loans of known copies that name somebody: reader, copy and the second of the return."""
    rows = elm.koha.rows(
        "SELECT issue_id, borrowernumber, itemnumber, returndate FROM old_issues WHERE itemnumber IS NOT NULL "
        f"AND borrowernumber IS NOT NULL AND borrowernumber <> {elm.koha.sample.anonymous_patron}"
    )
    return {int(str(loan)): (int(str(who)), int(str(item)), str(at)) for loan, who, item, at in rows}


@pytest.mark.slow
def test_sweep_finds_a_row_that_was_put_back(small: Library) -> None:
    before = closed(small)
    small.dispose()
    untouched = small.checksum()
    clean = small.ok("sweep", "--pairs", 400)
    assert (clean["led_back"], clean["not_swept"]) == (0, 0)
    assert clean["pairs"] > 50
    words = small.run("sweep", "--pairs", 400)
    assert words.code == 0, words.text
    assert "0 led to one person" in words.out
    assert small.checksum() == untouched  # it reads only

    still = closed(small)
    busy = {(who, item) for who, item, _ in still.values()}
    loan, (who, item, at) = next(
        (loan, it)
        for loan, it in sorted(before.items())
        if loan not in still and it[:2] not in busy and it[2][11:] > "00:01"
    )
    small.sql(
        f"INSERT INTO statistics (datetime, type, itemnumber, borrowernumber) VALUES ('{at}', 'return', {item}, {who})"
    )
    found = small.ok("sweep", "--pairs", 400, code=3)
    assert found["led_back"] == 1, loan
    assert ("declared", "statistics") in {
        (a["kind"], a["table"]) for a in found["attacks"] if a["hits"] and a["severity"] == "singles out"
    }
    words = small.run("sweep", "--pairs", 400)
    assert words.code == 3, words.text
    assert "declared: statistics" in words.out
    for printed in (words.out, str(found)):
        assert at not in printed


def test_before_anything_was_cut_there_is_nothing_to_try(small: Library) -> None:
    stand_in = small.koha.sample.anonymous_patron
    small.sql(f"DELETE FROM old_issues WHERE borrowernumber IS NULL OR borrowernumber = {stand_in}")
    told = small.ok("sweep")
    assert (told["pairs"], told["led_back"], told["attacks"] == [] or not any(a["hits"] for a in told["attacks"])) == (
        0,
        0,
        True,
    )
    assert "nothing was tried" in small.run("sweep").out
