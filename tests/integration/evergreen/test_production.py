"""``carrel disclose produce`` on Evergreen: the records in scope, nobody else, and nothing that was aged."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from carrel.systems import age_file, map_files
from tests.integration.evergreen import person_site
from tests.integration.evergreen.person_seed import CARD, FIRST, LAST, NEEDLES, SECOND, STREET, Seeder
from tests.integration.run.ready_case import ready_case
from tests.integration.run.test_production import rows_of

pytestmark = [pytest.mark.postgresql]

PASSPHRASE = "correct horse battery staple"
OTHER_CARD, OTHER_MAIL = "29990000000888", "o.other88@oak.example"
SCOPE = f"""\
format version: 1
instrument: court order
parts:
  - id: loans
    wording: items lent on either card in March 2026, their titles, when they were lent and returned, and who lent them
    people: [{{id: holder, card: "{SECOND}"}}]
    records: loans
    from: 2026-03-01
    until: 2026-04-01
    fields:
      title of the item: their titles
      xact_start: when they were lent
      action.circulation.checkin_time: when they were lent and returned
      circ_staff: who lent them
  - id: record
    wording: name, address and notes of the holder as they stand, with the guardian
    people: [{{id: holder, card: "{CARD}"}}]
    records: registrations
    as it stands: as they stand
    fields: {{name: name, postal address: address, staff note: notes, family member or relative: the guardian}}
