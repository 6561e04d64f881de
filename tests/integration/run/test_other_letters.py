"""A desk types a title as it likes: the note is cut, read back and swept all the same."""

from __future__ import annotations

import sqlalchemy as sa

from carrel.retention.trail import tells


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
            name = str(title) if n else "The Blue\0Book of Hours"
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
