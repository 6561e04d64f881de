"""What a library's own database can put in the way on PostgreSQL: each time nothing is lost, and nothing half done."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from carrel.cli.main import cli
from carrel.errors import CarrelError
from carrel.retention.lifecycle import lifecycle
from carrel.retention.ports import Busy, StrayPosition
from carrel.systems import map_files
from carrel.systems.secret import Secret
from carrel.systems.sql.database import Access, connect
from tests.integration.evergreen import person_site
from tests.integration.evergreen.conftest import AS_OF
from tests.integration.evergreen.loan_rig import LoanRig
from tests.integration.evergreen.person_seed import CARD, Seeder
from tests.integration.evergreen.record_rig import RecordRig
from tests.integration.evergreen.test_loans import limited, state

pytestmark = pytest.mark.postgresql
HOLDS = ("fulfilled hold", "cancelled hold")


@contextmanager
def rig_of(small, kind=RecordRig, policy="worcester", url=""):
    """A rig, its connections closed at the end."""
    rig = kind(small, policy, url=url)
    try:
        yield rig
    finally:
        rig.engine.dispose()


def cut_holds(rig, loans, size, *, between=lambda: None):
    """The finished holds, stretch by stretch."""
    for name in HOLDS:
        after = StrayPosition(name, -1)
        while (step := loans.cut_strays(rig.life, AS_OF, after, size, lambda *_: None)) is not None:
            after, result = step
            assert not result.left
            between()


def changed(before, after):
    return [name for name in before if before[name] != after[name]]


# -- who waits for whom ---------------------------------------------------------------------------------------------------


def test_a_deadlock_with_the_desk_undoes_the_chunk_and_it_is_tried_again(small):
    with rig_of(small, LoanRig) as rig:
        loan, person = small.rows(
            "SELECT c.id, c.usr FROM action.circulation c JOIN action.archive_actor_stat_cat s ON s.xact = c.id WHERE "
            "c.xact_finish < now() - interval '1 year' AND parent_circ IS NULL ORDER BY c.id LIMIT 1")[0]  # fmt: skip
        before = state(small)
        desk = small.engine().connect()
        desk.execute(sa.text("SET deadlock_timeout = '30s'"))  # so that it is the chunk that is ended
        desk.execute(sa.text("SELECT 1 FROM action.archive_actor_stat_cat WHERE xact = :l FOR UPDATE"), {"l": loan})
        wrong: list[Exception] = []

        def work() -> None:
            try:
                desk.execute(
                    sa.text("UPDATE action.circulation SET desk_renewal = desk_renewal WHERE id = :l"), {"l": loan}
                )
                desk.commit()
            except sa.exc.DBAPIError as found:
                wrong.append(found)

        other = threading.Thread(target=work)
        loans = rig.loans()
        with loans.session():
            with pytest.raises(Busy):
                loans.cut_chunk(rig.life, AS_OF, None, 5_000, lambda *_: other.start())
            other.join()
            assert wrong == []
            assert changed(before, state(small)) == []
            assert "deadlock detected" in small.server.log
        desk.close()
        assert rig.cut() > 100
        assert small.one("SELECT count(*) FROM action.circulation WHERE id = :l", l=loan) == 0
        assert small.one("SELECT count(*) FROM actor.usr WHERE id = :p", p=person) == 1


def test_a_record_that_waits_for_a_lock_too_long_stays_as_it_was(small):
    with rig_of(small) as rig, small.engine().connect() as desk:
        desk.execute(sa.text("LOCK TABLE action.aged_hold_request IN EXCLUSIVE MODE"))
        before = state(small)
        loans = rig.loans()
        with loans.session():
            with pytest.raises(Busy):
                cut_holds(rig, loans, 5_000)
            assert changed(before, state(small)) == []
            desk.rollback()
            cut_holds(rig, loans, 5_000)
            assert not {loans.remaining(rig.life, AS_OF)[name] for name in HOLDS} - {0}


# -- rights that go away --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", ["DELETE ON action.hold_request", "INSERT ON action.aged_hold_request"])
def test_a_right_that_is_lost_between_two_stretches_of_records(small, right):
    url = limited(small)
    user = sa.make_url(url).username
    told = "SELECT (SELECT count(*) FROM action.hold_request) + (SELECT count(*) FROM action.aged_hold_request)"
    both = small.one(told)
    left: list[dict[str, list[str]]] = []

    def lose() -> None:
        if not left:
            small.server.sql(f"REVOKE {right} FROM {user}", database=small.database)
            left.append(state(small))

    with rig_of(small, url=url) as rig:
        loans = rig.loans()
        with loans.session():
            with pytest.raises(CarrelError) as error:
                cut_holds(rig, loans, 10, between=lose)
            assert error.value.code == "SQL-005"
            assert changed(left[0], state(small)) == []
            small.server.sql(f"GRANT {right} TO {user}", database=small.database)
            cut_holds(rig, loans, 10)
    assert small.one(told) == both


def test_a_right_that_is_lost_in_the_middle_of_an_erasure(here):
    own = here.koha
    number = Seeder(own, map_files.load("evergreen")).patron()
    url = limited(own)
    user = sa.make_url(url).username
    here.secret("evergreen.dsn", url)
    place = here.folder / "erase.json"
    here.ok("plan", "--erase", here.card(CARD), "--as", "Cal Example", "--out", place)
    here.approve(place)
    people = own.rows("SELECT CAST(u AS text) FROM actor.usr u ORDER BY id")
    lost: list[str] = []

    def lose(connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql" and not lost:
            lost.append("UPDATE ON actor.usr")
            own.server.sql(f"REVOKE {lost[0]} FROM {user}", database=own.database)

    sa.event.listen(sa.Engine, "commit", lose)
    try:
        answer = CliRunner().invoke(cli, ["apply", str(place), "--site", str(here.folder)], standalone_mode=False)
    finally:
        sa.event.remove(sa.Engine, "commit", lose)
    assert lost
    assert isinstance(answer.exception, CarrelError)
    assert (answer.exception.code, "went before stay out" in str(answer.exception)) == ("SQL-005", True)
    assert own.rows("SELECT CAST(u AS text) FROM actor.usr u ORDER BY id") == people
    own.server.sql(f"GRANT UPDATE ON actor.usr TO {user}", database=own.database)
    assert here.ok("apply", place)["erasure"]["still_there"] == {}
    assert own.one("SELECT family_name FROM actor.usr WHERE id = :n", n=number) == ""


# -- what somebody did overnight ------------------------------------------------------------------------------------------


@pytest.fixture
def here(small, tmp_path):
    return person_site.make(tmp_path / "site", small)


TRIGGER = """
    CREATE FUNCTION action.copy_elsewhere() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO action.elsewhere SELECT CAST(OLD AS text); RETURN OLD; END'
