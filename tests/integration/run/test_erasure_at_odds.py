"""Erasures of people whose names are in other scripts, in odd tables, and of two at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from carrel.cli import main
from carrel.store.erasures import Erasures
from tests.integration.run.library import environment
from tests.integration.run.test_erasure import CARD, MAIL, elm, erased, mentions, planned, state, subject
from tests.integration.run.warm_start import called

__all__ = ["elm"]


# First name, surname, and what a text says of them.
SCRIPTS = (
    ("Ольга", "Вешнякова", "ОЛЬГА ВЕШНЯКОВА called"),
    ("小明", "欧阳", "notice for 小明 欧阳, by post"),
    ("ليلى", "الحداد", "asked for ليلى الحداد at the desk"),
    ("Zoë", "O'Brien-Łuź", "ZOË O'BRIEN-ŁUŹ asked (twice)"),
)


def test_a_name_in_any_script_is_listed_for_a_human(elm):
    """In the plan for each, on each database; on Koha's own each is erased, on SQLite one whose case is not ASCII's."""
    seed, _ = subject(elm, firstname=SCRIPTS[0][0], surname=SCRIPTS[0][1])
    cards = [CARD, *(f"K77002{place}" for place in range(1, len(SCRIPTS)))]
    for card, (first, last, _) in list(zip(cards, SCRIPTS, strict=True))[1:]:
        elm.needles |= {card, f"{first} {last}", str(seed.patron(firstname=first, surname=last, cardnumber=card))}
    others = [seed.patron() for _ in SCRIPTS]
    for other, (_, _, text) in zip(others, SCRIPTS, strict=True):
        seed.row("messages", borrowernumber=other, message=text, message_type="L")
    plans = [planned(elm, f"erase{place}.json", card) for place, card in enumerate(cards)]
    for (_, plan), (first, *_) in zip(plans, SCRIPTS, strict=True):
        assert sum(one["human"] for one in plan["words"]) == 1, first
    for place, _ in plans if elm.koha.dialect == "mariadb" else plans[:1]:
        elm.approve(place)
        done = elm.ok("apply", place)["erasure"]
        assert (done["still_there"], done["for_a_human"]) == ({}, {"messages.message": 1})
    for other, (_, _, text) in zip(others, SCRIPTS, strict=True):
        assert elm.koha.rows(f"SELECT message FROM messages WHERE borrowernumber = {other}") == [(text,)]


def test_an_identifier_is_found_whatever_signs_stand_in_it_and_whatever_its_column_is(elm):
    """In any case, beside quotes, brackets and backslashes, and as texts in JSON write it; in a plugin's table, which
    has no key, and columns in other character sets."""
    mail, user = "q.o'neil+books_100%@elm.example", "reader(7700)[x]"
    seed, number = subject(elm, email=mail, userid=user)
    elm.needles |= {mail, user}
    other = seed.patron()
    texts = [f"mail {mail.upper()}!", f'{{"to": "{mail}"}}', f"back\\slash {user}; ok", f"({CARD.lower()})"]
    for text in texts:
        seed.row("messages", borrowernumber=other, message=text, message_type="L")
    before = len(elm.koha.rows("SELECT message_id FROM messages"))
    _texts_of_a_plugin(elm, number, mail, user)
    done, _ = erased(elm)
    assert (done["still_there"], done["for_a_human"]) == ({}, {})
    rows = {str(row[0]) for row in elm.koha.rows(f"SELECT message FROM messages WHERE borrowernumber = {other}")}
    assert rows == {"mail ***!", '{"to": "***"}', "back\\slash ***; ok", "(***)"}
    assert len(elm.koha.rows("SELECT message_id FROM messages")) == before
    left = sorted(map(repr, elm.koha.rows("SELECT a, b, c FROM plugin_log")))
    assert left == sorted(
        map(
            repr,
            [
                ("Müller: ***", "nothing", "nothing"),
                (None, "to ***", "by ***"),
                ("of nobody", "nothing", None),
                ("of nobody", "nothing", None),
            ],
        )
    )


def _texts_of_a_plugin(elm, number, mail, user):
    maria = elm.koha.dialect == "mariadb"
    kinds = {
        "a": "varchar(200) CHARACTER SET latin1" if maria else "varchar(200)",
        "b": "varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" if maria else "varchar(200)",
        "c": "text CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci" if maria else "text",
    }
    columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    to = mail.upper().replace("'", "''")
    elm.sql(
        f"CREATE TABLE plugin_log (who int, {columns}){' ENGINE=InnoDB' if maria else ''}",
        f"INSERT INTO plugin_log VALUES ({number}, 'hers', NULL, NULL), "
        f"(NULL, 'Müller: {CARD.lower()}', 'nothing', 'nothing'), (NULL, NULL, 'to {to}', 'by {user}'), "
        "(NULL, 'of nobody', 'nothing', NULL), (NULL, 'of nobody', 'nothing', NULL)",
    )
    (elm.folder / "local.yaml").write_text(
        "person_columns:\n  plugin_log: [who]\nnot_yet_covered:\n  plugin_log: what a plugin writes down\nperson:\n"
        "  plugin_log:\n    why: what a plugin writes down\n    texts: [a, b, c]\n"
        "    traces:\n      - {column: who, act: delete, why: it is the person's}\n"
    )
    elm.edit("    map: koha\n", f"    map: koha\n    local_map: {elm.folder / 'local.yaml'}\n")


def test_two_erasures_at_once(elm):
    """A mother and her child, who share an address: one waits its turn, both end, and nobody else is touched."""
    seed, mother = subject(elm, phone="0622334455")
    child = seed.patron(email=MAIL, phone="0622334455", contactname="Okonkwo-Vale", cardnumber="K7700999")
    seed.row("borrower_relationships", guarantor_id=mother, guarantee_id=child)
    elm.needles |= {str(child), "K7700999"}
    plans = [planned(elm, "mother.json")[0], planned(elm, "child.json", "K7700999")[0]]
    for one in plans:
        elm.approve(one)
    others = [row for row in state(elm)["borrowers"] if str(mother) not in row and str(child) not in row]
    words = [["apply", str(one), "--json", "--site", str(elm.folder)] for one in plans]
    with ThreadPoolExecutor() as both:
        answers = list(both.map(lambda said: called(said, elm.folder, environment()), words))
    elm.assert_no_leak(*(text for _, *texts in answers for text in texts))
    codes = [code for code, *_ in answers]
    assert 0 in codes, codes
    for one, code in zip(plans, codes, strict=True):
        if code:
            assert elm.run("apply", one, "--json").code == 0
    assert not mentions(elm, str(mother), str(child), CARD, "K7700999", MAIL)
    assert state(elm)["borrowers"] == others


@pytest.mark.one_database
@pytest.mark.deep
def test_the_night_goes_on_beside_an_approved_erasure(disposed):
    """An approval of a case is none of a night's plan, before it was carried out and after."""
    elm = disposed
    subject(elm)
    place, _ = planned(elm)
    elm.approve(place)
    for _ in range(2):
        night = elm.run("run-due", "--json")
        assert "STO-005" not in night.out + night.err, night.text
        [one] = night.told.get("systems", [night.told])
        assert one.get("went") != "failed", night.text
        if elm.run("apply", place, "--json").code == 0:
            break


