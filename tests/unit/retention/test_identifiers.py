"""Which words of a person are redacted, which are only told, and what a text looks like afterwards."""

from __future__ import annotations

import json

import pytest

from carrel.retention.finder import MARK, Finder
from carrel.retention.identifiers import Subject, sorted_out

SUBJECT = Subject(51, exact=("K7700123", "q.person@elm.example", "reader77"), told=("May Book", "Book, May", "library"))
FINDER = Finder((SUBJECT,), ("borrowernumber", "patron_id"))


def test_what_could_be_a_word_or_somebody_elses_is_only_told():
    exact, told = sorted_out(
        ["K7700123", "library", "1234", "may@book.example", "0611223344", "ab", ""],
        [("May", "Book"), ("", "Alone")],
        ["MAY@book.example"],
    )
    assert exact == ("K7700123", "0611223344")
    assert told == ("library", "1234", "may@book.example", "May Book", "Book, May", "Book May")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("card K7700123, call", f"card {MARK}, call"),
        ("k7700123", MARK),
        ("K77001234", "K77001234"),
        ("xK7700123", "xK7700123"),
        ("reader770", "reader770"),
        ("mail Q.Person@elm.example.", f"mail {MARK}."),
        ("aq.person@elm.example", "aq.person@elm.example"),
        ("big.q.person@elm.example", "big.q.person@elm.example"),
        ("q.person@elm.example.org", "q.person@elm.example.org"),
        (r"one\nK7700123\ntwo", rf"one\n{MARK}\ntwo"),
        ("'borrowernumber' => '51',", "'borrowernumber' => '0',"),
        ('{"patron_id":51,"item":51}', '{"patron_id":0,"item":51}'),
        ("borrowernumber: 510", "borrowernumber: 510"),
        ("xborrowernumber=51", "xborrowernumber=51"),
        ("May Book at the library", "May Book at the library"),
    ],
)
def test_a_text_afterwards(text, after):
    assert FINDER.redacted(text) == after
    assert FINDER.names(text) is (after != text)


def test_json_stays_json():
    text = json.dumps({"borrowernumber": 51, "note": "K7700123 \u00e9"})
    assert json.loads(FINDER.redacted(text)) == {"borrowernumber": 0, "note": f"{MARK} \u00e9"}


def test_names_are_told():
    assert FINDER.tells("did May Book ask?")
    assert FINDER.tells("the library")
    assert not FINDER.tells("libraries, and Maybe Book")


def test_a_subject_comes_back_and_two_of_one_are_joined():
    assert Subject.from_json(SUBJECT.to_json()) == SUBJECT
    later = Subject(51, card="K9", user="u", exact=("K99999",), told=("reader77",))
    joined = SUBJECT.joined(later)
    assert joined.exact == ("K7700123", "q.person@elm.example", "K99999")
    assert set(joined.told) == {*SUBJECT.told, "reader77"}
    assert "51" not in repr(joined)
    assert "K99" not in repr(joined)


def test_a_text_tells_whose_identifiers_stand_in_it():
    other = Subject(77, exact=("K7700999",), also=(76,))
    finder = Finder((SUBJECT, other), ("borrowernumber", "patron_id"))
    assert finder.whose("k7700123 lent to K7700999; ask May Book") == {51, 77}
    assert finder.whose("borrowernumber: 76") == {77}
    assert finder.whose("K77001234, borrowernumber: 510, 51") == frozenset()
    assert finder.whose(json.dumps({"mail": "Q.Person@elm.example"})) == {51}


def test_every_card_of_a_person_is_kept_and_one_of_them_is_the_first() -> None:
    one = Subject(7, "C1", "u", cards=("C2",))
    assert Subject.from_json(one.to_json()) == one
    assert one.joined(Subject(7, "C3", "u", cards=("C1", "C4"))).cards == ("C2", "C3", "C4")
    # Cases that were sealed before a person could have several cards are read as they are.
    assert Subject.from_json('[7, "C1", "u", [], [], [5]]') == Subject(7, "C1", "u", also=(5,))
