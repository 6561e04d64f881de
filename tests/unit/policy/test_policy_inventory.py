"""Categories, risk classes and floors, as a policy uses them."""

from __future__ import annotations

import pytest

from carrel.inventory.category import Category
from carrel.inventory.risk import Floor, RiskClass, floors_above, high_water

# The examples of the MIT Libraries' definition (Appendix A), and the category that covers each (MITL-1.1).
APPENDIX_A = {
    "names": Category.NAME,
    "student or employee numbers": Category.INSTITUTIONAL_ID,
    "email addresses": Category.EMAIL_ADDRESS,
    "physical addresses": Category.POSTAL_ADDRESS,
    "telephone numbers": Category.TELEPHONE_NUMBER,
    "dates of birth": Category.BIRTH_DATE,
    "social security numbers": Category.SOCIAL_SECURITY_NUMBER,
    "race": Category.RACE,
    "gender": Category.GENDER,
    "prefix or title": Category.PREFIX_OR_TITLE,
    "sexual orientation": Category.SEXUAL_ORIENTATION,
    "accessibility status": Category.ACCESSIBILITY_STATUS,
    "family members": Category.FAMILY_MEMBER,
    "emergency contacts": Category.EMERGENCY_CONTACT,
    "driving licences": Category.DRIVERS_LICENSE_NUMBER,
    "credit cards and bank accounts": Category.CARD_OR_ACCOUNT_NUMBER,
    "passports": Category.PASSPORT_NUMBER,
    "citizenship": Category.CITIZENSHIP_STATUS,
    "income": Category.INCOME,
    "financial information": Category.FINANCIAL_INFORMATION,
    "transaction logs": Category.TRANSACTION_LOG,
    "content of transactions": Category.TRANSACTION_CONTENT,
    "coursework": Category.COURSEWORK,
    "circulation records": Category.CIRCULATION_RECORD,
    "log entries of one user": Category.LOG_ENTRY,
    "IP addresses": Category.IP_ADDRESS,
    "location data": Category.LOCATION,
    "online identifiers": Category.SESSION_IDENTIFIER,
    "whatever else could be linked": Category.OTHER_LINKABLE,
}


def test_every_category_is_described() -> None:
    assert all(category.description for category in Category)
    assert len({category.description for category in Category}) == len(Category)


def test_the_examples_of_the_definition_are_covered_by_categories_of_their_own() -> None:
    assert len(set(APPENDIX_A.values())) == len(APPENDIX_A)


@pytest.mark.parametrize("word", [category.value for category in Category])
def test_a_category_is_named_by_its_word_in_a_policy(parsed, word: str) -> None:
    said = f'"{word}"'
    document = parsed(
        (
            "item: {category: circulation record, purpose: lending}",
            f"item: {{category: circulation record, purpose: lending}}\n      more: {{category: {said}, purpose: lending}}",
        ),
        ("item: keep", f"item: keep, more: {'keep' if word == 'event time' else 'remove'}"),
    )
    assert document.body.records.loans.fields["more"].category is Category(word)


def test_what_points_at_a_person_includes_each_number_address_and_note() -> None:
    pointing = {category for category in Category if category.points_at_a_person}
    assert {Category.NAME, Category.LIBRARY_CARD_NUMBER, Category.IP_ADDRESS, Category.STAFF_NOTE} <= pointing
    assert pointing.isdisjoint({Category.CIRCULATION_RECORD, Category.EVENT_TIME, Category.COUNT, Category.GENDER})


def test_classes_are_ordered() -> None:
    assert RiskClass.LOW < RiskClass.MEDIUM < RiskClass.HIGH
    assert RiskClass.HIGH >= RiskClass.HIGH > RiskClass.MEDIUM >= RiskClass.LOW <= RiskClass.LOW
    assert sorted([RiskClass.HIGH, RiskClass.LOW, RiskClass.MEDIUM]) == list(RiskClass)
    with pytest.raises(TypeError):
        RiskClass.LOW < 3  # noqa: B015  (the comparison itself is the test)
    assert high_water([]) is RiskClass.LOW


def test_a_floor_holds_for_the_whole_combination() -> None:
    floor = Floor(
        "f", RiskClass.MEDIUM, frozenset({Category.INSTITUTIONAL_ID}), frozenset({Category.NAME, Category.BIRTH_DATE})
    )
    assert not floor.holds_for(frozenset({Category.INSTITUTIONAL_ID}))
    assert not floor.holds_for(frozenset({Category.NAME}))
    held = [Category.INSTITUTIONAL_ID, Category.BIRTH_DATE, Category.LOCATION]
    assert floors_above([floor], held, RiskClass.LOW) == (floor,)
    assert floors_above([floor], held, RiskClass.MEDIUM) == ()
