"""An erasure never says more than it did: not where a column or a key is in the way, nor where the database does nothing."""

from __future__ import annotations

import base64
import hashlib
import re
import stat
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from carrel.cli.main import main
from carrel.ledger.leaf import decode_leaf
from carrel.store.erasures import Erasures
from carrel.store.ledger_folder import LedgerFolder
from tests.integration.run import library
from tests.integration.run.test_erasure import CARD, FIRST, LAST, MAIL, USER, given, planned, subject

pytestmark = pytest.mark.slow
SERVERS = [
    pytest.param("mariadb", marks=pytest.mark.mariadb),
    pytest.param("postgresql", marks=pytest.mark.postgresql),
]
# Where rows of the person are made; an erasure comes by in this order.
KEPT = "rows that went before stay out|what earlier ones took out stays out|nothing by this transaction"
PLACES = {
    "statistics": "borrowernumber",
    "search_history": "userid",
    "borrower_debarments": "manager_id",
    "borrowers": "borrowernumber",
}


@pytest.fixture(params=SERVERS)
def elm(request: pytest.FixtureRequest, tmp_path):
    """A library on each server in turn, whose policy lets settled charges lose the card."""
    return library.make(tmp_path / "site", request.getfixturevalue(f"small_{request.param}"), policy="worcester")


def told_triggers(elm, names: dict[str, str]) -> None:
    """A site that has looked at triggers of its own, and found that they do no harm."""
    lines = "".join(f"  {table}:\n    {name}: it counts\n" for table, name in names.items())
    (elm.folder / "local.yaml").write_text(f"triggers:\n{lines}")
    elm.edit("    map: koha\n", f"    map: koha\n    local_map: {elm.folder / 'local.yaml'}\n")


