"""What a desk types as it likes, and letters under a library's own codes, are cut, read back and swept all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.retention.trail import tells


@pytest.mark.everywhere
@pytest.mark.deep
def test_a_note_keeps_no_title_in_other_letters(small):
    rows = small.koha.rows(
        "SELECT o.borrowernumber, o.issuedate, b.title, i.barcode, b.biblionumber FROM old_issues o JOIN items i ON "
        "i.itemnumber = o.itemnumber JOIN biblio b ON b.biblionumber = i.biblionumber JOIN borrowers p ON "
        "p.borrowernumber = o.borrowernumber WHERE p.privacy = 1 AND o.returndate < '2025-06-01' AND o.issuedate > "
        f"'2000-01-01' AND length(b.title) > 12 AND o.borrowernumber <> {small.koha.sample.anonymous_patron} "
        "AND NOT EXISTS (SELECT 1 FROM accountlines a WHERE a.old_issue_id = o.issue_id) AND NOT EXISTS (SELECT 1 "
        "FROM return_claims c WHERE c.issue_id = o.issue_id) ORDER BY o.issue_id LIMIT 3"
    )
    titles = []
    with small.koha.engine().begin() as desk:
        for n, (reader, at, title, barcode, biblio) in enumerate(rows):
            odd = " " if small.koha.dialect == "postgresql" else "\0"  # no text holds a NUL there
            name = str(title) if n else f"The Blue{odd}Book of Hours"
            if not n:
                desk.execute(sa.text("UPDATE biblio SET title = :t WHERE biblionumber = :b"), {"t": name, "b": biblio})
            titles.append(name)
            for m, note in enumerate((name.upper(), name.lower(), f"{name} and {name.swapcase()}", f"{barcode}")):
                desk.execute(
                    sa.text(
                        "INSERT INTO messages (message_id, borrowernumber, branchcode, message_type, message, "
                        "message_date) VALUES (:i, :r, 'CPL', 'L', :m, :a)"
                    ),
                    {"i": 980_000 + 10 * n + m, "r": reader, "m": f"brought back late: {note}!", "a": str(at)},
                )
    small.dispose()
    assert small.ok("verify")["verified"] is True
    left = [str(text) for (text,) in small.koha.rows("SELECT message FROM messages WHERE message_id >= 980000")]
    assert len(left) == 12
    for text in left:
        assert not any(tells(text, name) for name in titles), text
        assert text.startswith("brought back late: [")


@pytest.mark.deep
def test_the_path_that_the_map_page_shows_parts_a_librarys_own_letters(small):
    page = (Path(__file__).parents[3] / "docs" / "map.md").read_text(encoding="utf-8")
    shown = next(block for block in page.split("```yaml\n") if block.startswith("paths:")).split("```")[0]
    (small.folder / "local.yaml").write_text(shown)
    with small.koha.engine().begin() as desk:
        planted = desk.execute(
            sa.text(
                "INSERT INTO message_queue (borrowernumber, subject, content, letter_code, message_transport_type, status, "
                "time_queued, to_address) SELECT o.borrowernumber, 'Overdue', "
                + (
                    "concat('Dear ', p.firstname, ' ', p.surname, ', ', b.title)"
                    if desk.dialect.name != "sqlite"
                    else "'Dear ' || p.firstname || ' ' || p.surname || ', ' || b.title"
                )
                + ", 'OD1', 'email', 'sent', o.returndate, p.email FROM old_issues o JOIN borrowers p USING (borrowernumber) "
                "JOIN items i ON i.itemnumber = o.itemnumber JOIN biblio b ON b.biblionumber = i.biblionumber WHERE "
                "o.returndate BETWEEN '2022-01-01' AND '2026-10-01' AND o.borrowernumber <> :stand_in"
            ),
            {"stand_in": small.koha.sample.anonymous_patron},
        ).rowcount
    assert planted > 50
    assert (
        small.run("apply", small.approved("known.json")).code == 5
    )  # the sweep leads back by letters that no path knows
    small.edit("dsn_file: koha.dsn\n", "dsn_file: koha.dsn\n    local_map: local.yaml\n")
    run = small.ok("apply", small.approved("own.json"))["run"]
    assert (run["outcome"], run["sweep"]["failing"]) == ("verified", 0)
    assert run["rows"]["our overdue letters"] > planted / 2