@pytest.mark.one_database
def test_a_record_under_an_older_number_since_the_plan_stops_every_piece(elm, monkeypatch):
    """Before the apply begins, and in the midst of it; nothing of the newcomer is touched."""
    seed, number = subject(elm)
    older = number + 500
    numbers = elm.folder.parent / "older.txt"
    numbers.write_text(f"{older}\n")
    place, _ = planned(elm, "erase.json", CARD, "--also-number", numbers)
    elm.approve(place)

    def registered():
        seed.patron(borrowernumber=older, surname="Innocent", cardnumber="K-INN-77123", userid="innocent77")
        seed.row("messages", borrowernumber=older, message="about somebody else", message_type="L")

    registered()
    elm.refused("apply", place, code=4, error="ERA-002")
    elm.sql(*(f"DELETE FROM {name} WHERE borrowernumber = {older}" for name in ("messages", "borrowers")))
    whole, begun = Erasures.intend, []

    def intend(self, case, step):
        whole(self, case, step)
        if not begun:
            begun.append(step)
            registered()

    with monkeypatch.context() as patched, pytest.raises(SystemExit) as ended:
        patched.setattr(Erasures, "intend", intend)
        main.main(["apply", str(place), "--site", str(elm.folder)])
    assert (ended.value.code, len(begun)) == (4, 1)
    for name in ("messages", "borrowers"):
        assert elm.koha.rows(f"SELECT count(*) FROM {name} WHERE borrowernumber = {older}") == [(1,)]
    assert elm.koha.rows(f"SELECT count(*) FROM borrowers WHERE borrowernumber = {number}") == [(1,)]