def swallow(elm, table: str, *columns: str) -> str:
    """A trigger that lets an UPDATE succeed and leaves everything as it was; its name."""
    name = f"swallow_{table}"
    if elm.koha.dialect == "mariadb":
        back = " ".join(f"SET NEW.{one} = OLD.{one};" for one in columns)
        elm.sql(f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW BEGIN {back} END")
    else:
        elm.sql(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
        )
    return name


def let_go(elm, table: str) -> None:
    on = "" if elm.koha.dialect == "mariadb" else f" ON {table}"
    elm.sql(f"DROP TRIGGER swallow_{table}{on}")


def of_hers(elm, number: int) -> dict[str, int]:
    """What still leads to the person, asked apart from all of this."""
    found = {}
    for table, column in PLACES.items():
        [(rows,)] = elm.koha.rows(f"SELECT count(*) FROM {table} WHERE {column} = {number}")
        found[table] = int(str(rows))
    return found


def rows_of(seed, number: int) -> None:
    """Three rows of the person in each of the places."""
    for table, column in list(PLACES.items())[:3]:
        for _ in range(3):
            more = {"datetime": "2025-01-01 10:00:00", "type": "issue"} if table == "statistics" else {}
            if table == "borrower_debarments":
                more = {"borrowernumber": seed.patron()}
            seed.row(table, **{column: number}, **more)


def still_found(elm, number: int) -> bool:
    """Whether a search for the person finds something now."""
    answer = elm.run("sweep", "--person", given(elm, str(number)), "--by-number", "--json")
    assert answer.code == 3, answer.text
    return bool(answer.told["rows"])


def told_nothing_done(elm) -> None:
    """No leaf of the ledger says that somebody was erased, and every case keeps its key."""
    place = elm.folder / "ledger"
    leaves = [decode_leaf(entry) for entry in LedgerFolder(place).entries()] if place.exists() else []
    assert not [one for one in leaves if one.kind == "erasure" and one.fields["outcome"].startswith("verified")]
    assert list((elm.folder / "cases").iterdir())


def test_a_statement_that_changes_nothing_is_never_told_as_done(elm):
    """Triggers that the site calls harmless put every value back: of a row, of a text; each stops the same plan in turn.

    On PostgreSQL a rule does it too: to rows that are deleted, and to the record itself.
    """
    seed, number = subject(elm)
    for _ in range(3):
        seed.row("statistics", borrowernumber=number, datetime="2025-01-01 10:00:00", type="issue")
        seed.row("search_history", userid=number)
    seed.row("messages", borrowernumber=seed.patron(), message=f"card {CARD}", message_type="L")
    tables = {"statistics": "borrowernumber", "messages": "message"}
    rules = ["search_history", "borrowers"] if elm.koha.dialect == "postgresql" else []
    for table, column in tables.items():
        swallow(elm, table, column)
    told_triggers(elm, {table: f"swallow_{table}" for table in (*tables, *rules)})
    elm.sql(*(f"CREATE RULE swallow_{one} AS ON DELETE TO {one} DO INSTEAD NOTHING" for one in rules))
    in_the_way = ["statistics", *rules[:1], "messages", *rules[1:]]
    for turn, table in enumerate(in_the_way):
        place, _ = planned(elm, f"erase{turn}.json")
        elm.approve(place)
        for again in range(1 if turn else 2):  # it is not done by saying it twice
            answer = elm.run("apply", place, "--json")
            assert (answer.code, answer.codes) == (5, ["ERA-006"]), (again, answer.text)
            assert answer.told["errors"][0]["at"].endswith(table), answer.text
            assert of_hers(elm, number)["borrowers"] == 1
            told_nothing_done(elm)
        assert turn or still_found(elm, number)
        if table in rules:
            elm.sql(f"DROP RULE swallow_{table} ON {table}")
        else:
            let_go(elm, table)
    place, _ = planned(elm)
    elm.approve(place)
    done = elm.ok("apply", place)["erasure"]
    assert (done["outcome"].split(",")[0] in {"verified", "applied"}, done["still_there"]) == (True, {})
    assert "unverified" not in done["outcome"]
    assert not any(of_hers(elm, number).values())


def in_the_midst(monkeypatch: pytest.MonkeyPatch, step: str, what: Callable[[], None]) -> list[str]:
    """Have something happen right before the first piece of a step."""
    whole, happened = Erasures.intend, []

    def intend(self, case, name):
        whole(self, case, name)
        if name == step and not happened:
            happened.append(name)
            what()

    monkeypatch.setattr(Erasures, "intend", intend)
    return happened


def applied_here(elm, place, capsys) -> tuple[int, str]:
    """`carrel apply` in this process; its code, and what it said."""
    with pytest.raises(SystemExit) as ended:
        main(["apply", str(place), "--json", "--site", str(elm.folder)])
    said = capsys.readouterr()
    elm.assert_no_leak(said.out, said.err)
    return int(str(ended.value.code)), said.out + said.err


def test_what_comes_in_the_way_in_the_midst_ends_the_attempt_and_not_the_case(elm, monkeypatch, capsys):
    """A trigger that swallows; a column that may not be empty any more; a key that forbids; each since it was asked.

    What went before stays out and is told, nothing is called done, the person is found, and the same plan goes on.
    """
    seed, number = subject(elm)
    maria = elm.koha.dialect == "mariadb"
    kind = "int(11)" if maria else "INTEGER"
    rows_of(seed, number)
    place, _ = planned(elm)
    elm.approve(place)
    how = "MODIFY manager_id int(11) {}" if maria else "ALTER COLUMN manager_id {}"
    null, free = ("NOT NULL", "DEFAULT NULL") if maria else ("SET NOT NULL", "DROP NOT NULL")
    table, step = "borrower_debarments", "borrower_debarments.change"
    change = f"ALTER TABLE {table} {how}"
    key = f"CREATE TABLE plugin_wish (who {kind}, FOREIGN KEY (who) REFERENCES borrowers (borrowernumber) ON DELETE RESTRICT)"
    ways = [
        (step, lambda: swallow(elm, table, "manager_id"), lambda: let_go(elm, table)),
        (step, lambda: elm.sql(change.format(null)), lambda: elm.sql(change.format(free))),
        ("person", lambda: elm.sql(key, f"INSERT INTO plugin_wish VALUES ({number})"), lambda: elm.sql("DROP TABLE plugin_wish")),
    ]  # fmt: skip
    for step, come, go in ways:
        with monkeypatch.context() as patched:
            happened = in_the_midst(patched, step, come)
            code, said = applied_here(elm, place, capsys)
        assert happened == [step]
        assert code in {1, 4, 5}, said
        assert re.search(KEPT, said), said
        left = of_hers(elm, number)
        assert left == {"statistics": 0, "search_history": 0, table: 0 if step == "person" else 3, "borrowers": 1}
        told_nothing_done(elm)
        answer = elm.run("apply", place, "--json")  # while it is still in the way
        assert answer.code in {1, 4, 5}, answer.text
        assert of_hers(elm, number) == left
        go()
        assert still_found(elm, number)
    done = elm.ok("apply", place)["erasure"]
    assert done["still_there"] == {}
    assert not any(of_hers(elm, number).values())


def test_a_column_that_may_not_be_empty_refuses_the_plan(elm):
    """Nullability is one question to the catalogue; nothing is planned that the database would refuse half-way.

    One column that the night's cut empties too, and one that only an erasure does.
    """
    seed, number = subject(elm)
    rows_of(seed, number)
    maria = elm.koha.dialect == "mariadb"
    for table, column, code in (
        ("borrower_debarments", "manager_id", "ERA-003"),
        ("statistics", "borrowernumber", "MAP-003"),
    ):
        set_to = f"MODIFY {column} int(11) {{}}" if maria else f"ALTER COLUMN {column} {{}}"
        elm.sql(
            f"DELETE FROM {table} WHERE {column} IS NULL",
            f"ALTER TABLE {table} {set_to.format('NOT NULL' if maria else 'SET NOT NULL')}",
        )
        words = ("plan", "--erase", given(elm), "--as", "Cal Example", "--out", elm.folder / "erase.json")
        answer = elm.refused(*words, code=4, error=code)
        assert f"{table}.{column}" in answer.err
        assert not (elm.folder / "erase.json").exists()
        elm.sql(f"ALTER TABLE {table} {set_to.format('DEFAULT NULL' if maria else 'DROP NOT NULL')}")
        assert still_found(elm, number)


def test_a_right_that_is_taken_and_a_system_that_goes_away_in_the_midst(elm, monkeypatch, capsys):
    """The attempt ends with what it did; given back, the same plan ends verified, and nothing is counted twice."""
    seed, number = subject(elm)
    rows_of(seed, number)
    account, cut, let_in = an_account(elm)
    server, database = elm.koha.server, elm.koha.database
    table, where = (
        (f"{database}.borrower_debarments", None)
        if elm.koha.dialect == "mariadb"
        else ("borrower_debarments", database)
    )
    place, _ = planned(elm)
    elm.approve(place)

    def take() -> None:
        server.sql(f"REVOKE UPDATE ON {table} FROM {account}", database=where or "mysql")

    def give() -> None:
        server.sql(f"GRANT UPDATE ON {table} TO {account}", database=where or "mysql")

    for away, back in ((take, give), (cut, let_in)):
        with monkeypatch.context() as patched:
            happened = in_the_midst(patched, "borrower_debarments.change", away)
            code, said = applied_here(elm, place, capsys)
        assert happened, said
        assert code in {1, 4}, said
        assert re.search(KEPT, said), said
        assert re.search("SQL-[0-9]{3}", said), said
        assert elm.run("apply", place, "--json").code in {1, 4}, "while it is still away"
        assert of_hers(elm, number) == {"statistics": 0, "search_history": 0, "borrower_debarments": 3, "borrowers": 1}
        back()
        assert still_found(elm, number)
        told_nothing_done(elm)
    done = elm.ok("apply", place)["erasure"]
    assert done["still_there"] == {}
    assert done["rows"]["search_history.delete"] == 3
    assert not any(of_hers(elm, number).values())


def an_account(elm) -> tuple[str, Callable[[], None], Callable[[], None]]:
    """An account that carries out and owns nothing; what cuts the system off in the midst, and what lets it in again."""
    server, database = elm.koha.server, elm.koha.database
    if elm.koha.dialect == "mariadb":
        url = elm.koha.limited_user(["SELECT ON *", "TRIGGER ON *"])
        user = sa.make_url(url).username
        account = f"'{user}'@'127.0.0.1'"
        names = [str(one) for (one,) in elm.koha.rows("SHOW TABLES")]
        rights = "INSERT, UPDATE, DELETE, REFERENCES"
        server.sql(*(f"GRANT {rights} ON `{database}`.`{one}` TO {account}" for one in names))

        def cut() -> None:
            server.sql(f"ALTER USER {account} ACCOUNT LOCK", "FLUSH PRIVILEGES")
            for (one,) in server.sql(f"SELECT id FROM information_schema.processlist WHERE user = '{user}'"):
                server.sql(f"KILL {one}")

        def let_in() -> None:
            server.sql(f"ALTER USER {account} ACCOUNT UNLOCK")
    else:
        url = elm.koha.limited_user(["SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public",
                                     "USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public"])  # fmt: skip
        account = user = str(sa.make_url(url).username)

        def cut() -> None:
            server.sql(f"ALTER USER {user} NOLOGIN")
            server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user}'")

        def let_in() -> None:
            server.sql(f"ALTER USER {user} LOGIN")

    elm.secret("koha.dsn", url.replace("?charset=utf8mb4", ""))
    return account, cut, let_in


