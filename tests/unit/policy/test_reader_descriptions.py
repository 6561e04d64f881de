"""What a policy lets stay of readers: its levels, who must share it, and that nothing laxer slips in."""

from __future__ import annotations

import pytest

from carrel.deidentification.reader_description import Describing, Trait, coarse_code, coarse_year, levels
from carrel.errors import CarrelError
from carrel.inventory.system_map import SystemMap
from carrel.policy.difference import differences
from carrel.policy.parse import parse_policy
from carrel.policy.printout import printout
from carrel.policy.resolve import Policy, resolve
from carrel.policy.schedule import Method
from carrel.retention.common_way import common_way
from carrel.retention.laxity import laxer_points
from carrel.retention.records import with_descriptions
from carrel.systems import map_files
from carrel.systems.sql.grants import Purpose, needed
from tests.unit.policy.conftest import MINIMAL

_FIELD = "      event times: {category: event time, purpose: lending}\n"
FIELDS = (
    _FIELD,
    _FIELD + "      postcode: {category: postal address, purpose: lending}\n"
    "      birth year: {category: birth date, purpose: lending}\n",
)
_METHODS = "methods: {patron: remove, item: keep, event times: keep}"


def methods(postcode: str = "{generalise: 3 signs}", year: str = "{generalise: 10 years}", more: str = "") -> tuple:
    """The small policy's rule, with methods for both."""
    told = f"methods: {{patron: remove, item: keep, event times: keep, postcode: {postcode}, birth year: {year}}}"
    return FIELDS, (_METHODS, told + more)


def policy(name: str, *changes: tuple[str, str]) -> Policy:
    text = MINIMAL.read_text(encoding="utf-8").replace("policy: minimal", f"policy: {name}")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return resolve(parse_policy(text, f"{name}.yaml"))


BOTH = Describing(((Trait.POSTAL_CODE, "3 signs"), (Trait.BIRTH_YEAR, "10 years")), 10)
COARSE = policy("coarse", *methods())
PLAIN = policy("plain", *methods("remove", "remove"))
FEW = "\n        shared by at least: "


def test_a_level_becomes_what_may_stay_and_silence_means_that_nothing_does() -> None:
    assert COARSE.loan_schedule().describing == BOTH
    assert dict(COARSE.loan_schedule().rules[0].methods)["postcode"] is Method.GENERALISE
    assert PLAIN.loan_schedule().describing is None
    assert policy("silent").loan_schedule().describing is None
    alone = policy("alone", *methods(year="remove", more=f"{FEW}25")).loan_schedule().describing
    assert alone == Describing(((Trait.POSTAL_CODE, "3 signs"),), 25)
    assert COARSE.digest != policy("coarse", *methods("{generalise: 2 signs}")).digest  # approved anew


@pytest.mark.parametrize(
    ("change", "at", "wanted"),
    [
        (methods("{generalise: 6 signs}"), "policy.yaml:40:", "5 signs or 4 signs or 3 signs or 2 signs or 1 sign"),
        (methods(year="{generalise: 3 signs}"), "policy.yaml:40:", "year or 5 years or 10 years or 20 years"),
        (methods("generalise"), "policy.yaml:40:", "remove"),
        (methods("keep"), "policy.yaml:40:", "remove"),
        (methods(year="keep"), "policy.yaml:40:", "remove"),
        (methods(more=f"{FEW}1"), "policy.yaml:41:", "2 or more"),
        (methods(more=f"{FEW}0"), "policy.yaml:41:", "2 or more"),
        (methods("remove", "remove", f"{FEW}5"), "policy.yaml:41:", ""),
        ((("patron: remove", "patron: {generalise: 3 signs}"),), "policy.yaml:38:", "a word, such as 'remove'"),
        ((("birth year: {category: birth date", "birth year: {category: postal address"),), "policy.yaml:40:", ""),
    ],
)
def test_levels_that_do_not_exist_and_too_few_are_refused(edited, faults_of, change, at: str, wanted: str) -> None:
    if len(change) == 1 and "birth year" in change[0][0]:
        text = edited(*methods(year="{generalise: 2 signs}")).replace(*change[0])
    else:
        text = edited(*change)
    (fault,) = faults_of(text)
    assert (fault.condition.code, fault.wanted if wanted else wanted) == ("POL-015", wanted)
    assert fault.at.startswith(at)


@pytest.mark.parametrize(
    "words", ["{generalise: [3 signs]}", "{generalise: 3 signs, keep: true}", "{level: 3 signs}", "{}", "3 signs", "5"]
)
def test_a_method_that_is_no_word_and_no_level_is_refused(edited, faults_of, words: str) -> None:
    faults = faults_of(edited(*methods(words)))
    assert {fault.condition.code for fault in faults} <= {"POL-005", "POL-006", "POL-008", "POL-009", "POL-004"}
    assert all("postcode" not in fault.found for fault in faults)


