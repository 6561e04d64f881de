"""No word of anybody else, no secret and no relative is in an answer, whatever stands in the rows."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.inventory.category import Category
from carrel.rights.csv_form import cell
from carrel.rights.third_persons import HeldColumn, Role, Telling, Withheld, suspects
from carrel.rights.words_of_others import Others, Own, words_of

letters = "abcdefghijklmnopqrstuvwxyz"
word = st.text(letters, min_size=4, max_size=9)
other = st.one_of(
    st.builds("{}.{}@oak.example".format, word, word), st.builds("K{:07}".format, st.integers(0, 9_999_999)),
    st.builds("{} {}".format, word.map(str.title), word.map(str.title)),
)  # fmt: skip
OWN = Own(frozenset({"77"}), frozenset({"quirina vale", "k7700123", "q.vale@elm.example"}))
text = st.text(st.characters(codec="utf-8"), max_size=20)
columns = st.lists(
    st.builds(
        HeldColumn, st.sampled_from([f"c{n}" for n in range(8)]), st.one_of(st.none(), st.sampled_from(list(Category))),
        st.sampled_from(list(Role)), secret=st.booleans(),
    ),
    min_size=1, max_size=8, unique_by=lambda one: one.name,
)  # fmt: skip


@settings(max_examples=300)
@given(columns, st.lists(other, min_size=1, max_size=4), st.data(), st.booleans())
def test_nobody_elses_word_is_ever_told(held, others, data, own_table):
    around = st.builds("{}{}{}".format, text, st.sampled_from(others), text)
    row = {
        one.name: data.draw(st.one_of(around, st.sampled_from(["", None, 0, 77, "q.vale@elm.example"]))) for one in held
    }
    row["_title"] = data.draw(around)  # beside the columns
    told = Telling(held, OWN, Others(others, OWN), own_table=own_table)(row)
    said = json.dumps(told.values, ensure_ascii=False, default=str).casefold()
    assert not any(json.dumps(one, ensure_ascii=False)[1:-1].casefold() in said for one in others)
    for one in held:
        if one.is_secret:
            assert one.name not in told.values
            assert told.withheld[one.name] is Withheld.SECRET
        elif one.is_of_relatives and one.role is Role.PLAIN and row[one.name] not in {None, ""}:
            assert told.withheld[one.name] is Withheld.RELATIVE
        assert one.name in told.values or one.name in told.withheld


@given(columns, st.integers(78, 10**9))
def test_no_number_of_another_person_is_told_where_a_person_is_named(held, number):
    told = Telling(held, OWN, Others((), OWN))({one.name: number for one in held})
    for one in held:
        if one.role is not Role.PLAIN:
            assert one.name in told.withheld


@given(st.lists(st.sampled_from(sorted(OWN.words)), min_size=1), text)
def test_a_word_of_the_persons_own_stays(words, around):
    telling = Telling([HeldColumn("note", Category.STAFF_NOTE)], OWN, Others(words, OWN))
    assert telling({"note": f"{words[0]} {around.replace('@', '')}"}).values["note"].startswith(words[0])


@given(text)
def test_a_cell_is_never_a_formula(value):
    assert cell(value)[:1] not in set("=+-@\t\r")


def test_another_spelling_hides_nobody():
    others = Others(words_of(["K8800456", "06 2233 4455"], [("Zo\u00eb", "Brackwater")]), OWN)
    for said in (
        "Zo\u00eb Brackwater", "ZO\u00cb BRACKWATER", "zo\u00eb  brackwater", "Zo\u00eb\nBrackwater", "Zo\u00eb\u00a0Brackwater",
        "Brackwater, Zo\u00eb", "Brackwater Zo\u00eb", "Brackwater,Zo\u00eb", "Zo\u00eb Q. Brackwater", "Zo\u00eb Q Brackwater",
        "Zoe\u0308 Brackwater", "k8800456", "06  2233\n4455",
    ):  # fmt: skip
        assert others.out_of(f"ask {said} first") == "ask [another person] first", said
    for stays in ("ask Zo\u00eb", "Zo\u00eb and Brackwater", "Zoe\u0308 alone"):
        assert others.out_of(stays) == stays
    assert "brackwater" in suspects("ask zo\u00eb brackwater", whole=True)[1]
    assert suspects("ask zo\u00eb brackwater")[1] == frozenset()


def test_words_and_suspects():
    assert words_of(["K1", "K7700123"], [("Ada", "Vale"), ("", "Solo")]) == ("K7700123", "Ada Vale", "Vale, Ada")
    digits, names = suspects("Ada Vale has card K7700123, see 12345 and O'Brien")
    assert digits == {"K7700123", "12345"}
    assert {"Ada", "Vale", "O'Brien"} <= names
    free = [HeldColumn("note", Category.STAFF_NOTE)]
    told = Telling(free, OWN, Others((), OWN))({"note": "mail x.y@oak.example or call 617-555-0199 on 2026-11-27"})
    assert told.values["note"] == "mail [an e-mail address] or call [a telephone number] on 2026-11-27"
    assert told.redacted == ("note",)


@given(
    st.lists(st.text("abcde ,.-'1@", min_size=3, max_size=14), max_size=12),
    st.lists(st.text("abcde ,.-'1@", max_size=14), max_size=12),
    st.data(),
)
def test_which_words_are_looked_for_changes_nothing_of_what_is_taken_out(
    words: list[str], texts: list[str], data: st.DataObject
) -> None:
    """In a text of letters of ASCII alone, words that cannot stand there are passed over; another letter ends that."""
    mixed = data.draw(st.permutations([*texts, *words[:6]]))
    text = data.draw(st.sampled_from([" ", ", ", "x"])).join(mixed)
    beyond = " \u00e9"
    assert Others(words, OWN).out_of(text) + beyond == Others(words, OWN).out_of(text + beyond)
