"""Write docs/records.md and docs/records-evergreen.md from the shipped policies and a map each.

python -m tests.docs.record_reference            writes the pages
python -m tests.docs.record_reference --check    ends with 1 if a page is not what it would write
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator

from carrel.inventory.card import free_words
from carrel.inventory.map_path import Role
from carrel.inventory.record_path import RecordPath
from carrel.inventory.system_map import SystemMap
from carrel.policy.record_grammar import RecordsRule
from carrel.policy.resolve import Policy
from carrel.policy.schedule import Disposition, RecordRule
from carrel.retention.records import in_every_way
from carrel.systems import map_files, policy_files
from carrel.systems.sample.facts import koha
from tests.docs.generated_page import DOCS, write_or_compare

PAGES = {"koha": DOCS / "records.md", "evergreen": DOCS / "records-evergreen.md"}
HEAD = """\
# Records under each policy{where}

Made from the shipped policies, the map of {title} and the facts of its database by `python -m tests.docs.record_reference`; a
test compares the two. How such rules are written stands in [the policy document](policy.md#records), how a map tells where
the records are in [system maps](map.md#records-of-other-kinds-than-loans).
"""
UNPROVED = """
The map of {title} is {told}. Nothing here is carried out yet: it is what will be.
"""
_DONE = {
    Disposition.DELETE: "deleted",
    Disposition.DE_IDENTIFY: "de-identified",
    Disposition.TRANSFER: "transferred to archives",
}
POLICIES = """
## What each policy does

A record is *de-identified*: it stays, and what names the person goes; where the column that names the person may not be
empty, the row goes. What a policy says in words only is published as a promise, and nothing carries it out.
"""
TABLES = """
## What reaches each table

For every table of {title}'s database: the paths by which it is cut with a loan, the records that go by a rule for their own
kind, what goes with a lapsed card, and what is kept on a ground of its own. Who of the staff acted is told apart.
"""


def page(name: str) -> str:
    """The whole page on one product."""
    system_map = map_files.load(name, unproved=True)
    title, told = system_map.title, system_map.versions.told
    policies = [policy_files.load(name) for name in sorted(policy_files.shipped_names())]
    head = HEAD.format(title=title, where="" if name == "koha" else f" in {title}")
    if not system_map.versions.proved:
        head += UNPROVED.format(title=title, told=told)
    parts = [head, POLICIES, *("\n".join(_of_policy(policy, system_map)) for policy in policies)]
    parts += [TABLES.format(title=title), "\n".join(_tables(system_map))]
    return "\n".join(parts) + "\n"


def _of_policy(policy: Policy, system_map: SystemMap) -> Iterator[str]:
    yield f"### {policy.name}"
    yield ""
    schedules = policy.record_schedules()
    yield f"| record | until it is | what happens | clauses | in {system_map.title} |"
    yield "|---|---|---|---|---|"
    for loan in policy.loan_schedule().rules:
        which = "loans" if loan.applies == "any" else f"loans, {loan.applies}"
        until, keep = " and ".join(sorted(loan.active_until)), loan.periods[-1].keep
        done = f"{_DONE[loan.disposition]} {f'after {keep}' if keep.amount else 'at once'}"
        yield f"| {which} | {until} | {done} | {', '.join(loan.clauses)} | [every path](map.md) from a loan to its reader |"
    for record, schedule in schedules.items():
        for rule in schedule.rules:
            held = [one for one in system_map.records if _ruled(one, record.value, rule)]
            where = _where(system_map, held, record.value, rule)
            yield f"| {record} | {rule.active_until} | {_what(rule)} | {', '.join(rule.clauses)} | {where} |"
    words = [
        str(record)
        for record, dataset in policy.datasets.items()
        if isinstance(dataset.rule, RecordsRule) and not dataset.rule.retention
    ]
    if words:
        yield f"\nIn words only: {', '.join(words)}."
    yield ""


def _ruled(one: RecordPath, record: str, rule: RecordRule) -> bool:
    return (one.record, one.event) == (record, rule.active_until.value)


def _what(rule: RecordRule) -> str:
    keep = rule.periods[-1].keep
    return f"{_DONE[rule.disposition]} {f'after {keep}' if keep.amount else 'at once'}"


def _places(held: list[RecordPath]) -> str:
    return ", ".join(dict.fromkeys(f"`{one.table}`" for one in held)) or "no table"


def _where(system_map: SystemMap, held: list[RecordPath], record: str, rule: RecordRule) -> str:
    cards = system_map.cards
    if cards is not None and (cards.record, cards.event) == (record, rule.active_until.value):
        return "the patron, out of every table ([erasing](erasure.md#lapsed-cards))"
    return _places(held)


def _tables(system_map: SystemMap) -> Iterator[str]:
    told = _told(system_map)
    facts = {table.name for table in koha().tables} if system_map.system == "koha" else set(system_map.no_person)
    names = facts | set(system_map.columns_beyond) | set(told)
    yield "| table | what reaches it |"
    yield "|---|---|"
    for name in sorted(names):
        yield f"| `{name}` | {'; '.join(told[name]) or _unreached(system_map, name)} |"


def _told(system_map: SystemMap) -> dict[str, list[str]]:
    loans = system_map.loans
    found: defaultdict[str, list[str]] = defaultdict(list)
    found[loans.open.table].append("an open loan is never cut")
    found[loans.closed.table].append("the loan itself")
    with_loan: defaultdict[str, list[str]] = defaultdict(list)
    for path in loans.paths:
        with_loan[path.table].append(path.name)
        for child in path.cut.takes_along:
            with_loan[child].append(path.name)
    for name, paths in with_loan.items():
        found[name].append(f"with loans: {', '.join(dict.fromkeys(paths))}")
    by_rule: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in system_map.records:
        rule = f"*{one.record}, {one.event}*" + (" (staff)" if one.role is Role.STAFF else "")
        for name in dict.fromkeys((one.table, *(child for cut in one.cuts.values() for child in cut.takes_along))):
            by_rule[name, rule].append(one.name)
    for (name, rule), records in by_rule.items():
        found[name].append(f"{rule}: {', '.join(records)}")
    for kept in system_map.kept:
        found[kept.table].append(f"kept: `{', '.join(kept.columns)}`, {kept.ground}")
    whole = in_every_way(system_map)
    for name, says in whole.with_card.items():
        found[name].append(f"with the card, where a policy rules lapsed ones: {says}")
    for name, says in whole.not_yet_covered.items():
        words = name in free_words(whole.person)
        found[name].append(
            f"{'identifiers go with an erasure, the rest stays' if words else '**not yet covered**'}: {says}"
        )
    return found


def _unreached(system_map: SystemMap, name: str) -> str:
    return "nothing of a person" if name in system_map.no_person else "read only: nothing there is cut"


def main(arguments: list[str]) -> int:
    """Write, or compare."""
    return max(write_or_compare(place, page(name), arguments) for name, place in PAGES.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
