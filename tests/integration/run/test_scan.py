"""``carrel scan``, and totals that must tell of nobody: on tables whose columns do not say what they hold."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta

import pytest

from carrel.errors import CarrelError
from carrel.inventory.dated_table import DatedTable
from carrel.inventory.table_proposal import Guess, Told, propose
from carrel.inventory.totals import person_level
from carrel.policy.yaml_source import read_yaml
from carrel.systems.secret import Secret
from carrel.systems.sql import table_sample
from carrel.systems.sql.database import Access
from tests.integration.run import library
from tests.integration.run.booking_site import declare

DRAW = random.Random(7)
BASE = datetime(2026, 2, 1, 8)  # noqa: DTZ001  (on a wall)
NAMES = ["Ishmael Quill", "Ada Moss", "Ben Fern", "Cleo Reed", "Dora Brook", "Eli Stone", "Fay Marsh", "Gus Heath"]
FIRST = [f"{one.split()[0]} {other.split()[1]}" for one in NAMES for other in NAMES]
COLUMNS = {
    "id": "INT PRIMARY KEY", "station_name": "VARCHAR(20)", "ref": "BIGINT", "a1": "VARCHAR(60)", "a2": "VARCHAR(90)",
    "note": "VARCHAR(200)", "printed_pages": "INT", "day_of_birth": "VARCHAR(10)", "moment": "VARCHAR(20)",
    "stop_moment": "VARCHAR(20)", "epoch_ts": "BIGINT", "colour": "VARCHAR(9)",
}  # fmt: skip
ROWS = [
    (
        n, f"pc-{n % 9}", DRAW.randrange(29999000000000, 29999000090000), DRAW.choice(FIRST),
        f"reader{n}@patrons.example" if n % 3 else "", "" if n % 5 else f"{DRAW.choice(NAMES)} asked for a quiet seat",
        n % 40, f"19{n % 60 + 10}-03-0{1 + n % 9}", f"{BASE + timedelta(hours=n):%d/%m/%Y %H:%M}",
        f"{BASE + timedelta(hours=n, minutes=50):%d/%m/%Y %H:%M}" if n % 50 else None,
        1_770_000_000 + n * 3600, "blue",
    )
    for n in range(1, 601)
]  # fmt: skip


def fill(koha, name, columns, rows):
    marks = ", ".join("?" if koha.dialect == "sqlite" else "%s" for _ in columns)
    with koha.engine().begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE {name} ({', '.join(f'{one} {kind}' for one, kind in columns.items())})"
        )
        connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({marks})", rows)


def sampled(koha, name):
    with table_sample.connected(Access("t", Secret(koha.url, "a test"))) as connection:
        return table_sample.sample(connection, name, "t")


def guessed(koha, name, **told):
    found = propose([Guess("name", name)], sampled(koha, name), Told(**told), "t")
    return found, {one.key: one.value for one in found.guesses}


def no_value(text: str) -> bool:
    return not any(one in text for one in (*FIRST, "29999", "@patrons", "quiet seat"))


def test_columns_are_known_by_what_is_in_them(scratch):
    fill(scratch, "odd", COLUMNS, ROWS)
    found, said = guessed(scratch, "odd")
    assert set(found.persons) == {"ref", "a1", "a2", "note", "day_of_birth"}
    assert said == {
        "name": "odd", "record": None, "purpose": None, "until": "ended", "key": ("id",), "clock": "stop_moment",
        "format": "%d/%m/%Y %H:%M", "zone": None,
    }  # fmt: skip
    assert "588 of 588 values look like 01/03/2026 10:05, 12 are empty" in found.text()
    assert no_value(found.text() + json.dumps(found.persons))
    assert [one.key for one in found.asked] == ["record", "purpose", "zone"]
    _, named = guessed(scratch, "odd", clock="epoch_ts", record="computer bookings", purpose="provide", key=("id",))
    assert (named["clock"], named["format"], "zone" in named) == ("epoch_ts", "seconds", False)


def test_what_a_database_keeps_as_times_is_taken_so(scratch):
    kinds = {
        "sqlite": ("TEXT", "TEXT"),
        "mariadb": ("DATETIME", "TIMESTAMP NULL"),
        "postgresql": ("timestamp", "timestamptz"),
    }
    wall, instant = kinds[scratch.dialect]
    rows = [(n, BASE + timedelta(hours=n), BASE + timedelta(hours=n)) for n in range(1, 40)]
    if scratch.dialect == "sqlite":
        rows = [(n, str(at), f"{at.isoformat()}+00:00") for n, at, _ in rows]
    fill(scratch, "times", {"id": "INT PRIMARY KEY", "ended": wall, "created": instant}, rows)
    _, said = guessed(scratch, "times", zone="Europe/Helsinki")
    assert (said["clock"], said["zone"], "format" in said) == ("ended", "Europe/Helsinki", False)
    _, said = guessed(scratch, "times", clock="created")
    assert "zone" not in said
    assert said["until"] == "made"


def test_what_is_doubtful_is_asked_and_what_cannot_be_is_refused(small_sqlite):
    both = [(n, f"0{n % 9 + 1}/0{n % 8 + 1}/2026 10:00", f"0{n % 8 + 1}/0{n % 9 + 1}/2026 10:00") for n in range(60)]
    fill(small_sqlite, "unclear", {"id": "INTEGER PRIMARY KEY", "one_at": "TEXT", "other_at": "TEXT"}, both)
    found, said = guessed(small_sqlite, "unclear")
    assert {one.key for one in found.asked} >= {"clock", "zone", "until"}
    assert read_yaml(found.text(), "t").data["tables"][0]["clock"] == "?"
    with pytest.raises(ValueError, match="time zone"):
        DatedTable.model_validate({"name": "t", "record": "r", "purpose": "p", "dsn_file": "d", "table": "unclear",
                                   "key": "id", "clock": "one_at", "zone": "?"})  # fmt: skip
    _, said = guessed(small_sqlite, "unclear", clock="one_at")
    assert said["format"] is None  # days or months?
    fill(small_sqlite, "begins", {"id": "INTEGER PRIMARY KEY", "started": "TEXT"}, [(1, str(BASE)), (2, str(BASE))])
    assert guessed(small_sqlite, "begins")[1]["clock"] is None
    fill(small_sqlite, "backwards", {"id": "INTEGER PRIMARY KEY", "started": "TEXT", "ended": "TEXT"},
         [(n, str(BASE + timedelta(hours=9)), str(BASE + timedelta(hours=n % 9))) for n in range(40)])  # fmt: skip
    assert guessed(small_sqlite, "backwards")[1]["clock"] is None
    fill(small_sqlite, "timeless", {"id": "INTEGER PRIMARY KEY", "born": "TEXT"}, [(1, "1980-01-01")])
    fill(small_sqlite, "keyless", {"what": "TEXT", "at": "TEXT"}, [("a", str(BASE))] * 30)
    fill(small_sqlite, "carded", {"card": "TEXT PRIMARY KEY", "at": "TEXT"}, [(str(n), str(BASE)) for n in range(30)])
    fill(small_sqlite, "empty", {"id": "INTEGER PRIMARY KEY", "at": "TEXT"}, [(1, str(BASE))])
    with small_sqlite.engine().begin() as connection:
        connection.exec_driver_sql("DELETE FROM empty")
    more = [("timeless", {}), ("keyless", {}), ("carded", {}), ("empty", {}), ("begins", {"clock": "none"}),
            ("begins", {"clock": "id"}), ("begins", {"key": ("started",)}), ("carded", {"key": ("card",)})]  # fmt: skip
    for name, told in more:
        with pytest.raises(CarrelError) as wrong:
            guessed(small_sqlite, name, **told)
        assert wrong.value.code == "TBL-006", name
        assert ("--aggregate" in str(wrong.value)) is (name == "keyless")


def totals(koha, name):
    return list(person_level(sampled(koha, name)))


HOUR = {"day": "VARCHAR(10)", "hour": "INT", "gate": "VARCHAR(9)", "total": "INT"}
HOURS = [(f"{BASE + timedelta(days=n // 24):%Y-%m-%d}", n % 24, "main", DRAW.randrange(400)) for n in range(400)]


def test_totals_tell_of_nobody_or_are_refused(scratch):
    fill(scratch, "hourly", HOUR, HOURS)
    fill(scratch, "sums", {"id": "INT PRIMARY KEY", "day": "VARCHAR(10)", "visitors": "INT", "staff_count": "INT"},
         [(100_000 + n, one[0], one[3], n % 7) for n, one in enumerate(HOURS)])  # fmt: skip
    assert totals(scratch, "hourly") == totals(scratch, "sums") == []
    cards = [(*one, str(DRAW.randrange(21000000, 29999999))) for one in HOURS]
    fill(scratch, "badges", {**HOUR, "tag": "VARCHAR(14)"}, cards)
    assert "column tag" in totals(scratch, "badges")[0]
    fill(scratch, "named", {**HOUR, "seen_by": "VARCHAR(60)"}, [(*one, DRAW.choice(FIRST)) for one in HOURS])
    assert "look like names" in totals(scratch, "named")[0]
    fill(scratch, "by_word", {**HOUR, "patron_id": "INT"}, [(*one, 5) for one in HOURS])
    assert "it is called patron" in totals(scratch, "by_word")[0]
    fill(scratch, "passings", {"id": "INT PRIMARY KEY", "at": "VARCHAR(19)", "gate": "VARCHAR(9)"},
         [(n, str(BASE + timedelta(minutes=n)), "main") for n in range(99)])  # fmt: skip
    assert "no column counts" in totals(scratch, "passings")[0]
    fill(
        scratch,
        "ones",
        {"at": "VARCHAR(19)", "passed": "INT"},
        [(str(BASE + timedelta(minutes=n)), 1) for n in range(99)],
    )
    assert "every count is 1" in totals(scratch, "ones")[0]
    told = " ".join(one for name in ("badges", "named", "by_word") for one in totals(scratch, name))
    assert no_value(told)


@pytest.fixture
def elm(small_sqlite, tmp_path):
    return library.make(tmp_path / "site", small_sqlite)


def test_gate_counts_with_a_column_about_persons_are_a_finding_everywhere(elm):
    fill(
        elm.koha,
        "gate",
        {**HOUR, "card_no": "VARCHAR(14)"},
        [(*one, f"2999900000{n:04d}") for n, one in enumerate(HOURS)],
    )
    fill(elm.koha, "clean", HOUR, HOURS)
    elm.secret("gate.dsn", elm.koha.url)
    declare(elm, "dsn_file: gate.dsn, table: gate, record: gate counts, purpose: improve, aggregate: true")
    elm.edit("tables:\n", "tables:\n  - {name: clean, dsn_file: gate.dsn, table: clean, record: gate counts, "
             "purpose: improve, aggregate: true}\n")  # fmt: skip
    listed = elm.ok("table", "list", code=4)
    assert [one["code"] for one in listed["errors"]] == ["TBL-005"]
    assert [(one["name"], one["rows"]) for one in listed["tables"]] == [("clean", 400), ("pcs", None)]
    for verb in ("check", "doctor"):
        checks = {one["name"]: one for one in elm.run(verb, "--json").told["checks"]}
        assert checks["table pcs"]["state"] == "finding"
        assert checks["table pcs"]["detail"].startswith("TBL-005")
        assert checks["table clean"]["state"] == "ok"
    assert any("table pcs: TBL-005" in one for one in elm.ok("audit", code=3)["process"])
    elm.refused("table", "plan", "clean", "--as", "Cal Example", code=2, error="CLR-001")
    words = ("scan", "--dsn-file", elm.folder / "gate.dsn", "--aggregate", "--table")
    assert elm.run(*words, "gate", site=False).codes == ["TBL-005"]
    clean = elm.run(*words, "clean", "--purpose", "improve", "--json", site=False)
    assert clean.code == 0
    assert clean.told["proposal"]["entry"]["aggregate"] is True
    elm.edit("record: gate counts, purpose: improve, aggregate: true}\npeople", "record: gate counts, purpose: improve, "
             "key: card_no, clock: day}\npeople")  # fmt: skip
    assert "gate counts are totals only" in elm.run("table", "list").err


def test_totals_need_no_word_of_the_policy_and_where_it_has_one_its_purpose(elm):
    fill(elm.koha, "clean", HOUR, HOURS)
    elm.secret("gate.dsn", elm.koha.url)
    declare(elm, "dsn_file: gate.dsn, table: clean, record: gate counts, purpose: provide, aggregate: true")
    assert elm.run("table", "list", "--json").codes == ["CLR-007"]
    elm.edit("policy: ./policy.yaml", "policy: worcester")  # which does not speak of gates
    [listed] = elm.ok("table", "list")["tables"]
    assert (listed["name"], listed["rows"]) == ("pcs", 400)
    checks = {one["name"]: one for one in elm.run("check", "--json").told["checks"]}
    assert checks["table pcs"]["state"] == "ok"


def test_a_proposal_becomes_an_entry_once_it_is_put_into_the_site_file(elm, tmp_path):
    drop = tmp_path / "drop"
    drop.mkdir()
    now = datetime.now().replace(microsecond=0)  # noqa: DTZ005  (on a wall)
    rows = [
        f'{n};"Quill;\nIshmael {n}";{now - timedelta(hours=60 if n < 90 else 1):%d.%m.%Y %H:%M}\r\n' for n in range(100)
    ]
    (drop / "jobs-1.csv").write_bytes(("job_id;User;Time\r\n" + "".join(rows)).encode("utf-16"))
    out = tmp_path / "jobs.yaml"
    words = ["scan", drop, "--pattern", "jobs-*.csv", "--name", "pcs", "--out", out]
    asked = elm.run(*words, site=False)
    assert (asked.code, out.stat().st_mode & 0o777) == (3, 0o600)
    assert max(len(line) for line in asked.out.splitlines() if str(tmp_path) not in line) <= 100
    told = elm.run(*words, "--record", "computer bookings", "--purpose", "provide", "--until", "ended", "--zone", "UTC", "--json",
                   site=False).told["proposal"]  # fmt: skip
    assert (told["asked"], told["entry"]["encoding"], told["entry"]["delimiter"]) == ([], "utf-16", ";")
    assert elm.ok("table", "list")["tables"] == []  # nothing is in force
    declare(elm, "X")
    elm.edit("tables:\n  - {name: pcs, X}\n", out.read_text())
    place = elm.folder / "clear.json"
    elm.ok("table", "plan", "--as", "Cal Example", "--out", place)
    elm.approve(place)
    done = elm.ok("table", "apply", place)["clearing"]
    assert (done["deleted"], done["outcome"]) == (90, "verified")
    assert (drop / "jobs-1.csv").read_bytes() == ("job_id;User;Time\r\n" + "".join(rows[90:])).encode("utf-16")


def test_rows_of_other_files_and_times_stay_though_they_bear_approved_keys(elm, tmp_path):
    drop = tmp_path / "drop"
    drop.mkdir()
    old = datetime.now() - timedelta(hours=99)  # noqa: DTZ005  (on a wall)
    head = "id,ended\n"

    def row(key, hours):
        return f"{key},{old - timedelta(hours=hours):%Y-%m-%d %H:%M:%S}\n"

    (drop / "a.csv").write_text(head + row(1, 0) + row(2, 0) + row(3, 0) + row(4, 0) + row(4, 0))
    (drop / "b.csv").write_text(head + row(1, 0) + row(2, 0))
    declare(
        elm,
        f"root: {drop}, patterns: ['*.csv'], record: computer bookings, purpose: provide, key: id, clock: ended, zone: UTC",
    )
    place = elm.folder / "clear.json"
    plan = elm.ok("table", "plan", "--as", "Cal Example", "--out", place)["plan"]
    assert (len(plan["parts"][0]["goes"]), plan["parts"][0]["count"]) == (5, 5)
    elm.approve(place)
    (drop / "b.csv").rename(drop / "c.csv")  # its rows are others now
    (drop / "d.csv").write_text(came := head + row(1, 1) + row(2, 2) + row(3, 0))
    # Another one of each key: with another time in the same file, and with the same.
    (drop / "a.csv").write_text(head + row(1, 0) + row(1, 5) + row(2, 0) + row(3, 0) + row(3, 0) + row(4, 0) * 2)
    done = elm.ok("table", "apply", place)
    assert (done["clearing"]["deleted"], done["clearing"]["kept_since"]) == (2, 3)
    assert sorted(done["clearing"]["stay"].values()) == [1, 2]
    assert (drop / "a.csv").read_text() == head + row(1, 5) + row(3, 0) * 2 + row(4, 0) * 2
    assert (drop / "c.csv").read_text() == head + row(1, 0) + row(2, 0)
    assert (drop / "d.csv").read_text() == came
    assert any(
        "4 rows stay: its key and time stand twice" in one for one in elm.ok("table", "list", code=3)["findings"]
    )


def test_a_file_that_cannot_be_read_any_more_is_no_success(elm, tmp_path):
    drop = tmp_path / "drop"
    drop.mkdir()
    old = datetime.now() - timedelta(hours=99)  # noqa: DTZ005  (on a wall)
    for name in ("a.csv", "b.csv"):
        (drop / name).write_text(f"id,ended\n{name},{old:%Y-%m-%d %H:%M}\n")
    declare(
        elm,
        f"root: {drop}, patterns: ['*.csv'], record: computer bookings, purpose: provide, key: id, clock: ended, zone: UTC",
    )
    place = elm.folder / "clear.json"
    elm.ok("table", "plan", "--as", "Cal Example", "--out", place)
    elm.approve(place)
    (drop / "b.csv").write_text((drop / "b.csv").read_text() + '"')
    assert elm.run("table", "apply", place).codes == ["CLR-005"]
    (drop / "b.csv").write_text((drop / "b.csv").read_text()[:-1])
    assert elm.ok("table", "apply", place)["clearing"]["deleted"] == 2


def test_a_first_row_with_names_is_asked_about_and_not_shown(elm, tmp_path):
    place = tmp_path / "visits.csv"
    rows = [f"{1000 + n},{NAMES[n % 7]},{BASE + timedelta(hours=n)}" for n in range(40)]
    for first, asked in (("Jane Roe,Desk Quill,Main", True), (f"999,Jane Roe,{BASE}", False)):
        place.write_text("\n".join([first, *rows]) + "\n")
        told = elm.run("scan", place, "--key", "1", "--json", site=False)
        shown = elm.run("scan", place, "--key", "1", site=False)
        assert told.code == shown.code == 3
        assert ("header" in told.told["proposal"]["asked"]) is asked
        assert [one["name"] for one in told.told["proposal"]["columns"]] == ["1", "2", "3"]
        assert not any(one in told.out + shown.out for one in ("Roe", "Quill"))
        assert ("asked: header: " in shown.out) is asked


def test_what_would_refuse_the_plan_is_told_by_the_scan(elm):
    """Not only once the entry stands in the site file."""
    ended = [(n, str(BASE + timedelta(hours=n))) for n in range(30)]
    for name in ("held", "free"):
        fill(elm.koha, name, {"id": "INTEGER PRIMARY KEY", "ended": "TEXT"}, ended)
    fill(elm.koha, "prints", {"job": "INTEGER PRIMARY KEY", "booking": "INT REFERENCES held (id)"}, [(1, 1)])
    elm.secret("pc.dsn", elm.koha.url)
    said = ("--zone", "Europe/Helsinki", "--record", "computer bookings", "--purpose", "provide")
    words = ("scan", "--dsn-file", elm.folder / "pc.dsn", *said, "--table")
    held = elm.run(*words, "held", "--json", site=False)
    assert held.code == 3
    [why] = held.told["proposal"]["barred"]
    assert why.startswith("TBL-004")
    assert "a key from prints (booking)" in why
    assert "# No plan can take these rows as the table stands. TBL-004" in held.told["proposal"]["text"]
    free = elm.run(*words, "free", "--json", site=False)
    assert (free.code, free.told["proposal"]["barred"]) == (0, [])
    with table_sample.connected(Access("t", Secret(elm.koha.url, "a test"))) as connection:
        assert table_sample.bars(connection, "held", ["ended"], "t") == []  # no key points at what is blanked
