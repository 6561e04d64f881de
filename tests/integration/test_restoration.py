"""Before-images and their restoration on real tables: every type of value, rows without a key, triggers, a full disk."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from carrel.errors import CarrelError
from carrel.systems import map_files
from carrel.systems.sql.before_images import Act, Image
from carrel.systems.sql.restoration import Restoration
from carrel.systems.sql.whole_rows import WholeRows

MAP = map_files.load("koha")
AWKWARD = """
CREATE TABLE awkward (
  id int NOT NULL PRIMARY KEY, words text CHARACTER SET latin1, bytes varbinary(20), amount decimal(28,6),
  ratio float, exact_ratio double, day date, at datetime(6), seen timestamp NULL DEFAULT NULL, span time, flags bit(9),
  kind enum('a','b'), doubled int GENERATED ALWAYS AS (id * 2) STORED
) DEFAULT CHARSET=utf8mb4"""
VALUES = """
INSERT INTO awkward (id, words, bytes, amount, ratio, exact_ratio, day, at, seen, span, flags, kind) VALUES
  (1, 'Ärger ', x'00ff5c27', 1234567890.123456, 1.2345678, 0.1, '2026-02-28', '2026-10-25 02:30:00.123456',
   FROM_UNIXTIME(1793000000), '-12:34:56', b'100000001', 'b'),
  (2, NULL, NULL, NULL, NULL, NULL, '0000-00-00', '0000-00-00 00:00:00', NULL, NULL, NULL, NULL),
  (3, '', '', 0, 16777217, -1e300, NULL, NULL, FROM_UNIXTIME(1793003600), '00:00:00', 0, 'a')"""


def put_back(koha, images, *, committed=True, may_commit=lambda: None):
    engine = koha.engine()
    return Restoration(engine, MAP, "koha").put_back(
        [image.as_row() for image in images], committed=committed, may_commit=may_commit
    )


def whole(koha, table, key, keys):
    with koha.engine().connect() as connection:
        rows = WholeRows(connection)
        return rows.fetch(table, key, keys, rows.columns(table))


@pytest.mark.mariadb
@pytest.mark.parametrize("zone", ["+00:00", "SYSTEM"])
def test_rows_with_awkward_values_are_put_back_to_the_byte(koha_mariadb, zone):
    koha = koha_mariadb
    with koha.engine().begin() as connection:
        connection.exec_driver_sql("SET sql_mode = ''")
        connection.exec_driver_sql(AWKWARD)
        connection.exec_driver_sql(VALUES)
        connection.exec_driver_sql(f"SET time_zone = '{zone}'")

    def checksum():
        return koha.rows("CHECKSUM TABLE awkward EXTENDED"), koha.rows(
            "SELECT id, hex(words), ratio + 0e0 FROM awkward"
        )

    before = checksum()
    images = [
        Image("p", "awkward", Act.DELETED, "", {"id": row["id"]}, row)
        for row in whole(koha, "awkward", ("id",), [(1,), (2,), (3,)]).values()
    ]
    assert len(images) == 3
    with koha.engine().begin() as connection:
        connection.exec_driver_sql("DELETE FROM awkward")
    restored = [Image.of_row(image.as_row()) for image in images]
    assert put_back(koha, restored).back == {"awkward": 3}
    assert checksum() == before
    assert put_back(koha, restored).as_before == {"awkward": 3}

    # The same rows, as if the table had no key: each is known by all its values.
    with koha.engine().begin() as connection:
        connection.exec_driver_sql("UPDATE awkward SET bytes = NULL")
    loose = [
        Image("p", "awkward", Act.CHANGED, "", {}, image.before, {**image.before, "bytes": None})
        for image in images
        if image.before["bytes"] is not None
    ]
    assert put_back(koha, loose).back == {"awkward": 2}
    assert checksum() == before


def test_rows_that_are_alike_come_back_as_often_as_they_were(koha):
    person, columns = 7, "datetime, branch, value, type, other, itemnumber, borrowernumber"
    with koha.engine().begin() as connection:
        for who in (person, person, None):
            connection.execute(
                sa.text(
                    f"INSERT INTO statistics ({columns}) VALUES ('2025-01-01 10:00:00', 'ZZ', 1, 'issue', 'x', 9, :w)"
                ),
                {"w": who},
            )
    with koha.engine().connect() as connection:
        rows = WholeRows(connection)
        names = rows.columns("statistics")
        found = connection.execute(rows.query("statistics", names).where(sa.text("branch = 'ZZ'"))).all()
        drawn = [dict(zip(names, row, strict=True)) for row in found]
    images = [
        Image("statistics", "statistics", Act.CHANGED, "", {}, row, {**row, "borrowernumber": None})
        for row in drawn
        if row["borrowernumber"] is not None
    ]
    assert len(images) == 2
    counted = "SELECT borrowernumber, count(*) FROM statistics WHERE branch = 'ZZ' GROUP BY borrowernumber ORDER BY 1"
    before = koha.rows(counted)
    with koha.engine().begin() as connection:
        connection.execute(sa.text("UPDATE statistics SET borrowernumber = NULL WHERE branch = 'ZZ'"))
    assert put_back(koha, images[:1]).back == {"statistics": 1}
    assert put_back(koha, images[1:]).back == {"statistics": 1}
    assert koha.rows(counted) == before
    # A chunk of which nobody knows whether it was committed shows nothing by rows without a key.
    with koha.engine().begin() as connection:
        connection.execute(sa.text("UPDATE statistics SET borrowernumber = NULL WHERE branch = 'ZZ'"))
    assert put_back(koha, images, committed=False).left == {"statistics": 2}


def test_a_row_that_does_not_read_back_undoes_the_chunk(koha):
    [(loan, borrower)] = koha.rows(
        "SELECT issue_id, borrowernumber FROM old_issues WHERE borrowernumber IS NOT NULL ORDER BY issue_id LIMIT 1"
    )
    with koha.engine().begin() as connection:
        connection.execute(sa.text(f"UPDATE old_issues SET borrowernumber = NULL, note = NULL WHERE issue_id = {loan}"))
        body = "UPDATE old_issues SET note = 'x' WHERE issue_id = NEW.issue_id"
        head = "CREATE TRIGGER spoil AFTER UPDATE ON old_issues"
        if koha.dialect == "mariadb":
            head, body = head.replace("AFTER", "BEFORE") + " FOR EACH ROW", "SET NEW.note = 'x'"
            connection.execute(sa.text(f"{head} {body}"))
        else:
            connection.exec_driver_sql(f"{head} BEGIN {body}; END")
    image = Image(
        "old_issues", "old_issues", Act.CHANGED, "borrowernumber", {"issue_id": loan},
        {"borrowernumber": borrower, "note": None}, {"borrowernumber": None, "note": None},
    )  # fmt: skip
    with pytest.raises(CarrelError) as refused:
        put_back(koha, [image])
    assert refused.value.code == "UND-006"
    assert koha.rows(f"SELECT borrowernumber, note FROM old_issues WHERE issue_id = {loan}") == [(None, None)]


def test_what_the_gate_refuses_is_not_committed(koha):
    [(loan, borrower)] = koha.rows(
        "SELECT issue_id, borrowernumber FROM old_issues WHERE borrowernumber IS NOT NULL ORDER BY issue_id LIMIT 1"
    )
    with koha.engine().begin() as connection:
        connection.execute(sa.text(f"UPDATE old_issues SET borrowernumber = NULL WHERE issue_id = {loan}"))
    image = Image(
        "old_issues", "old_issues", Act.CHANGED, "", {"issue_id": loan}, {"borrowernumber": borrower},
        {"borrowernumber": None},
    )  # fmt: skip

    def lost():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        put_back(koha, [image], may_commit=lost)
    assert koha.rows(f"SELECT borrowernumber FROM old_issues WHERE issue_id = {loan}") == [(None,)]
    assert put_back(koha, [image], committed=False).back == {"old_issues": 1}  # the row itself shows the cut


def test_an_image_tells_no_value_by_itself():
    image = Image("p", "t", Act.CHANGED, "who", {"id": 1}, {"who": "Ada Secret"}, {"who": None})
    assert "Ada" not in repr(image)
    assert Image.of_row(image.as_row()) == image
