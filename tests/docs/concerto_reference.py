"""Write docs/concerto.md: what each shipped policy takes from Evergreen's public sample data, and what it leaves.

CARREL_CONCERTO=FOLDER python -m tests.docs.concerto_reference            writes the page
CARREL_CONCERTO=FOLDER python -m tests.docs.concerto_reference --check    ends with 1 if the page is not what it would write

Each policy is carried out on a copy of the data on a private PostgreSQL.
"""

from __future__ import annotations

import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

from carrel.policy.record_grammar import RecordsRule
from carrel.policy.schedule import Period
from carrel.systems import policy_files
from tests.docs.generated_page import DOCS, write_or_compare
from tests.integration.evergreen import concerto, concerto_run
from tests.integration.evergreen.concerto_run import Outcome
from tests.integration.servers import postgresql

PAGE = DOCS / "concerto.md"
HEAD = """\
# Each policy on Evergreen's sample data

Evergreen's developers publish a sample library (*concerto_enhanced*). The five shipped policies were carried out on it, each on a
copy of its own: planned, approved, applied, counted again and swept. This page is what they took and what they left. It is made by
`CARREL_CONCERTO=FOLDER python -m tests.docs.concerto_reference`; where the data is there, a test carries the policies out anew and
compares. The data itself is under the GPL and is not part of Carrel.

Nothing in the data is closed, so some of it was closed first, as a desk would: two loans of five came back, a third of the holds
was fetched and a third given up, every second booking was cancelled, every second address was written anew. All times were moved,
so that the data is an hour old. Two holds of account 1 were given up: the account with which a database is made stands in for staff,
and [may not be in use](evergreen.md#account-1). Of 379 addresses 368 bear the number of another patron: an address goes with its owner.

*Before* and *after* count the rows of the table that name somebody other than account 1, or all its rows where nobody is named by
a number; a row of an erased patron, which stays empty, counts as gone. *Taken* counts what the run cut and read back. A table that
two kinds of record share is counted with both.
"""
KINDS = {"transfer to archives": "transferred to archives", "delete": "deleted", "de-identify": "de-identified"}


def section(told: Outcome) -> str:
    """What one policy did."""
    lines = [
        f"## {told.policy.name}",
        "",
        _end(told),
        "",
        "| record | what happens | clauses | rows | before | taken | after |",
        "|---|---|---|---|---|---|---|",
        *_loans(told),
        *_records(told),
        *_cards(told),
        "",
        *_left(told),
    ]
    return "\n".join(lines) + "\n"


def _end(told: Outcome) -> str:
    swept = told.run["sweep"]
    return (
        f"The run is *{told.run['outcome']}*; {swept['led_back']} of {swept['swept']} loans lead back to their reader; `verify` "
        f"finds {'nothing' if told.verified else 'something'} left."
    )


def _line(told: Outcome, head: tuple[str, str, str], name: str, table: str, taken: int) -> str:
    cells = (*head, f"{name}, `{table}`", told.before[table], taken, told.after[table])
    return f"| {' | '.join(str(one) for one in cells)} |"


def _after(keep: Period) -> str:
    return f"after {keep.keep}" if keep.keep.amount else "at once"


def _loans(told: Outcome) -> Iterator[str]:
    rules, anchor = told.policy.loan_schedule().rules, told.system_map.loans.closed
    what = "; ".join(
        f"{'' if one.applies == 'any' else f'{one.applies}: '}{KINDS[one.disposition.value]} {_after(one.periods[-1])}"
        for one in rules
    )
    head = ("loans", what, _clauses(*(one.clauses for one in rules)))
    yield _line(told, head, "past loan", anchor.table, told.run["rows"][anchor.table])
    for path in told.system_map.loans.paths:
        if taken := told.run["rows"].get(path.name, 0):
            yield _line(told, head, path.name, path.table, taken)


def _clauses(*several: tuple[str, ...]) -> str:
    return ", ".join(dict.fromkeys(one for clauses in several for one in clauses))


def _records(told: Outcome) -> Iterator[str]:
    for record, schedule in told.policy.record_schedules().items():
        for rule in schedule.rules:
            what = f"{KINDS[rule.disposition.value]} {_after(rule.periods[-1])}"
            head = (f"{record}, {rule.active_until}", what, _clauses(rule.clauses))
            for one in told.system_map.ruled:
                link = one.link
                if (link.record, link.event) == (record.value, rule.active_until.value) and told.before[one.table]:
                    yield _line(told, head, one.name, one.table, told.run["rows"].get(one.name, 0))


def _cards(told: Outcome) -> Iterator[str]:
    cards = told.system_map.cards
    for record, schedule in told.policy.record_schedules().items():
        for rule in schedule.rules:
            if cards is not None and (record.value, rule.active_until.value) == (cards.record, cards.event):
                head = (f"{record}, {rule.active_until}", f"deleted {_after(rule.periods[-1])}", _clauses(rule.clauses))
                yield _line(told, head, "patron", told.system_map.people.table, told.run["cards"]["people"])


def _left(told: Outcome) -> Iterator[str]:
    kept = {name: count for name, count in told.plan["states"].items() if name != "due"}
    said = [f"Loans that stay: {_counts(kept)}."]
    if cards := told.plan.get("cards"):
        said.append(f"Patrons that stay: {_counts(cards['kept'])}. With those who go: {_counts(_with_cards(told))}.")
    schedules = told.policy.record_schedules()
    none = [str(record) for record in schedules if not any(_has_rows(told, record.value))]
    if none:
        said.append(f"Ruled, and no row in the data: {', '.join(sorted(none))}.")
    words = [
        str(record)
        for record, one in told.policy.datasets.items()
        if isinstance(one.rule, RecordsRule) and not one.rule.retention
    ]
    if words:
        said.append(f"Promised in words only, and left: {', '.join(words)}.")
    beyond = {f"`{name}`": told.after[name] for name in told.system_map.not_yet_covered if told.after[name]}
    if beyond:
        said.append(
            f"Tables that no rule of this policy reaches, with their rows: {_counts(dict(sorted(beyond.items())))}."
        )
    yield "\n\n".join(textwrap.fill(one, 128, break_on_hyphens=False) for one in said)


def _with_cards(told: Outcome) -> dict[str, int]:
    rows = {name: count for name, count in told.run["cards"]["rows"].items() if name != "person"}
    return {f"`{name.rpartition('.')[0]}`": count for name, count in sorted(rows.items())}


def _has_rows(told: Outcome, record: str) -> Iterator[bool]:
    cards = told.system_map.cards
    yield cards is not None and cards.record == record and bool(told.plan.get("cards"))
    yield from (one.link.record == record and told.before[one.table] > 0 for one in told.system_map.ruled)


def _counts(found: dict[str, object]) -> str:
    """Counts by name; what is told as a band of small numbers is left out."""
    return ", ".join(f"{name} {count}" for name, count in found.items() if isinstance(count, int)) or "none"


def page(files: Path) -> str:
    """Carry out every policy; the whole page."""
    parts = [HEAD]
    with postgresql.running() as server, tempfile.TemporaryDirectory() as folder:
        concerto_run.prepare(server, files)
        for name in sorted(policy_files.shipped_names()):
            own = concerto_run.copy_of(server, name)
            try:
                parts.append(section(concerto_run.carried_out(own, Path(folder) / name, name)))
            finally:
                own.dispose()
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write, or compare."""
    if (files := concerto.folder()) is None:
        print(f"{concerto.VARIABLE} names no folder with Evergreen's public sample data", file=sys.stderr)
        return 2
    return write_or_compare(PAGE, page(files), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
