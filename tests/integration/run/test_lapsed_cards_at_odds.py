"""Lots of lapsed cards when something is amiss: a key is lost, a process dies, a row comes that nobody knows."""

from __future__ import annotations

import json
import sqlite3
from importlib import resources

import pytest

from carrel.cli import main
from carrel.ledger.leaf import decode_leaf
from carrel.store.erasures import Erasures
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.store import FILE
from tests.integration.run.person_seed import Seeder
from tests.integration.run.test_lapsed_cards import EXPIRED, Died, carried_out, dying, judged

OLD = {"dateexpiry": EXPIRED, "dateenrolled": "2015-01-02"}


@pytest.fixture
def elm(disposed_sqlite):
    """A library with nothing to do but its lapsed cards; one database is enough, the code is shared."""
    return disposed_sqlite


def erasures_told(elm):
    """The leaves of lots, as the ledger has them."""
    leaves = map(decode_leaf, LedgerFolder(elm.folder / "ledger").entries())
    return [leaf.fields for leaf in leaves if leaf.kind == "erasure"]


def lapsed_left(elm):
    [(left,)] = elm.koha.rows(f"SELECT count(*) FROM borrowers WHERE dateexpiry = '{EXPIRED}'")
    return left


def killed_after_records(elm, monkeypatch, place):
    """The records are gone, and the process dies before that is noted."""
    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(Erasures, "note", dying(Erasures.note, "person"))
        main.main(["apply", str(place), "--site", str(elm.folder)])


def test_killed_before_the_records_are_noted_the_bound_counts_them_all_the_same(elm, monkeypatch):
    """As many people as the bound go in a lot that dies; nobody who lapsed since goes by the same plan."""
    seed = Seeder(elm.koha)
    for _ in range(2):
        seed.patron(**OLD)
    place = elm.approved()
    [path] = [one for one in json.loads(place.read_text())["paths"] if one["path"] == "lapsed cards"]
    for _ in range(path["bound"] - 2):
        seed.patron(**OLD)
    killed_after_records(elm, monkeypatch, place)
    assert lapsed_left(elm) == 0
    for _ in range(3):
        seed.patron(**OLD)
    ran = elm.run("apply", place, "--json").told["run"]
    assert (lapsed_left(elm), ran["cards"]["rows_may_be_more"]) == (3, True)
    assert [one.get("counts") for one in erasures_told(elm)] == ["may-be-more"]


@pytest.mark.deep
def test_a_lot_whose_key_is_lost_is_never_called_verified(elm, monkeypatch):
    """Who was in it cannot be told: nobody is looked for, the run says so, and others go on."""
    seed = Seeder(elm.koha)
    seed.patron(**OLD)
    place = elm.approved()
    killed_after_records(elm, monkeypatch, place)
    [key] = (elm.folder / "cases").iterdir()
    key.unlink()
    other = seed.patron(**OLD)
    answer = elm.run("apply", place, "--json")
    ran = answer.told["run"]
    assert (answer.code, ran["outcome"]) == (5, "applied, unverified")
    assert (ran["cards"]["lots_lost"], ran["cards"]["people"]) == (1, 1)
    assert [one["outcome"] for one in erasures_told(elm)].count("unverified") == 1
    assert not elm.koha.rows(f"SELECT 1 FROM borrowers WHERE borrowernumber = {other}")


@pytest.mark.deep
def test_rows_of_a_plugin_keep_the_card_that_they_hang_on_and_no_other(elm):
    """They hang on a row of the patron's, not on the patron; what the map does not know is not deleted."""
    seed = Seeder(elm.koha)
    numbers = [seed.patron(**OLD) for _ in range(4)]
    message = seed.row("messages", borrowernumber=numbers[0], message="x", message_type="L", message_date=EXPIRED)
    elm.sql(
        "CREATE TABLE plugin_sms (id INTEGER PRIMARY KEY,"
        " message_id INTEGER REFERENCES messages (message_id) ON DELETE CASCADE)",
        f"INSERT INTO plugin_sms VALUES (1, {message['message_id']})",
    )
    stands = judged(elm)
    assert [stands[number] for number in numbers] == ["rows that the map does not tell of", "due", "due", "due"]
    ran, _ = carried_out(elm)
    assert (ran["cards"]["people"], ran["outcome"], lapsed_left(elm)) == (3, "verified", 1)
    assert elm.koha.rows("SELECT count(*) FROM plugin_sms") == [(1,)]