@pytest.mark.one_database
def test_a_refusal_in_the_midst_of_it_tells_what_has_gone_already(elm, monkeypatch, capsys):
    """A charge between two pieces; then a row of a table that nobody has looked at. Before anything went, nothing is told."""
    seed, number = subject(elm)
    kind = "int(11)" if elm.koha.dialect == "mariadb" else "INTEGER"
    key = "FOREIGN KEY (who) REFERENCES borrowers (borrowernumber) ON DELETE CASCADE"
    elm.sql(f"CREATE TABLE plugin_wish (who {kind}, {key})")
    for _ in range(3):
        seed.row("messages", borrowernumber=number, message="hello", message_type="L")
    seed.row("search_history", userid=number)
    place, _ = planned(elm)
    elm.approve(place)

    def charged():
        seed.row("accountlines", borrowernumber=number, amount=3, amountoutstanding=3)

    def changed(*words):
        answer = elm.run("apply", place, *words)
        assert answer.code == 4, answer.text
        return {one["code"]: one["changed"] for one in answer.told["errors"]}

    charged()
    assert changed("--json") == {"ERA-002": "nothing"}
    elm.sql(f"DELETE FROM accountlines WHERE borrowernumber = {number}")
    whole, begun = Erasures.intend, []

    def intend(self, case, step):
        whole(self, case, step)
        if step == "search_history.delete" and not begun:
            begun.append(step)
            charged()

    with monkeypatch.context() as patched, pytest.raises(SystemExit) as ended:
        patched.setattr(Erasures, "intend", intend)
        main.main(["apply", str(place), "--site", str(elm.folder)])
    told = "nothing by the piece that was refused; 3 rows that went before stay out"
    assert (ended.value.code, told in capsys.readouterr().err) == (4, True)
    assert elm.koha.rows(f"SELECT count(*) FROM messages WHERE borrowernumber = {number}") == [(0,)]
    assert changed("--json") == {"ERA-002": told}
    elm.sql(f"DELETE FROM accountlines WHERE borrowernumber = {number}", f"INSERT INTO plugin_wish VALUES ({number})")
    assert changed("--json") == {"ERA-003": told}
    elm.sql("DELETE FROM plugin_wish")
    assert elm.ok("apply", place)["erasure"]["still_there"] == {}


@pytest.mark.one_database
def test_a_user_name_that_is_another_patrons_card_number(elm):
    """The card finds whose card it is; what both have is taken out of no text, and each is found by the rest."""
    seed, number = subject(elm, cardnumber="K7700124", userid="K7700999", email="somebody@oak.example")
    other = seed.patron(cardnumber="K7700999", userid="another77")
    elm.needles |= {str(other), "K7700999", "another77"}
    third = seed.patron()
    text = seed.row("messages", borrowernumber=third, message="K7700999 called, so did k7700124", message_type="L")
    problem = seed.row("problem_reports", borrowernumber=third, username="another77", content="x", problempage="y")
    place, plan = planned(elm, "erase.json", "K7700999")
    assert sum(one["human"] for one in plan["words"]) >= 1
    elm.approve(place)
    done = elm.ok("apply", place)["erasure"]
    assert done["still_there"] == {}
    assert elm.koha.rows(f"SELECT borrowernumber FROM borrowers WHERE borrowernumber IN ({number}, {other})") == [
        (number,)
    ]
    assert elm.koha.rows(f"SELECT userid, cardnumber FROM borrowers WHERE borrowernumber = {number}") == [
        ("K7700999", "K7700124")
    ]
    words = f"SELECT message FROM messages WHERE message_id = {text['message_id']}"
    assert elm.koha.rows(words) == [("K7700999 called, so did k7700124",)]
    assert elm.koha.rows(f"SELECT username FROM problem_reports WHERE reportid = {problem['reportid']}") == [(None,)]
    place, _ = planned(elm, "later.json", "K7700124")
    elm.approve(place)
    assert elm.ok("apply", place)["erasure"]["still_there"] == {}
    assert elm.koha.rows(words) == [("*** called, so did ***",)]  # nobody else has either word any more