def test_every_file_is_for_its_owner_alone_and_tells_nobody(elm, tmp_path):
    """After an answer, a search and an erasure: modes, and every byte of the site's folder and store."""
    seed, number = subject(elm)
    rows_of(seed, number)
    seed.row("messages", borrowernumber=seed.patron(), message=f"card {CARD}, mail {MAIL}", message_type="L")
    words = tmp_path / "words.txt"
    words.write_text("correct horse battery staple\n")
    words.chmod(0o600)
    out = elm.folder / "answer.zip.age"
    elm.ok(
        "access",
        given(elm),
        "--as",
        "Cal Example",
        "--identity",
        "photo id",
        "--out",
        out,
        "--age-passphrase-file",
        words,
    )
    elm.ok("sweep", "--person", given(elm), code=3)
    place, _ = planned(elm)
    tells_nobody(elm, number)
    elm.approve(place)
    elm.ok("apply", place)
    tells_nobody(elm, number)
    assert out.exists()


def tells_nobody(elm, number: int) -> None:
    wanted = [one.encode() for one in (CARD, USER, MAIL, f"{FIRST} {LAST}", LAST, "0611223344", str(number))]
    wanted += [one.decode().encode("utf-16-le") for one in wanted[:5]] + [
        base64.b64encode(one)[:-3] for one in wanted[:5]
    ]
    wanted += [one.hex().encode() for one in wanted[:5]] + [
        hashlib.sha256(one).hexdigest().encode() for one in wanted[:7]
    ]
    wanted += [hashlib.sha256(one).digest() for one in wanted[:7]]
    looked = 0
    for file in elm.folder.rglob("*"):
        mode = stat.S_IMODE(file.stat().st_mode)
        mine = file.name in {"carrel.yaml", "policy.yaml", "local.yaml"} or file.suffix in {
            ".dsn",
            ".vkey",
        }  # public, or a test's
        if file.is_dir():
            continue
        assert mine or mode & 0o077 == 0 or file.is_relative_to(elm.folder / "ledger"), (file, oct(mode))
        content = file.read_bytes()
        looked += 1
        assert not [one for one in wanted if one in content], file
    assert looked > 8
