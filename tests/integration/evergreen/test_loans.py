"""The loans of Evergreen: chains go whole, the move, what stays for bills, both ways of triggers, nothing leads back."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from carrel.errors import CarrelError
from carrel.retention.legal_hold import Keeping, Scope
from carrel.retention.ports import Busy
from carrel.systems.sample.evergreen import habits
from carrel.systems.sample.evergreen.schema import SEARCH_PATH
from carrel.systems.sql.trigger_way import TriggerWay
from tests.integration.evergreen.conftest import AS_OF, SMALL, TEMPLATE, Evergreen
from tests.integration.evergreen.loan_rig import LoanRig

pytestmark = pytest.mark.postgresql
TABLES = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1
"""
# Texts that a notice of a loan names, where that loan is in the table of loans no more.
TEXTS = """
    SELECT count(*) FROM action_trigger.event_output o JOIN action_trigger.event e
      ON o.id IN (e.template_output, e.error_output, e.async_output)
    JOIN action_trigger.event_definition d ON d.id = e.event_def JOIN action_trigger.hook h ON h.key = d.hook
    WHERE h.core_type = 'circ' AND o.data <> '' AND e.state IN ('complete', 'error', 'invalid')
      AND NOT EXISTS (SELECT 1 FROM action.circulation WHERE id = e.target)
"""
# Of a moved row what is the same whichever number it was given.
MOVED = "SELECT {columns} FROM action.aged_circulation a LEFT JOIN action.aged_circulation p ON p.id = a.parent_circ"


