"""A title or a barcode in other letters: search, redaction and sweep agree, on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from carrel.retention.trail import tells
from carrel.systems.sql.named_words import ITEM, TITLE, beginning, names, names_title, redacted, teach
from tests.integration.conftest import ON_EACH

pytestmark = pytest.mark.parametrize("koha", ON_EACH, indirect=True)
TEXTS = [
    ("Paid for THE BLUE book today", "The blue book"),
    ("the blue BOOK and The Blue Book and the blue book", "The Blue Book"),
    ("ВОЙНА И МИР lost", "Война и мир"),
    ("a.b*c(d\\E%_ stands here", "A.B*C(D\\E%_"),
    ("its cover's torn", "Cover's Torn"),
    ("nul \0 here abc\0def", "ABC\0DEF"),
    ("ÉTUDE no. 3", "étude no. 3"),
    ("DIE STRASSE, die Straße", "die Straße"),
    ("ΟΔΥΣΣΕΥΣ and Οδυσσεύς", "οδυσσευς"),
    ("[title] was left by an earlier night", "[Title]"),
    ("nothing of that kind", "The Blue Book"),
    ("The Blu", "The Blue"),
    ("", "The Blue Book"),
]


@pytest.fixture
def words(koha, request):
    """A table with texts and words in the database's own collation, and a session that knows the functions."""
    rows = sa.table("said", sa.column("body", sa.String()), sa.column("words", sa.String()))
    with koha.engine().connect() as connection:
        if koha.dialect == "postgresql" and "\0" in "".join(map(str, request.node.callspec.params.values())):
            pytest.skip("no text holds a NUL there")
        teach(connection)
        if koha.dialect == "mariadb":
            collation = "utf8mb4_unicode_ci"
            connection.execute(sa.text(f"SET collation_connection = {collation}"))
            connection.execute(sa.text(
                f"CREATE TEMPORARY TABLE said (body TEXT, words VARCHAR(190)) CHARACTER SET utf8mb4 COLLATE {collation}"
            ))  # fmt: skip
        else:
            connection.execute(sa.text("CREATE TEMPORARY TABLE said (body TEXT, words TEXT)"))
        yield connection, rows


@pytest.mark.parametrize(("body", "title"), TEXTS)
def test_what_is_found_is_taken_out_and_nothing_else(words, body, title):
    connection, rows = words
    connection.execute(sa.insert(rows).values(body=body, words=title))
    found = sa.select(names(rows.c.body, rows.c.words), names_title(rows.c.body, rows.c.words))
    assert tuple(map(bool, connection.execute(found).one())) == (tells(body, title), tells(body, title))
    for _ in range(5):
        if not connection.execute(found).one()[0]:
            break
        connection.execute(sa.update(rows).values(body=redacted(rows.c.body, sa.null(), rows.c.words)))
    left = connection.execute(sa.select(rows.c.body)).scalar_one()
    assert not tells(left, title)
    assert not connection.execute(found).one()[0]
    if not tells(body, title):
        assert left == body


@pytest.mark.parametrize("label", ["ABC-17", "abc-17", "39844001", "item", "\0", ""])
def test_a_barcode_is_taken_out_in_any_letters_and_an_empty_one_names_nothing(words, koha, label):
    connection, rows = words
    nul = "" if koha.dialect == "postgresql" else "\0"
    body = f"copy Abc-17 (39844001) {nul} of an [item]{'' if label else ' '}"
    connection.execute(sa.insert(rows).values(body=body, words=label))
    found = bool(connection.execute(sa.select(names(rows.c.body, rows.c.words))).scalar_one())
    assert found == (bool(label) and tells(body, label))
    for _ in range(5):
        connection.execute(sa.update(rows).values(body=redacted(rows.c.body, rows.c.words, sa.null())))
    left = connection.execute(sa.select(rows.c.body)).scalar_one()
    assert left == body if not label else not tells(left.replace(ITEM, ""), label)
    assert TITLE not in left


def test_the_beginning_of_a_title_holds_what_stands_behind_a_nul(words, koha):
    connection, rows = words
    if koha.dialect == "postgresql":
        pytest.skip("no text holds a NUL there")
    connection.execute(sa.insert(rows).values(body="x", words="The\0Blue Book"))
    found = sa.select(beginning(rows.c.words, sa.text("1"), sa.text("8")))
    assert connection.execute(found).scalar_one() == "The\0Blue"