"""


@pytest.fixture
def elm(small, tmp_path):
    return person_site.make(tmp_path / "site", small)


def call(elm, text):
    folder = elm.folder.parent
    (folder / "words.txt").write_text(PASSPHRASE + "\n")
    (folder / "words.txt").chmod(0o600)
    (folder / "scope.yaml").write_text(text)
    out = folder / "release.age"
    out.unlink(missing_ok=True)
    return ("disclose", "produce", folder / "scope.yaml", "--out", out, "--age-passphrase-file", folder / "words.txt",
            "--case", ready_case(elm, text), "--as", "Cal Example")  # fmt: skip


def produced(elm, text):
    told = elm.ok(*call(elm, text))["production"]
    content = (elm.folder.parent / "release.age").read_bytes()
    with zipfile.ZipFile(io.BytesIO(age_file.opened(content, PASSPHRASE.encode()))) as package:
        return told, {name: package.read(name).decode() for name in package.namelist()}


def lent(seed, number, day, copy=None, **more):
    (identity,) = seed.evergreen.rows("SELECT max(id) + 1 FROM money.billable_xact")[0]
    if copy is None:
        (copy,) = seed.evergreen.rows("SELECT min(id) FROM asset.copy WHERE id > 0")[0]
    seed.add("action.circulation", id=identity, usr=number, xact_start=day, checkin_time=day, xact_finish=day,
             target_copy=copy, **more)  # fmt: skip


def test_exactly_the_records_of_the_period_and_nothing_of_the_neighbours(elm):
    seed = Seeder(elm.koha, map_files.load("evergreen"))
    number = seed.patron(guardian="Wilhelmina Guarde")
    other = number + 9
    seed.add("actor.usr_address", id=other, usr=other, street1=STREET, city="Fallowfield", post_code="02140")
    seed.add("actor.usr", id=other, profile=4, usrname="other-88", email=OTHER_MAIL, passwd="x", ident_type=1,
             first_given_name="Ottoline", family_name="Brackwater", home_ou=4, usrgroup=number, mailing_address=other,
             expire_date="2031-01-01", create_date="2020-01-01")  # fmt: skip
    seed.add("actor.card", id=other, usr=other, barcode=OTHER_CARD)
    # A name that no card stands beside: only a look through all names finds it.
    seed.add("actor.usr_message", usr=number, title="note", sending_lib=4, editor=other,
             message=f"Ottoline Brackwater of {STREET} called for {FIRST}")  # fmt: skip
    for day in ("2026-02-28 23:59:59+00", "2026-04-01 00:00:00+00", "2026-02-28 22:00:00-01"):
        lent(seed, number, day, circ_staff=other)
    for day in ("2026-03-01 00:00:00+00", "2026-03-31 23:59:59+00", "2026-03-31 23:30:00-00:00"):
        lent(seed, number, day, circ_staff=other)
    lent(seed, other, "2026-03-15 12:00:00+00")
    elm.needles |= {*NEEDLES, PASSPHRASE}
    told, files = produced(elm, SCOPE)
    assert told["kind"] == "production"
    rows = {
        one["table"]: rows_of(files, one["file"])
        for part in json.loads(files["manifest.json"])["parts"]
        for one in part["produced"]
    }
    loans = rows["action.circulation"]
    assert sorted(one["xact_start"][:10] for one in loans) == ["2026-03-01", "2026-03-31", "2026-03-31"]
    assert set(loans[0]) == {"xact_start", "checkin_time", "circ_staff", "_title"}
    assert {one["circ_staff"] for one in loans} == {"[withheld: staff]"}
    assert "another person" in rows["actor.usr_message"][0]["message"]
    assert STREET in rows["actor.usr_message"][0]["message"]
    assert rows["actor.usr"][0]["guardian"].startswith("[withheld: a relative")
    assert rows["actor.usr"][0]["family_name"] == LAST
    everything = "\n".join(files.values())
    others = (OTHER_CARD, OTHER_MAIL, "Brackwater", "other-88", "Wilhelmina")
    assert [one for one in others if one in everything] == []
    cells = {value for some in rows.values() for row in some for value in row.values()}
    assert not {str(other), str(seed.somebody)} & cells
    assert "auditor.actor_usr_history" not in {one["table"] for one in told["tables"]}


def test_two_cards_of_one_person_give_her_rows_once(elm):
    seed = Seeder(elm.koha, map_files.load("evergreen"))
    number = seed.patron()
    lent(seed, number, "2026-03-15 12:00:00+00")
    elm.needles |= {*NEEDLES, PASSPHRASE}
    both = f'people: [{{id: holder, card: "{SECOND}"}}, {{id: other-card, card: "{CARD}"}}]'
    told, files = produced(elm, SCOPE.replace(f'people: [{{id: holder, card: "{SECOND}"}}]', both))
    assert told["kind"] == "production"
    parts = {part["part"]: part for part in json.loads(files["manifest.json"])["parts"]}
    [loans] = [one for one in parts["loans"]["produced"] if one["table"] == "action.circulation"]
    assert len(rows_of(files, loans["file"])) == 1
    [same] = [one for one in json.loads(files["manifest.json"])["not_read"] if one["table"] == "records of other-card"]
    assert "the same record as holder" in same["why"]


def test_a_merged_record_and_aged_loans_are_not_brought_back(elm):
    seed = Seeder(elm.koha, map_files.load("evergreen"))
    number = seed.patron()
    lent(seed, number, "2026-03-15 12:00:00+00")
    elm.needles |= {*NEEDLES, PASSPHRASE}
    elm.koha.do(
        f"SET session_replication_role = replica; DELETE FROM action.circulation WHERE usr = {number}; "
        "SET session_replication_role = DEFAULT"
    )
    told, files = produced(elm, SCOPE.partition("  - id: record")[0])
    assert told["kind"] == "no responsive records"
    assert "Counsel:" in files["statement.txt"]
    elm.koha.do(f"SET session_replication_role = replica; UPDATE actor.usr SET deleted = true WHERE id = {number}")
    elm.refused(*call(elm, SCOPE), code=4, error="DSC-058")


def test_who_borrowed_a_title_is_told_only_where_the_order_names_it_and_of_nobody_else(elm):
    seed = Seeder(elm.koha, map_files.load("evergreen"))
    number = seed.patron(guardian="Wilhelmina Guarde")
    [(copy, other_copy)] = elm.koha.rows("SELECT min(id), max(id) FROM asset.copy WHERE id > 0")
    [(title,)] = elm.koha.rows(
        f"SELECT n.record FROM asset.copy c JOIN asset.call_number n ON n.id = c.call_number WHERE c.id = {copy}"
    )
    lent(seed, number, "2026-03-15 12:00:00+00")
    lent(seed, number, "2026-05-15 12:00:00+00")
    lent(seed, seed.somebody, "2026-03-15 12:00:00+00", copy=other_copy)
    elm.needles |= {*NEEDLES, PASSPHRASE}
    text = f"""\
format version: 1
instrument: court order
parts:
  - id: title
    wording: who borrowed the title {title} in March 2026 and when
    titles: [{{number: '{title}', system: evergreen}}]
    records: loans
    from: 2026-03-01
    until: 2026-04-01
    fields: {{xact_start: when}}
  - id: who
    wording: who borrowed it as the record is today, by name
    people of: title
    records: registrations
    as it stands: as the record is today
    fields: {{family_name: by name}}
"""
    words, *more = call(elm, text), "--order-names-title"
    elm.refused(*words, code=4, error="DSC-059")
    told = elm.ok(*words, *more)["production"]
    assert [(one["part"], one["person"], one["table"], one["records"]) for one in told["tables"]] == [
        ("title", "reader-1", "action.circulation", 1), ("who", "reader-1", "actor.usr", 1),
    ]  # fmt: skip
    content = (elm.folder.parent / "release.age").read_bytes()
    with zipfile.ZipFile(io.BytesIO(age_file.opened(content, PASSPHRASE.encode()))) as package:
        everything = "\n".join(package.read(name).decode() for name in package.namelist())
    assert LAST in everything
    assert "Wilhelmina" not in everything
    assert "2026-05-15" not in everything
