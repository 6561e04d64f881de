from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from carrel.accountability.custody import CUSTODIAN_CLAUSES
from carrel.policy.coverage import coverage
from carrel.policy.difference import differences
from carrel.policy.document import PolicyDocument
from carrel.policy.lint import Open, lint
from carrel.policy.printout import printout
from carrel.policy.schedule import Charges, Disposition, Method
from carrel.systems.policy_files import load, shipped_names

HERE = Path(__file__).parent
CATALOGUE = Path(__file__).parents[4] / "shared" / "clauses.toml"
PREFIX = {"mit-libraries": "MITL-", "mit-11.2": "MITP-", "owwl": "OWWL-", "worcester": "WPL-", "manhattan": "MPL-"}
NAMES = sorted(PREFIX)


def known_clauses() -> list[str]:
    """The committed list of ids, held against the catalogue where that lies beside the checkout."""
    committed = (HERE / "clause_ids.txt").read_text(encoding="utf-8").split()
    if CATALOGUE.exists():
        assert committed == [row["id"] for row in tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["clause"]]
    return committed


def test_five_policies_are_shipped() -> None:
    assert list(shipped_names()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_clause_stands_in_its_policy_and_no_other_does(name: str) -> None:
    wanted = [clause for clause in known_clauses() if clause.startswith(PREFIX[name])]
    assert wanted
    assert list(load(name).clauses) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_every_clause_has_words(name: str) -> None:
    policy = load(name)
    assert policy.name == name
    assert all(len(rule.says or rule.promised or "") > 15 for rule in policy.clauses.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_policy_leaves_open_only_what_the_library_chose(name: str) -> None:
    policy = load(name)
    assert {finding.kind for finding in lint(policy, policy.approved)} == {Open.CHOSEN}


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_policy_names_its_schema_in_the_first_line(name: str) -> None:
    folder = Path(__file__).parents[3] / "src" / "carrel" / "policy" / "shipped"
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert found
    assert (folder / found[1]).resolve().is_file()


def test_five_policies_bring_five_different_ends() -> None:
    ends = {
        name: (
            [(rule.applies, sorted(rule.active_until), str(rule.periods[-1].keep)) for rule in schedule.rules],
            schedule.charges,
            str(schedule.last_borrower.at_most),
        )
        for name in NAMES
        for schedule in [load(name).loan_schedule()]
    }
    both = ["returned", "settled"]
    part = Charges.PART
    assert ends == {
        "mit-libraries": ([("any", both, "7 days")], part, "None"),
        "mit-11.2": ([("any", both, "90 days")], part, "None"),
        "owwl": ([("any", both, "30 days")], part, "None"),
        "manhattan": ([("any", both, "1 day")], part, "None"),
        "worcester": (
            [("on time", ["returned"], "0 days"), ("late or charged", both, "0 days")],
            Charges.LOSE_CARD,
            "30 days",
        ),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_deidentified_loan_loses_its_reader_and_staff_notes(name: str) -> None:
    policy = load(name)
    assert policy.loans is not None
    for rule in policy.loan_schedule().rules:
        assert rule.disposition is Disposition.DE_IDENTIFY
        methods = dict(rule.methods)
        pointing = [field for field, said in policy.loans.fields.items() if said.category.points_at_a_person]
        assert len(pointing) == 2
        assert all(methods[field] is Method.REMOVE for field in pointing)


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_that_no_clause_gives_is_marked(name: str) -> None:
    """A retention rule whose clauses its policy does not carry has its period marked as chosen."""
    policy = load(name)
    for rule in policy.body.records.loans.retention:
        carried = [clause for clause in rule.clauses if policy.clauses[clause].carried_by]
        assert carried or "keep" in rule.chosen


def test_mit_libraries_adopts_the_institutes_policy() -> None:
    policy = load("mit-libraries")
    assert [adopted.name for adopted in policy.adopted] == ["mit-11.2"]


@pytest.mark.parametrize("name", NAMES)
def test_the_conflicts_of_a_policy_are_written_down(name: str) -> None:
    text = printout(load(name))
    assert "Where clauses pull apart" in text
    assert "legal hold" in text or "a hold" in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_named_conflicts_are_resolved() -> None:
    assert "wins: the 7 days" in printout(load("mit-libraries"))
    assert "until its next loan" in printout(load("worcester"))


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_does_not_differ_from_itself(name: str) -> None:
    assert differences(load(name), load(name)) == ()


@pytest.mark.parametrize("name", NAMES)
def test_reading_twice_gives_one_digest(name: str) -> None:
    first, second = load(name), load(name)
    assert first.digest == second.digest
    assert isinstance(first.document, PolicyDocument)
    assert first.approved <= datetime(2026, 11, 22, tzinfo=UTC).date()


@pytest.mark.parametrize("name", NAMES)
def test_a_dataset_is_declared_as_high_as_its_highest_field(name: str) -> None:
    for dataset in load(name).datasets.values():
        assert dataset.risk is dataset.rule.class_


@pytest.mark.parametrize("name", NAMES)
def test_every_clause_that_a_rule_carries_is_named_by_that_rule_alone(name: str) -> None:
    policy = load(name)
    carried = {clause for clause, rule in policy.clauses.items() if rule.carried_by}
    assert all(policy.clauses[clause].promised is None for clause in carried)
    loans = policy.loans
    assert loans is not None
    assert carried >= {clause for rule in loans.retention for clause in rule.clauses if "keep" not in rule.chosen}


def test_what_lies_with_a_custodian_is_carried_by_the_rule_for_its_records() -> None:
    [found] = coverage([load("worcester")], frozenset(CUSTODIAN_CLAUSES))
    assert found.carried == ("WPL-2.5",)
    assert "the C/W MARS network" in str(load("worcester").body.records.registrations)