"""


@pytest.mark.parametrize(
    ("table", "code"),
    [("action.circulation", "MAP-003"), ("action.hold_request", "MAP-003"), ("actor.usr_address", "APR-007")],
)
def test_a_trigger_that_came_after_the_plan(here, table, code):
    place = here.approved()
    here.koha.do("CREATE TABLE action.elsewhere (words text)")
    here.koha.do(TRIGGER)
    here.koha.do(
        f"CREATE TRIGGER mirror BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION action.copy_elsewhere()"
    )
    here.refused("apply", place, code=4, error=code)
    assert here.koha.one("SELECT count(*) FROM action.elsewhere") == 0


@pytest.mark.parametrize("table", ["action.hold_request", "auditor.actor_usr_history"])
def test_a_table_that_the_site_made_an_heir_of(here, table):
    place = here.approved()
    here.koha.do(f"CREATE TABLE public.heir () INHERITS ({table})")
    here.refused("apply", place, code=4, error="MAP-003")


def test_a_table_that_the_site_partitioned(here):
    own = here.koha
    own.do("ALTER TABLE auditor.actor_usr_history RENAME TO actor_usr_history_old")
    own.do(
        "CREATE TABLE auditor.actor_usr_history (LIKE auditor.actor_usr_history_old) PARTITION BY RANGE (audit_time)"
    )
    own.do("ALTER TABLE auditor.actor_usr_history ATTACH PARTITION auditor.actor_usr_history_old DEFAULT")
    here.refused("plan", "--as", "Cal Example", "--out", here.folder / "plan.json", code=4, error="MAP-003")


# -- what an account and a database are set to ------------------------------------------------------------------------------

SHADOWS = (
    "CREATE SCHEMA evil",
    "CREATE FUNCTION evil.no() RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''shadow''; END'",
    "CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql AS 'SELECT evil.no()'",
    "CREATE FUNCTION evil.lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT evil.no()'",
    "CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT evil.no()'",
    "CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT evil.no()'",
    "CREATE FUNCTION evil.quote_ident(name) RETURNS text LANGUAGE sql AS 'SELECT evil.no()'",
    "CREATE FUNCTION evil.same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT evil.no() IS NULL'",
    "CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.same)",
    "CREATE TABLE evil.pg_trigger (tgname name)",
    "CREATE TABLE evil.pg_class (relname name)",
    "CREATE TABLE evil.circulation (id bigint)",
    "GRANT USAGE ON SCHEMA evil TO PUBLIC",
    "GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC",
)


def test_settings_of_an_account_change_nothing_of_a_run(small):
    url = limited(small)
    user = sa.make_url(url).username
    for setting in (
        "search_path = evil, pg_catalog, public", "default_transaction_read_only = on", "statement_timeout = '1ms'",
        "timezone = 'Asia/Kolkata'", "lock_timeout = '1ms'", "idle_in_transaction_session_timeout = '1ms'",
        "default_transaction_isolation = serializable", "datestyle = 'SQL, DMY'", "row_security = on",
    ):  # fmt: skip
        small.server.sql(f"ALTER ROLE {user} SET {setting}")
    small.server.sql(*SHADOWS, database=small.database)
    with rig_of(small, url=url) as rig:
        assert rig.cut_all() == {}
    assert "shadow" not in small.server.log
    assert rig.went["fulfilled hold"] > 5


@pytest.mark.parametrize("table", ["action.hold_request", "action.archive_actor_stat_cat"])
def test_a_row_policy_that_is_forced_stops_a_run_before_it_shortens_one(small, table):
    url = limited(small)
    small.do(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    small.do(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    small.do(f"CREATE POLICY half ON {table} USING (id % 2 = 0)")
    before = state(small)
    with rig_of(small, url=url) as rig:
        with pytest.raises(CarrelError) as error:
            rig.cut_all()
        assert error.value.code == "SQL-005"
    if table == "action.archive_actor_stat_cat":  # that of a loan: not even the first chunk came about
        assert changed(before, state(small)) == []
    else:
        assert state(small)[table] == before[table]


# -- clocks ---------------------------------------------------------------------------------------------------------------


def test_a_declared_zone_that_is_not_the_servers(here):
    own = here.koha
    own.server.sql(f"ALTER DATABASE {own.database} SET timezone = 'Asia/Kolkata'")
    here.edit("time_zone: UTC", "time_zone: America/New_York")
    here.refused("plan", "--as", "Cal Example", "--out", here.folder / "plan.json", code=4, error="SQL-011")
    here.edit("time_zone: America/New_York", "time_zone: America/New_York\n    session_zone: declared")
    here.plan()


# When a week before a moment is over: around both changes of New York's clocks, and where there is none. Of the hour that
# occurs twice nothing is over before the second time has begun, because a time without a zone can mean either.
WEEKS = [
    ("America/New_York", "2026-03-12 12:00", "2026-03-05 12:00"),
    ("America/New_York", "2026-03-15 07:30", "2026-03-08 07:30"),
    ("America/New_York", "2026-11-05 12:00", "2026-10-29 12:00"),
    ("America/New_York", "2026-11-08 05:30", "2026-11-01 05:00"),
    ("America/New_York", "2026-11-08 06:30", "2026-11-01 06:30"),
    ("Asia/Kolkata", "2026-11-09 06:30", "2026-11-02 06:30"),
]


def at_utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_cut_off_is_exact_to_the_second_whatever_the_servers_clock(small):
    small.server.sql(f"ALTER DATABASE {small.database} SET timezone = 'Asia/Kolkata'")
    with rig_of(small, LoanRig, "mit-libraries") as rig:
        due = sorted(one.loan.loan for one in rig.draw(100_000) if not one.rebuilt)
    # Of those only what no other clock holds: a chain, a payment, a wish for a history.
    other = {one for row in small.rows(
        "SELECT id, parent_circ FROM action.circulation WHERE parent_circ > 0 UNION SELECT xact, xact FROM money.billing UNION "
        "SELECT xact, xact FROM money.payment UNION SELECT c.id, c.id FROM action.circulation c JOIN actor.usr_setting s "
        "ON s.usr = c.usr WHERE s.name LIKE 'history.circ%'") for one in row}  # fmt: skip
    alone = [one for one in due if one not in other]
    moved = {}
    for zone, now, edge in WEEKS:
        over, moved[zone, now] = at_utc(edge), [alone.pop(0) for _ in range(4)]
        for number, seconds in zip(moved[zone, now], (-3600, -1, 1, 3600), strict=True):
            small.do(
                "UPDATE action.circulation SET xact_start = least(xact_start, :at), checkin_time = :at, xact_finish = :at, "
                "stop_fines_time = :at, checkin_scan_time = :at WHERE id = :n", n=number, at=over + timedelta(seconds=seconds),
            )  # fmt: skip
    for (zone, now), ids in moved.items():
        as_of = at_utc(now)
        with rig_of(small, LoanRig, "mit-libraries") as rig:
            access = Access("library", Secret(small.url, "a test"), session_zone=zone)
            rig.zone, rig.engine = ZoneInfo(zone), small.lasts(connect(access, read_only=False))
            life = lifecycle(rig.schedule, as_of, rig.zone, (), records=rig.records.values())
            loans = rig.loans()
            with loans.session():
                position = None
                while (step := loans.cut_chunk(life, as_of, position, 5_000, lambda *_: None)) is not None:
                    position = step[0]
        left = small.rows("SELECT id FROM action.circulation WHERE id = ANY(:n) ORDER BY id", n=ids)
        assert (now, [one for (one,) in left]) == (now, ids[2:])