def test_every_rule_lets_the_same_stay(edited, faults_of) -> None:
    late = (
        "\n      - id: late loans\n        applies: late or charged\n        active until: [settled]\n"
        "        keep: 7 days\n        then: de-identify\n        methods: {patron: remove, item: keep, event times: keep,"
        " postcode: remove, birth year: remove}"
    )
    text = edited(*methods(more=late), ("        active until: [returned, settled]", "        applies: on time\n        active until: [returned, settled]"))  # fmt: skip
    (fault,) = faults_of(text)
    assert (fault.condition.code, fault.found) == ("POL-015", "nothing that describes a reader")


@pytest.mark.parametrize(
    ("own", "laxer"),
    [
        (methods(), False),
        (methods("{generalise: 2 signs}", "{generalise: 20 years}", f"{FEW}20"), False),
        (methods("remove"), False),
        (methods("{generalise: 4 signs}"), True),
        (methods(year="{generalise: 5 years}"), True),
        (methods(more=f"{FEW}9"), True),
    ],
)
def test_who_adopts_may_only_let_less_stay(own, laxer: bool) -> None:
    text = MINIMAL.read_text(encoding="utf-8")
    for old, new in own:
        text = text.replace(old, new)
    from carrel.errors import CarrelError

    document = parse_policy(text.replace("policy: minimal", "policy: own\nadopts: [coarse]"), "own.yaml")
    if not laxer:
        assert resolve(document, [COARSE]).loan_schedule().describing is not None
        return
    with pytest.raises(CarrelError) as refused:
        resolve(document, [COARSE])
    assert [one.condition.code for one in refused.value.faults] == ["POL-017"]
    with pytest.raises(CarrelError):
        resolve(document, [PLAIN])


def test_of_several_policies_only_what_all_let_stay_stays_and_it_is_told() -> None:
    wider = policy("wider", *methods("{generalise: 1 sign}", "{generalise: 5 years}", f"{FEW}30"))
    way = common_way([COARSE, wider], "d")
    least = Describing(((Trait.POSTAL_CODE, "1 sign"), (Trait.BIRTH_YEAR, "10 years")), 30)
    assert way.schedule.describing == least
    assert all(laxer_points(way, one) == () for one in (COARSE, wider))
    assert any(one.startswith("what stays of readers") for one in laxer_points(common_way([COARSE], "d"), wider))
    assert common_way([COARSE, PLAIN], "d").schedule.describing is None
    told = [one.line() for one in common_way([COARSE, PLAIN], "d").stricter]
    assert any("what stays of readers in loans: 'nothing that describes a reader'" in one for one in told)


def test_people_read_it_in_plain_words() -> None:
    said = " ".join(printout(COARSE).split())
    assert "may stay the postal code (its first 3 signs) and birth year (a band of 10 years), where at least 10" in said
    assert "may stay" not in " ".join(printout(PLAIN).split())
    changed = [one.says for one in differences(PLAIN, COARSE)]
    assert any("of a reader stays: postal code" in one and "instead of nothing" in one for one in changed)


@pytest.mark.parametrize(("policy", "more"), [(PLAIN, False), (COARSE, True)])
def test_an_account_reads_no_birth_date_that_the_policy_does_not_ask_for(policy: Policy, more: bool) -> None:
    system_map = with_descriptions(map_files.load("evergreen"), policy.loan_schedule())
    rights = {
        one.table: one.columns for one in needed(system_map, Purpose.READ, "postgresql") if one.privilege == "SELECT"
    }
    assert ("dob" in rights["actor.usr"]) is more
    assert rights.get("actor.usr_address", ()) == (("id", "post_code") if more else ())


def test_a_product_without_a_place_for_it_removes_it() -> None:
    koha: SystemMap = with_descriptions(map_files.load("koha"), COARSE.loan_schedule())
    assert koha.loans.coarsened is None


@pytest.mark.parametrize("trait", Trait)
def test_what_was_made_coarser_stays_as_it_is(trait: Trait) -> None:
    values: list = ["02139", "02139-4307", "SW1A 1AA", "d02x285", "12", "", "ß12", "12345678901"]
    values = values if trait is Trait.POSTAL_CODE else [1849, 1850, 1859, 1984, 2100, 2101, 0]
    how = coarse_code if trait is Trait.POSTAL_CODE else coarse_year
    for level in levels(trait):
        for value in values:
            once = how(value, level)
            assert once is None or how(once, level) == once
    assert [coarse_code("02139-4307", one) for one in levels(Trait.POSTAL_CODE)] == ["02139", "0213", "021", "02", "0"]
    assert [coarse_year(1984, one) for one in levels(Trait.BIRTH_YEAR)] == [1984, 1980, 1980, 1980]


def test_a_missing_method_is_answered_with_what_the_field_may_have() -> None:
    with pytest.raises(CarrelError) as refused:
        policy("missing", FIELDS)
    (fault,) = refused.value.faults
    assert fault.wanted == "a method for postcode, birth year"
    assert fault.fix == (
        "write 'postcode: remove', or a level: 'postcode: {generalise: 3 signs}'; "
        "'birth year: remove', or a level: 'birth year: {generalise: 10 years}'"
    )