@pytest.mark.parametrize("at", ["person", "messages.delete"])
def test_a_row_that_comes_in_the_midst_of_it_stops_nobody_else(elm, monkeypatch, at):
    """After the steps, and between them; what the map does not know is not touched."""
    seed = Seeder(elm.koha)
    numbers = [seed.patron(**OLD) for _ in range(3)]
    message = seed.row("messages", borrowernumber=numbers[0], message="x", message_type="L", message_date=EXPIRED)
    elm.sql(
        "CREATE TABLE plugin_sms (id INTEGER PRIMARY KEY,"
        " message_id INTEGER REFERENCES messages (message_id) ON DELETE CASCADE)"
    )
    place = elm.approved()
    whole, came = Erasures.intend, []

    def intend(self, case, step):
        whole(self, case, step)
        if step != at or came:
            return
        came.append(step)
        if at == "person":
            seed.row("messages", borrowernumber=numbers[0], message="late", message_type="L")
        else:
            elm.sql(f"INSERT INTO plugin_sms VALUES (1, {message['message_id']})")

    with monkeypatch.context() as patched, pytest.raises(SystemExit) as ended:
        patched.setattr(Erasures, "intend", intend)
        main.main(["apply", str(place), "--site", str(elm.folder)])
    assert (ended.value.code, len(came)) == (0, 1)
    left = [] if at == "person" else [(numbers[0],)]  # what the map knows goes with its person, in a lot of its own
    assert elm.koha.rows(f"SELECT borrowernumber FROM borrowers WHERE dateexpiry = '{EXPIRED}'") == left
    assert elm.koha.rows(f"SELECT borrowernumber FROM messages WHERE borrowernumber = {numbers[0]}") == left
    assert len(erasures_told(elm)) == 2 - len(left)


@pytest.mark.deep
def test_a_card_that_was_given_to_another_reader_meanwhile_is_not_taken_out_of_texts(elm, monkeypatch):
    seed = Seeder(elm.koha)
    number = seed.patron(**OLD)
    place = elm.approved()
    killed_after_records(elm, monkeypatch, place)
    new = seed.patron(cardnumber=f"K{number}", userid=f"reader{number}", dateexpiry="2099-01-01")
    seed.row("messages", borrowernumber=new, message=f"please bring card K{number}", message_type="L")
    ran = elm.run("apply", place, "--json").told["run"]
    assert (ran["cards"]["still_there"], ran["outcome"]) == ({}, "verified")
    assert elm.koha.rows(f"SELECT message FROM messages WHERE borrowernumber = {new}") == [
        (f"please bring card K{number}",)
    ]


@pytest.mark.parametrize("point", ["intend", "note"])
def test_somebody_who_comes_back_keeps_the_words_on_them_unless_they_were_redacted_already(elm, monkeypatch, point):
    """Before the piece that takes them out, asked inside it; after it, the words are gone and the record stays."""
    seed = Seeder(elm.koha)
    back, gone = (seed.patron(**OLD) for _ in range(2))
    other = seed.patron(dateexpiry="2099-01-01")
    words = {name: seed.row("messages", borrowernumber=other, message=f"see K{name}, {place}", message_type="L")
             for place, name in enumerate((back, gone, f"{back} and K{gone}"))}  # fmt: skip
    place = elm.approved()
    whole, came = getattr(Erasures, point), []

    def comes(self, case, step, *rest):
        whole(self, case, step, *rest)
        if step == "texts" and not came:
            came.append(step)
            elm.sql(f"UPDATE borrowers SET lastseen = CURRENT_TIMESTAMP WHERE borrowernumber = {back}")

    with monkeypatch.context() as patched, pytest.raises(SystemExit) as ended:
        patched.setattr(Erasures, point, comes)
        main.main(["apply", str(place), "--site", str(elm.folder)])
    assert (ended.value.code, came) == (0, ["texts"])
    said = [
        elm.koha.rows(f"SELECT message FROM messages WHERE message_id = {row['message_id']}")[0][0]
        for row in words.values()
    ]
    mark = f"K{back}" if point == "intend" else "***"
    assert said == [f"see {mark}, 0", "see ***, 1", f"see {mark} and ***, 2"]
    assert elm.koha.rows(f"SELECT borrowernumber FROM borrowers WHERE dateexpiry = '{EXPIRED}'") == [(back,)]
    assert len(erasures_told(elm)) == 1


@pytest.mark.deep
def test_a_killed_lot_for_which_there_is_no_rule_any_more_is_forgotten_and_told(elm, monkeypatch):
    """It waits for the rule to come back, and thirty days after it was begun its sealed list goes."""
    seed = Seeder(elm.koha)
    seed.patron(**OLD)
    killed_after_records(elm, monkeypatch, elm.approved())
    shipped = resources.files("carrel.policy") / "shipped" / "mit-libraries.yaml"
    (elm.folder / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"))

    def sealed():
        with sqlite3.connect(elm.folder / FILE) as raw:
            found = raw.execute("SELECT sealed IS NOT NULL, state FROM erasure").fetchall()
        raw.close()
        return found, len(list((elm.folder / "cases").iterdir()))

    elm.run("run-due")  # the interrupted run does not fit the policy any more, and is ended
    elm.dispose()
    assert sealed() == ([(1, "running")], 1)
    with sqlite3.connect(elm.folder / FILE) as raw:
        raw.execute("UPDATE erasure SET started_at = '2025' || substr(started_at, 5)")  # long ago
    raw.close()
    ran = elm.ok("apply", elm.approved("later.json"), code=5)["run"]
    assert (ran["outcome"], ran["cards"]["lots_lost"]) == ("applied, unverified", 1)
    assert sealed() == ([(0, "done")], 0)
    assert [one["outcome"] for one in erasures_told(elm)] == ["unverified"]
