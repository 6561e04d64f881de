"""Every disposition of a library drawn as before-images, cut, and put back; with the least rights."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import column, select, table

from carrel.policy.schedule import Charges, Disposition
from carrel.retention.lifecycle import lifecycle
from carrel.retention.ports import StrayPosition
from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.secret import Secret
from carrel.systems.sql import grants
from carrel.systems.sql.before_images import BeforeImages
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.join_order import DeleteHanging
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.number_text import as_text
from carrel.systems.sql.restoration import Restoration
from tests.integration.conftest import AS_OF
from tests.integration.run.library import checksum

MAP = map_files.load("koha")


class Kept:
    """The images of each chunk, as a capsule would get them."""

    def __init__(self):
        self.chunks = []

    def add(self, rows):
        self.chunks.append(list(rows))

    def committed(self):
        pass


def cut_all(engine, koha, schedule, keep, records=(), system_map=MAP):
    zone = ZoneInfo("UTC")
    life = lifecycle(schedule, AS_OF, zone, (), (), records=records, now=AS_OF)
    with SqlLoans(engine, system_map, schedule, zone, int(koha.sample.anonymous_patron), "koha").session() as loans:
        loans.images = BeforeImages(keep, system_map.people)
        after = None
        while (step := loans.cut_chunk(life, AS_OF, after, 40, lambda *_: None)) is not None:
            after = step[0]
        for name in loans.path_names():
            start = StrayPosition(name, -1)
            while (stray := loans.cut_strays(life, AS_OF, start, 40, lambda *_: None)) is not None:
                start = stray[0]
        assert not any(loans.remaining(life, AS_OF).values())


def variants():
    usual = policy_files.load("mit-libraries").loan_schedule()
    yield pytest.param(usual, id="de-identified")
    gone = tuple(replace(rule, disposition=Disposition.DELETE, methods=()) for rule in usual.rules)
    yield pytest.param(replace(usual, rules=gone), id="deleted")
    yield pytest.param(replace(usual, event_detail="day"), id="by day")
    yield pytest.param(policy_files.load("worcester").loan_schedule(), id="charges lose the card")


def describe_charges(koha):
    """A library's own field on every charge; how many."""
    with koha.engine().begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO additional_fields (id, tablename, name) VALUES (1, 'accountlines:debit', 'who paid')"
        )
        text = "CAST(accountlines_id AS CHAR(20))"
        made = connection.exec_driver_sql(
            "INSERT INTO additional_field_values (field_id, record_id, value) "
            f"SELECT 1, trim({text}), 'her son' FROM accountlines WHERE debit_type_code IS NOT NULL"
        )
    return made.rowcount


@pytest.mark.parametrize("schedule", list(variants()))
def test_every_disposition_of_a_whole_library_is_put_back(small_koha, schedule):
    koha = small_koha
    own = describe_charges(koha)
    before, keep = checksum(koha), Kept()
    cut_all(koha.engine(), koha, schedule, keep)
    assert checksum(koha) != before
    if schedule.charges is Charges.LOSE_CARD:
        assert koha.rows("SELECT count(*) FROM additional_field_values") < [(own,)]
    engine, left = koha.engine(), {}
    for rows in reversed(keep.chunks):
        left |= Restoration(engine, MAP, "koha").put_back(rows, committed=True, may_commit=lambda: None).left
    assert left == {}
    assert checksum(koha) == before


def put_together(koha):
    """A batch and an own field for each of the first interlibrary requests; how many."""
    with koha.engine().begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO additional_fields (id, tablename, name) VALUES (2, 'illrequests', 'why')"
        )
        connection.exec_driver_sql(
            "INSERT INTO additional_field_values (field_id, record_id, value) "
            "SELECT 2, trim(CAST(illrequest_id AS CHAR(20))), 'a thesis' FROM illrequests WHERE illrequest_id < 12"
        )
        made = connection.exec_driver_sql(
            "INSERT INTO illbatches (ill_batch_id, name, backend, patron_id) "
            "SELECT illrequest_id, illrequest_id, 'FreeForm', borrowernumber FROM illrequests WHERE illrequest_id < 12"
        )
        connection.exec_driver_sql(
            "UPDATE illrequests SET batch_id = illrequest_id, updated = updated WHERE illrequest_id < 12"
        )
    return made.rowcount


def test_batches_of_requests_are_put_back_with_their_requests(small_koha):
    koha, keep = small_koha, Kept()
    batches, policy = put_together(koha), policy_files.load("mit-libraries")
    before, requests = checksum(koha), koha.rows("SELECT illrequest_id, updated FROM illrequests ORDER BY 1")
    records = tuple(policy.record_schedules().values())
    system_map = in_force(MAP, policy.record_schedules())
    cut_all(koha.engine(), koha, policy.loan_schedule(), keep, records, system_map)
    [(left,)] = koha.rows("SELECT count(*) FROM illbatches")
    assert 0 < left < batches
    assert koha.rows("SELECT count(*) FROM illrequests WHERE batch_id IS NOT NULL") == [(left,)]
    # Nobody can tell by their times which ones were together, or when they were cut.
    assert koha.rows("SELECT illrequest_id, updated FROM illrequests ORDER BY 1") == requests
    stays = {}
    for rows in reversed(keep.chunks):
        stays |= Restoration(koha.engine(), MAP, "koha").put_back(rows, committed=True, may_commit=lambda: None).left
    assert stays == {}
    assert checksum(koha) == before


@pytest.mark.mariadb
def test_the_least_rights_suffice_to_draw_images(small_mariadb):
    koha, keep, policy = small_mariadb, Kept(), policy_files.load("mit-libraries")
    batches, system_map = put_together(koha), in_force(MAP, policy.record_schedules())
    rights = [
        f"{one.privilege}{' (' + ','.join(one.columns) + ')' if one.columns else ''} ON {one.table}"
        for one in grants.needed(system_map, grants.Purpose.APPLY)
    ]
    url = koha.limited_user(rights).replace("?charset=utf8mb4", "")
    engine = connect(Access("koha", Secret(url, "a test")), read_only=False)
    try:
        records = tuple(policy.record_schedules().values())
        cut_all(engine, koha, policy.loan_schedule(), keep, records, system_map)
    finally:
        engine.dispose()
    assert sum(map(len, keep.chunks)) > 500
    assert koha.rows("SELECT count(*) FROM illbatches") < [(batches,)]
    assert [(0,)] < koha.rows("SELECT count(*) FROM additional_field_values") < [(batches,)]


@pytest.mark.mariadb
def test_own_fields_are_taken_out_by_one_reading_of_their_records(small_mariadb):
    put_together(small_mariadb)
    fields = table("additional_field_values", column("record_id"))
    requests = table("illrequests", column("illrequest_id"))
    going = DeleteHanging(fields).where(as_text(fields.c.record_id).in_(select(as_text(requests.c.illrequest_id))))
    with small_mariadb.engine().connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN {going.compile(connection)}").all()
    assert "MATERIALIZED" in {one.select_type for one in plan}
    assert not any(one.select_type.startswith("DEPENDENT") for one in plan)
