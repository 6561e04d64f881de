"""What a product collects, held against what a policy needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.accountability.policy_facts import needs
from carrel.inventory.category import Category
from carrel.inventory.collection import Collects, Need, Needs, PolicyField, Seen, kind_of, names, superfluous
from carrel.inventory.identity_number import holds_identity_number
from carrel.policy.record_type import RecordType
from carrel.systems import map_files, policy_files

COLLECTS = map_files.load("koha").collects
NOTHING = Needs(())
ALL_ON = Seen(dict.fromkeys(names(COLLECTS), True), dict.fromkeys(names(COLLECTS), 1))


def field(category, record="registrations", *, choice=False):
    return PolicyField(record, category.value, category, "provide", choice)


def superfluous_names(needs, seen=ALL_ON):
    return {one.name for one in superfluous(COLLECTS, needs, seen)}


def test_a_policy_that_needs_nothing_makes_everything_superfluous():
    assert superfluous_names(NOTHING) == set(names(COLLECTS))
    assert superfluous_names(NOTHING, Seen()) == set()


def test_every_record_type_of_a_need_is_one_that_a_policy_can_name():
    things = [thing.need for thing in COLLECTS.things] + [kind.need for kind in COLLECTS.attributes.kinds]
    assert {record for need in things for record in need.records} <= {record.value for record in RecordType}
    assert all(need.categories or need.last_borrower for need in things)
    assert len(set(names(COLLECTS))) == len(names(COLLECTS))


@given(st.sets(st.sampled_from(list(Category))), st.sampled_from(list(Category)))
def test_a_further_need_never_makes_more_superfluous(categories, more):
    before = Needs(tuple(field(one) for one in sorted(categories)))
    after = Needs((*before.fields, field(more)))
    assert superfluous_names(after) <= superfluous_names(before)


def test_a_second_telephone_needs_a_second_field():
    phone = field(Category.TELEPHONE_NUMBER)
    assert {"first telephone", "further telephones"} <= superfluous_names(NOTHING)
    assert "first telephone" not in superfluous_names(Needs((phone,)))
    assert "further telephones" in superfluous_names(Needs((phone,)))
    assert "further telephones" not in superfluous_names(Needs((phone, phone)))


def test_a_history_must_be_the_patrons_choice():
    told = field(Category.READING_HISTORY, "reading histories")
    chosen = field(Category.READING_HISTORY, "reading histories", choice=True)
    assert "opacreadinghistory" in superfluous_names(Needs((told,)))
    assert "opacreadinghistory" not in superfluous_names(Needs((chosen,)))
    assert "opacreadinghistory" not in superfluous_names(Needs((), frozenset({"reading history"})))


def test_a_field_of_another_record_type_justifies_nothing():
    assert "IssueLog" in superfluous_names(Needs((field(Category.LOG_ENTRY, "access logs"),)))
    assert "IssueLog" not in superfluous_names(Needs((field(Category.LOG_ENTRY, "loans"),)))


def test_the_shipped_policies_need_what_they_say():
    worcester, mit = (needs(policy_files.load(name)) for name in ("worcester", "mit-libraries"))
    assert {"date of birth", "national identity numbers", "StoreLastBorrower"} & superfluous_names(worcester) == set()
    assert {"date of birth", "national identity numbers", "opacreadinghistory"} <= superfluous_names(mit)
    assert {"photographs", "IssueLog", "attribute: ethnicity"} <= superfluous_names(worcester) & superfluous_names(mit)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("SSN social security number", "attribute: identity number"),
        ("ETHNIC_GROUP which group", "attribute: ethnicity"),
        ("CLUB racecourse members", "other attributes"),
        ("DEPT Department", "other attributes"),
        ("STU Student number", "attribute: member number"),
    ],
)
def test_a_librarys_own_field_is_told_by_its_words(words, kind):
    assert kind_of(words, COLLECTS.attributes.kinds) == kind


@pytest.mark.parametrize(
    "text",
    [
        "219-09-9999", "078 05 1120", "note: 219-09-9999, shown at the desk", "131052-308T", "811228-9874",
        "19811228-9874", "12345678Z", "RSSMRA85T10A562S", "AB 12 34 56 C", "529.982.247-25",
    ],
)  # fmt: skip
def test_an_identity_number_is_told_by_its_shape(text):
    assert holds_identity_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "21181007000125", "219099999", "000-12-3456", "617-555-0123", "2026-11-22", "978-0-306-40615-7",
        "131052-308U", "991328-9874", "12345678A", "529.982.247-26", "111.111.111-11", "1219-09-99991",
    ],
)  # fmt: skip
def test_cards_telephones_days_and_wrong_check_signs_are_none(text):
    assert not holds_identity_number(text)


def test_a_map_without_collection_collects_nothing():
    assert names(Collects()) == ()
    assert not NOTHING.justify(Need())
