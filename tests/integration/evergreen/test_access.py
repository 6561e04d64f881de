"""``carrel access`` on Evergreen: every row that holds the person, nobody else, and no table read whole for it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from zoneinfo import ZoneInfo

import pytest

from carrel.retention.identifiers import Subject
from carrel.systems import age_file, map_files, policy_files
from carrel.systems.secret import Secret
from carrel.systems.sql import live
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.person_data import PersonData
from carrel.systems.sql.person_layout import AnswerLayout
from tests.integration.evergreen import person_site
from tests.integration.evergreen.person_seed import CARD, FIRST, LAST, MAIL, NEEDLES, PHONE, STREET, USER, Seeder
from tests.integration.json_schema import faults_of

pytestmark = [pytest.mark.postgresql]


@pytest.fixture
def elm(small, tmp_path):
    return person_site.make(tmp_path / "site", small)


PASSPHRASE = "correct horse battery staple"
OTHER_CARD, OTHER_MAIL = "29990000000888", "o.other88@oak.example"


def opened(elm, *more, code=0):
    words = elm.folder.parent / "words.txt"
    words.write_text(PASSPHRASE + "\n")
    words.chmod(0o600)
    place = elm.folder.parent / "answer.zip.age"
    place.unlink(missing_ok=True)
    told = elm.ok(
        "access", elm.card(CARD), "--as", "Cal Example", "--identity", "signed in", "--out", place,
        "--age-passphrase-file", words, *more, code=code,
    )["access"]  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(age_file.opened(place.read_bytes(), PASSPHRASE.encode()))) as package:
        return told, {name: package.read(name).decode() for name in package.namelist()}


def held_of(files):
    answer = json.loads(files["answer.json"])
    assert faults_of(answer, json.loads(files["access.schema.json"])) == []
    (system,) = answer["systems"]
    return {t["table"]: t["entries"] for records in system["records"] for t in records["tables"]}, system


def test_every_row_that_holds_the_person_is_told_and_nobody_else(elm):
    seed = Seeder(elm.koha, map_files.load("evergreen"))
    number = seed.patron(passwd="$2a$secretsecret", guardian="Wilhelmina Guarde")
    seed.traces()
    other = number + 9
    seed.add("actor.usr", id=other, profile=4, usrname="other-88", email=OTHER_MAIL, passwd="x", ident_type=1,
             first_given_name="Ottoline", family_name="Brackwater", home_ou=4, usrgroup=other,
             expire_date="2031-01-01", create_date="2020-01-01")  # fmt: skip
    seed.add("actor.card", id=other, usr=other, barcode=OTHER_CARD)
    seed.add("actor.usr_message", usr=number, title="note", sending_lib=4, editor=other,
             message=f"Ottoline Brackwater ({OTHER_CARD}) called, mail {OTHER_MAIL}")  # fmt: skip
    elm.needles |= {*NEEDLES, PASSPHRASE}
    told, files = opened(elm)
    held, system = held_of(files)
    everything = "\n".join(files.values())
    acted = {(one["table"], one["column"]): one["entries"] for one in system["acted"]}
    seen = 0
    for name, columns in seed.map.person_columns.items():
        if name not in seed.columns:
            continue
        for column in columns:
            rows = elm.koha.rows(f'SELECT "{column}" FROM ONLY {name}')
            mine = sum(str(one) in {str(number), CARD, USER} for (one,) in rows)
            seen += mine
            shown = [one for one in held.get(name, ()) if str(one["values"].get(column)) in {str(number), CARD, USER}]
            assert mine <= len(shown) + acted.get((name, column), 0), (name, column, mine, len(shown))
    assert seen > 60
    assert all(one in everything for one in (CARD, USER, MAIL, PHONE, FIRST, LAST, STREET))
    assert not [
        one
        for one in (OTHER_CARD, OTHER_MAIL, "Ottoline Brackwater", "other-88", "Wilhelmina", "$2a$")
        if one in everything
    ]
    assert told["systems"][0]["found"]


def test_no_large_table_is_read_whole(elm):
    """EXPLAIN of every question, with sequential reading made dear: where an index leads, each server takes it."""
    evergreen = elm.koha
    number = evergreen.one("SELECT usr FROM action.circulation GROUP BY usr ORDER BY count(*) DESC LIMIT 1")
    system_map = map_files.load("evergreen")
    engine = evergreen.lasts(connect(Access("evergreen", Secret(evergreen.url, "a test")), read_only=True))
    with engine.connect() as connection:
        layout = AnswerLayout(live.read(connection, system_map), system_map)
        policy = policy_files.load("worcester")
        data = PersonData(connection, layout, Subject(number), policy, ZoneInfo("UTC"), "evergreen")
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        whole = set()
        for _, statement in data.statements():
            plan = "\n".join(line for (line,) in connection.exec_driver_sql(f"EXPLAIN {statement}"))
            whole |= set(re.findall(r"Seq Scan on (\w+)", plan))
        told = {one.partition(".")[2] for one in data.read("evergreen", "Evergreen").without_index}
    assert whole <= told
    large = (
        "action.circulation",
        "action.hold_request",
        "money.billing",
        "action_trigger.event",
        "action.usr_circ_history",
    )
    assert all(one.indexed for table in large for one in layout.asked(table) if not one.counted)


def test_a_table_without_a_right_is_named(elm):
    seed = Seeder(elm.koha, map_files.load("evergreen"))
    seed.patron()
    elm.needles |= {*NEEDLES, PASSPHRASE}
    evergreen = elm.koha
    schemas = [
        one for (one,) in evergreen.rows("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|information_schema'")
    ]
    grants = [f"{what} SCHEMA {one}" for one in schemas for what in ("USAGE ON", "SELECT ON ALL TABLES IN")]
    url = evergreen.limited_user(grants)
    user = url.split("//")[1].split(":")[0]
    evergreen.do(f"REVOKE SELECT ON actor.usr_activity FROM {user}")
    elm.secret("evergreen.dsn", url)
    told, files = opened(elm, code=3)
    unread = {one["table"]: one["code"] for one in told["systems"][0]["unread"]}
    assert unread == {"actor.usr_activity": "SQL-005"}
    assert "SQL-005" in files["index.html"]