def state(evergreen: Evergreen, *, but: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Every row of every table, without the numbers that are drawn and the times of the run itself."""
    found = {}
    for (name,) in evergreen.rows(TABLES):
        if name in but:
            continue
        columns = [c for (c,) in evergreen.rows(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attnum > 0 "
            "AND NOT attisdropped ORDER BY attnum", t=name)]  # fmt: skip
        if name == "action.aged_circulation":
            own = ", ".join(f"a.{c}" for c in columns if c not in {"id", "parent_circ"})
            query = MOVED.format(columns=f"{own}, p.target_copy, p.xact_start")
        else:
            drawn = {"id"} if name == "action.aged_hold_request" else set()
            run = {"audit_id", "audit_time", "audit_user"} if name.startswith("auditor.") else set()
            told = ", ".join(c for c in columns if c not in drawn | run) or "1"
            query = f"SELECT {told} FROM ONLY {name}"
        found[name] = sorted(map(repr, evergreen.rows(query)))
    return found


def held(**scope: tuple) -> Keeping:
    return Keeping("h", Scope(**scope), "a paper", "a court", AS_OF - timedelta(days=1), None)


def another(evergreen: Evergreen, template: str = TEMPLATE) -> Evergreen:
    """One more fresh copy beside a test's own."""
    database = "evergreen_other"
    evergreen.server.sql(
        f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"CREATE DATABASE {database} TEMPLATE {template}",
        f"ALTER DATABASE {database} SET search_path = {SEARCH_PATH}",
    )  # fmt: skip
    return Evergreen(evergreen.server, database, evergreen.sample)


def limited(evergreen: Evergreen, *without: str) -> str:
    """An account with every right on the rows but those named, and none on settings."""
    schemas = [one for (one,) in evergreen.rows(
        "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'")]  # fmt: skip
    rights = [
        f"{right} {one}"
        for one in schemas
        for right in ("USAGE ON SCHEMA", "ALL ON ALL TABLES IN SCHEMA", "ALL ON ALL SEQUENCES IN SCHEMA")
    ]
    url = evergreen.server.limited_user(evergreen.database, rights)
    user = sa.make_url(url).username
    for one in without:
        evergreen.server.sql(f"REVOKE {one} FROM {user}", database=evergreen.database)
    return url


@pytest.fixture
def other(evergreen):
    made = another(evergreen)
    yield made
    made.dispose()


@pytest.fixture
def other_small(small):
    made = another(small, SMALL)
    yield made
    made.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mit-libraries", pytest.param("worcester", marks=pytest.mark.deep)])
def test_nothing_leads_back_to_anybody(evergreen, policy):
    rig = LoanRig(evergreen, policy)
    pairs = rig.draw(100_000)
    due = len(pairs) - pairs.rebuilt
    # The sample knows who had what: the pairs are true, and they are all.
    assert all(evergreen.sample.readers.of(p.loan.loan) == p.person.key for p in pairs if not p.rebuilt)
    assert due == rig.cut() > 2_000
    report = rig.look(pairs)
    assert [(a.kind, a.name, a.table, a.columns, a.hits) for a in report.failing] == []
    assert (report.led_back, report.swept) == (0, len(pairs))
    # Texts of notices are shared with holds, whose texts wait for their own period: so those of loans are counted here.
    assert evergreen.one(TEXTS) == 0


def test_whoever_hands_out_one_loan_did_not_borrow_another_of_that_second(small):
    """As in a bulk load: a reader is staff too, and handed out somebody else's loan in the second of their own."""
    (mine, reader, at), (theirs, *_) = small.rows(
        "SELECT DISTINCT ON (usr) id, usr, xact_start FROM action.circulation c WHERE parent_circ IS NULL AND "
        "xact_finish < now() - interval '1 year' AND NOT EXISTS (SELECT 1 FROM action.circulation WHERE parent_circ = c.id) "
        "ORDER BY usr, id LIMIT 2")  # fmt: skip
    acted = "UPDATE action.circulation SET circ_staff = :reader, xact_start = :at, create_time = :at WHERE id = :id"
    small.do(acted, reader=reader, at=at, id=theirs)
    rig = LoanRig(small)
    pairs = rig.draw(100_000)
    assert any((one.loan.loan, one.person.key) == (mine, reader) for one in pairs)
    rig.cut()
    assert small.one("SELECT count(*) FROM action.aged_circulation WHERE circ_staff = :r", r=reader) >= 1
    report = rig.look(pairs)
    assert [(a.kind, a.name, a.table, a.columns, a.hits) for a in report.failing] == []


def test_after_the_products_own_aging_the_sweep_finds_what_it_leaves(evergreen):
    rig = LoanRig(evergreen)
    pairs = rig.draw(400)
    with evergreen.engine().connect() as connection:
        habits.ages_circulations(connection, AS_OF)
    report = rig.look(pairs)
    found = {(one.kind, one.name, one.table) for one in report.attacks if one.hits}
    assert report.led_back > 0
    assert ("declared", "archived category of a reader", "action.archive_actor_stat_cat") in found
    assert ("declared", "bill", "money.billing") in found
    assert ("discovered", "words", "action_trigger.event_output") in found


@pytest.mark.slow
def test_both_ways_of_triggers_end_in_the_same_rows(small, other_small):
    fast, slow = LoanRig(small), LoanRig(other_small, url=limited(other_small))
    ways = []
    for rig in (fast, slow):
        loans = rig.loans()
        with loans.session():
            ways.append(loans.way)
    assert ways == [TriggerWay.BYPASSED, TriggerWay.PRODUCT]
    assert fast.cut(70) == slow.cut(40) > 100
    mine, theirs = state(small), state(other_small)
    assert [name for name in mine if mine[name] != theirs[name]] == []


def test_as_the_product_moves_them_but_for_what_is_left_out(evergreen, other):
    kept = "SELECT {} FROM action.aged_circulation a LEFT JOIN action.aged_circulation p ON p.id = a.parent_circ"
    columns = [c for (c,) in evergreen.rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST('action.aged_circulation' AS regclass) AND attnum > 0")]  # fmt: skip
    left_out = {"id", "parent_circ", "usr_post_code", "usr_birth_year", "circ_staff", "checkin_staff"}
    same = kept.format(", ".join(f"a.{c}" for c in columns if c not in left_out) + ", p.xact_start")
    before = set(evergreen.rows(same))
    LoanRig(evergreen).cut()
    moved = set(evergreen.rows(same)) - before
    with other.engine().connect() as connection:
        habits.ages_circulations(connection, AS_OF)
    product = set(other.rows(same)) - before
    assert len(moved) > 2_000
    assert moved <= product
    numbers = "SELECT count(*) FROM {} WHERE xact IN (SELECT id FROM action.aged_circulation)"
    for table in ("money.billing", "money.payment", "action.archive_actor_stat_cat"):
        assert other.one(numbers.format(table)) > 0
    # Bills of loans that moved here stand under the number of a charge without an item, by day and without words.
    told = (
        "SELECT count(*) FROM money.billing b JOIN money.grocery g ON g.id = b.xact WHERE g.note IS NULL AND "
        "b.id = ANY(:bills) AND (b.note IS NOT NULL OR b.create_date <> date_trunc('day', b.create_date))"
    )
    bills = [
        n for (n,) in other.rows("SELECT id FROM money.billing WHERE xact IN (SELECT id FROM action.aged_circulation)")
    ]
    assert evergreen.one("SELECT count(*) FROM money.billing WHERE id = ANY(:bills)", bills=bills) == len(bills)
    evergreen.do(f"SET timezone = '{evergreen.sample.zone}'")
    assert evergreen.one(told, bills=bills) == 0


def test_a_chain_goes_whole_or_not_at_all(small):
    one = next(c for c in small.sample.canaries if c.kind == "old" and not c.owes and len(c.circulations) > 1)
    first, *_ = one.circulations
    rig = LoanRig(small, holds=(held(loans=(first,)),))
    rig.cut(1_000)
    left = [n for (n,) in small.rows("SELECT id FROM action.circulation WHERE id = ANY(:c)", c=list(one.circulations))]
    assert sorted(left) == sorted(one.circulations)
    torn = "SELECT count(*) FROM action.circulation c WHERE parent_circ IS NOT NULL AND NOT EXISTS (SELECT 1 FROM action.circulation p WHERE p.id = c.parent_circ)"
    assert small.one(torn) == 0
    assert LoanRig(small).cut(1_000) == len(one.circulations)


def test_a_chunk_reads_its_own_loans_and_not_the_table(evergreen):
    """Rows read of the loans follow the chunk: a library that has lent for longer pays no more for it."""
    # For the planner it is a table of years: so small a one is read whole.
    evergreen.do(
        "UPDATE pg_class SET reltuples = relpages * 10000.0 WHERE oid = CAST('action.circulation' AS regclass) "
        "OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = CAST('action.circulation' AS regclass))"
    )
    rig = LoanRig(evergreen)
    there = evergreen.one("SELECT count(*) FROM action.circulation")
    read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = CAST('action.circulation' AS regclass)"
    loans, told = rig.loans(), []
    with loans.session():
        loans.prepare(rig.life)
        position, first = loans.cut_chunk(rig.life, AS_OF, None, 5, lambda *_: None)
        # What transactions before this one read is counted with it until it has been handed on.
        loans.connection.execute(sa.text("SELECT pg_stat_force_next_flush()"))
        loans.connection.commit()
        step = loans.cut_chunk(
            rig.life, AS_OF, position, 5, lambda *_: None,
            lambda: told.append(loans.connection.execute(sa.text(read)).scalar_one()),
        )  # fmt: skip
    assert first.loans >= 5
    assert 5 <= step[1].loans < 20
    assert 0 < told[0] < there / 4


def test_a_branch_is_kept_by_its_number(evergreen):
    branch, count = evergreen.rows("SELECT circ_lib, count(*) FROM action.circulation GROUP BY 1 ORDER BY 2 DESC")[0]
    before = evergreen.one("SELECT count(*) FROM action.circulation WHERE circ_lib = :b", b=branch)
    rig = LoanRig(evergreen, holds=(held(branches=(str(branch),)),))
    loans = rig.loans()
    with loans.session():
        seen = loans.observe(rig.life, AS_OF)
        assert str(branch) not in seen.branches
        assert sum(seen.branches.values()) > 0
    rig.cut()
    assert evergreen.one("SELECT count(*) FROM action.circulation WHERE circ_lib = :b", b=branch) == before == count


# -- what goes wrong ------------------------------------------------------------------------------------------------------


class CutError(Exception):
    """The session ends here."""


def one_chunk(rig: LoanRig, size: int = 60) -> None:
    loans = rig.loans()
    with loans.session():
        loans.cut_chunk(rig.life, AS_OF, None, size, lambda *_: None)


@pytest.mark.slow
@pytest.mark.parametrize("slowly", [False, True], ids=["bypassed", "product"])
def test_a_chunk_that_ends_between_any_two_steps_has_changed_nothing(evergreen, slowly):
    rig = LoanRig(evergreen, url=limited(evergreen) if slowly else "")
    before = state(evergreen, but=("action.aged_circulation",))
    aged = "SELECT count(*), sum(id) FROM action.aged_circulation"
    were = evergreen.rows(aged)
    writes: list[str] = []
    stop = [0]

    @sa.event.listens_for(rig.engine, "after_cursor_execute")
    def count(_c, _cursor, statement, *_rest):
        if statement.lstrip().split(" ", 1)[0] in {"INSERT", "UPDATE", "DELETE", "SET"} and "pg_temp" not in statement:
            writes.append(statement)
            if stop[0] and len(writes) == stop[0]:
                raise CutError

    loans = rig.loans()
    with loans.session():
        loans.prepare(rig.life)

        def no(*_):
            raise CutError

        with pytest.raises(CutError):
            loans.cut_chunk(rig.life, AS_OF, None, 60, lambda *_: None, no)
        steps = len(writes)
        assert steps > 30
        for stop[0] in range(1, steps + 1, 5 if slowly else 3):
            writes.clear()
            with pytest.raises(CutError):
                loans.cut_chunk(rig.life, AS_OF, None, 60, lambda *_: None, no)
        stop[0] = 0
        assert evergreen.rows(aged) == were
        after = state(evergreen, but=("action.aged_circulation",))
        assert [name for name in before if before[name] != after[name]] == []


def test_what_the_desk_works_on_is_left_whole_and_comes_later(evergreen):
    one = next(c for c in evergreen.sample.canaries if c.kind == "old" and not c.owes and len(c.circulations) > 1)
    rig = LoanRig(evergreen)
    there = "SELECT count(*) FROM action.circulation WHERE id = ANY(:c)"
    loans = rig.loans()
    with evergreen.engine().connect() as desk, loans.session():
        desk.execute(sa.text("SELECT 1 FROM action.circulation WHERE id = :c FOR UPDATE"), {"c": one.circulations[0]})
        position = None
        while (step := loans.cut_chunk(rig.life, AS_OF, position, 500, lambda *_: None)) is not None:
            position = step[0]
        assert evergreen.one(there, c=list(one.circulations)) == len(one.circulations)
        desk.rollback()
        assert loans.remaining(rig.life, AS_OF)["action.circulation"] == len(one.circulations)
        assert loans.cut_chunk(rig.life, AS_OF, None, 500, lambda *_: None)[1].loans == len(one.circulations)
    assert evergreen.one(there, c=list(one.circulations)) == 0


def test_a_lock_held_for_too_long_changes_nothing(small):
    rig = LoanRig(small)
    before = small.one("SELECT count(*) FROM action.circulation")
    with small.engine().connect() as desk:
        desk.execute(sa.text("LOCK TABLE action.archive_actor_stat_cat IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(Busy):
            one_chunk(rig)
    assert small.one("SELECT count(*) FROM action.circulation") == before
    assert rig.cut() > 50


def test_the_desk_goes_on_while_loans_move(evergreen):
    """Checkouts, renewals and returns beside a run: nothing of theirs is lost, and no chain is torn."""
    usr, copies = 2, [c for (c,) in evergreen.rows(
        "SELECT id FROM asset.copy c WHERE NOT EXISTS (SELECT 1 FROM action.circulation WHERE target_copy = c.id AND "
        "checkin_time IS NULL) ORDER BY id DESC LIMIT 40")]  # fmt: skip
    lend = sa.text(
        "INSERT INTO action.circulation (usr, target_copy, circ_lib, circ_staff, renewal_remaining, grace_period, due_date, "
        "duration, duration_rule, recurring_fine_rule, max_fine_rule, parent_circ) VALUES (:usr, :copy, 4, 1, 2, '0', "
        "now() + interval '21 days', '21 days', 'd', 'd', 'd', :parent) RETURNING id"
    )
    back = sa.text(
        "UPDATE action.circulation SET checkin_time = now(), xact_finish = now(), stop_fines = 'RENEW' WHERE id = :id"
    )
    made: list[tuple[int, int]] = []
    wrong: list[Exception] = []

    def desk() -> None:
        try:
            with evergreen.engine().connect() as connection:
                for copy in copies:
                    first = connection.execute(lend, {"usr": usr, "copy": copy, "parent": None}).scalar_one()
                    connection.commit()
                    connection.execute(back, {"id": first})
                    renewed = connection.execute(lend, {"usr": usr, "copy": copy, "parent": first}).scalar_one()
                    connection.commit()
                    made.append((first, renewed))
        except Exception as error:  # noqa: BLE001  (whatever it is, the test tells it)
            wrong.append(error)

    counter = threading.Thread(target=desk)
    counter.start()
    done = LoanRig(evergreen).cut(150)
    counter.join()
    assert wrong == []
    assert done > 2_000
    assert len(made) == len(copies)
    numbers = [n for pair in made for n in pair]
    assert evergreen.one("SELECT count(*) FROM action.circulation WHERE id = ANY(:n)", n=numbers) == len(numbers)


def test_a_lost_grant_changes_nothing(evergreen):
    rig = LoanRig(evergreen, url=limited(evergreen, "INSERT ON action.aged_circulation"))
    before = evergreen.one("SELECT count(*) FROM action.circulation")
    with pytest.raises(CarrelError) as error:
        one_chunk(rig)
    assert error.value.code == "SQL-005"
    assert evergreen.one("SELECT count(*) FROM action.circulation") == before


def test_a_key_that_would_dangle_stops_the_chunk(evergreen):
    evergreen.do("CREATE TABLE action.local (circ bigint REFERENCES action.circulation (id))")
    evergreen.do(
        "INSERT INTO action.local SELECT id FROM action.circulation WHERE xact_finish < now() - interval '2 years'"
    )
    before = evergreen.one("SELECT count(*) FROM action.circulation")
    with pytest.raises(CarrelError) as error:
        one_chunk(LoanRig(evergreen), 500)
    assert (error.value.code, "local_circ_fkey" in str(error.value)) == ("SQL-016", True)
    assert evergreen.one("SELECT count(*) FROM action.circulation") == before


def test_money_that_the_products_trigger_would_move_stops_the_slower_way(small):
    small.do("UPDATE config.global_flag SET enabled = true WHERE name = 'history.money.age_with_circs'")
    with pytest.raises(CarrelError) as error:
        one_chunk(LoanRig(small, url=limited(small)), 2_000)
    assert error.value.code == "SQL-016"
    assert LoanRig(small).cut() > 50


def test_a_trigger_that_runs_on_replicas_is_never_woken(evergreen):
    evergreen.do("ALTER TABLE action.circulation ENABLE REPLICA TRIGGER mat_summary_remove_tgr")
    loans = LoanRig(evergreen).loans()
    with loans.session():
        assert loans.way is TriggerWay.PRODUCT
