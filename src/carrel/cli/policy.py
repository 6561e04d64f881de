"""``carrel policy``: read a policy, check it, compare two, and see what is carried out and what is promised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carrel.amount import amount
from carrel.cli.option_values import DAY, FILE_OR_FOLDER, TEXT_OR_FILE, WORDS
from carrel.cli.screen import put_line, say
from carrel.errors import Exit

if TYPE_CHECKING:
    from carrel.policy.resolve import Policy

_policy = click.argument("said", metavar="POLICY", type=TEXT_OR_FILE)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(epilog="Example: carrel policy show mit-libraries")
def policy() -> None:
    """The policy document: lint, show, diff, notice, coverage, schema.

    POLICY is the path of a policy file, or the name of one that comes with Carrel: manhattan, mit-11.2, mit-libraries,
    owwl, worcester.
    """


@policy.command(epilog="Example: carrel policy show worcester")
@click.argument("said", metavar="[POLICY]", required=False, type=TEXT_OR_FILE)
@click.option("--site", type=FILE_OR_FOLDER, help="Show the policies in force at this site instead, unit by unit.")
@click.option("--system", "system_name", help="With --site: the system; may be left out where the site has one.")
@click.option("--unit", help="With --site: the policy that governs this unit, by its code.")
@_json
def show(said: str | None, site: Path | None, system_name: str | None, unit: str | None, as_json: bool) -> None:
    """Print a policy as it holds after adoption.

    Periods with the dates from which they are in force, what else is held, purposes, classes and floors, the written
    precedence where clauses pull apart, and every clause.

    With --site it tells which policies are in force in a system's database: which units each governs, and what is
    treated more strictly than a policy writes. With --unit as well, the policies that govern one unit.
    """
    if site is not None:
        if said is not None:
            raise click.UsageError("Name a policy, or a site with --site, not both.")
        from carrel.cli import unit_policies

        unit_policies.show(site, system_name, unit, as_json=as_json)
        return
    if said is None or unit is not None or system_name is not None:
        raise click.UsageError("Name a policy; --unit and --system go with --site.")
    from carrel.policy.printout import printout
    from carrel.systems.policy_files import load

    found = load(said)
    if as_json:
        _print(_data(found))
    else:
        say(printout(found).removesuffix("\n"))


@policy.command(epilog="Example: carrel policy lint policy.yaml")
@_policy
@click.option("--on", "on", type=DAY, help="Day to look at it from.  [default: today]")
@_json
@click.pass_context
def lint(ctx: click.Context, said: str, on: Any, as_json: bool) -> None:
    """Check a policy and list what it leaves open.

    A policy with faults ends with 2 and lists all of them. A sound one ends with 3 while its review is overdue, a
    promise has no words, an exception has ended, or figures are the library's own choice.
    """
    from datetime import UTC, datetime

    from carrel.policy.lint import lint as open_points
    from carrel.systems.policy_files import load

    found = load(said)
    points = open_points(found, (on or datetime.now(UTC)).date())
    if as_json:
        rows = [{"kind": point.kind.value, "at": point.at, "says": point.says} for point in points]
        _print({"policy": found.name, "digest": found.digest, "findings": rows})
    else:
        for point in points:
            put_line(f"{point.at}: {point.says}", hang=2)
        say(f"{found.name}: sound, {amount(len(points), 'open point')}")
    if points:
        ctx.exit(Exit.FINDINGS)


@policy.command(epilog="Example: carrel policy diff mit-libraries policy.yaml")
@click.argument("old", type=TEXT_OR_FILE)
@click.argument("new", type=TEXT_OR_FILE)
@_json
def diff(old: str, new: str, as_json: bool) -> None:
    """Say in plain words what changes from OLD to NEW.

    Each line says what gets shorter, longer, new, dropped or otherwise different, with the clauses it touches.
    """
    from carrel.policy.difference import differences
    from carrel.systems.policy_files import load

    before, after = load(old), load(new)
    found = differences(before, after)
    if as_json:
        rows = [
            {"change": row.change.value, "subject": row.subject, "says": row.says, "clauses": list(row.clauses)}
            for row in found
        ]
        _print({"old": before.name, "new": after.name, "differences": rows})
        return
    for row in found:
        cited = f" [{', '.join(row.clauses)}]" if row.clauses else ""
        put_line(f"{row.change.value:<8} {row.says}{cited}", hang=9)
    if not found:
        say(f"{before.name} and {after.name} say the same")


@policy.command(epilog="Example: carrel policy notice mit-11.2 --form registration")
@click.argument("said", metavar="[POLICY]", required=False, type=TEXT_OR_FILE)
@click.option("--form", "form", metavar="NAME", type=WORDS, help="Only the notice of this form.  [default: all]")
@_json
def notice(said: str | None, form: str | None, as_json: bool) -> None:
    """Print what people are told on each form: every field, why it is asked, whether it must be, and what follows.

    Without POLICY, of the policy of the site in this folder. Forms stand under `forms:` in the policy; those of adopted
    policies are printed as well. Print them on the form, or beside it.
    """
    from dataclasses import asdict

    from carrel.errors import fault
    from carrel.policy import faults
    from carrel.policy.collection_notice import notices
    from carrel.systems.policy_files import load

    found = notices(_of_site() if said is None else load(said))
    mine = [one for one in found if form in {None, one.form}]
    if not mine:
        raise fault(
            faults.REFERENCE,
            at="forms",
            wanted=" or ".join(one.form for one in found) or "a form under 'forms:' in the policy",
            found="another name" if found else "none",
            fix="name one of them" if found else "write the forms into the policy: docs/policy.md",
        )
    if as_json:
        _print({"notices": [asdict(one) for one in mine]})
        return
    for number, one in enumerate(mine):
        say(("\n" if number else "") + "\n".join(one.lines()))


@policy.command(epilog="Example: carrel policy coverage --json")
@click.argument("said", metavar="[POLICY]...", nargs=-1, type=TEXT_OR_FILE)
@click.option("--site", type=FILE_OR_FOLDER, help="The policies in force at this site instead, those of branches too.")
@_json
def coverage(said: tuple[str, ...], site: Path | None, as_json: bool) -> None:
    """List which clauses are carried out, and which are not yet.

    Without POLICY, all policies that come with Carrel; with --site, those that a site goes by. A clause is carried when
    it stands under a rule of the policy (its `carried by:`) and an audit takes evidence for it from the live systems; a
    rule alone does not carry it. Of some others an audit measures a part, or what only some sites have: it can tell a
    finding there. What of a clause it does not measure is said beside it.
    """
    from carrel.accountability.custody import CUSTODIAN_CLAUSES
    from carrel.accountability.registry import carried_clauses, measured_clauses, not_measured
    from carrel.policy.coverage import coverage as cover
    from carrel.systems.policy_files import load, shipped_names

    if site is not None and said:
        raise click.UsageError("Name policies, or a site with --site, not both.")
    policies = _in_force(site) if site is not None else [load(name) for name in said or shipped_names()]
    found = cover(policies, carried_clauses() | CUSTODIAN_CLAUSES.keys())
    measured, left_out = measured_clauses(), not_measured()
    partly = {row.policy: [one for one in row.not_yet if one in measured] for row in found}
    if as_json:
        rows = {
            row.policy: {
                "carried": list(row.carried), "not_yet": list(row.not_yet), "measured_in_part": partly[row.policy],
                "not_measured": {one: left_out[one] for one in partly[row.policy] if one in left_out},
            }
            for row in found
        }  # fmt: skip
        _print({"policies": rows})
        return
    for row in found:
        say(f"{row.policy}: {len(row.carried)} of {amount(len(row.carried) + len(row.not_yet), 'clause')} carried")
        put_line(f"carried, that is under a rule and measured: {', '.join(row.carried) or 'none'}", "  ", hang=4)
        put_line(f"not yet, under a rule that no audit measures whole: {', '.join(row.ruled) or 'none'}", "  ", hang=4)
        put_line(f"not yet, promised in words: {', '.join(row.promised) or 'none'}", "  ", hang=4)
        some = ", ".join(partly[row.policy]) or "none"
        put_line(f"of these an audit measures a part, or what only some sites have: {some}", "  ", hang=4)
        for one in partly[row.policy]:
            if one in left_out:
                put_line(f"{one}, not measured: {left_out[one]}", "    ", hang=6)


def _in_force(place: Path) -> list[Policy]:
    """The policies by which a site goes, each once, in the order of its systems."""
    from carrel.systems import branch_policies
    from carrel.systems.site_file import load_site

    site = load_site(place)
    found = [one for system in site.originals for one in branch_policies.load(site, system).policies]
    return list({one.digest: one for one in found}.values())


@policy.command(epilog="Example: carrel policy schema > policy.schema.json")
def schema() -> None:
    """Print the JSON Schema of a policy file, for editors.

    Name it in the first line of a policy: # yaml-language-server: $schema=policy.schema.json
    """
    from carrel.policy.json_schema import policy_schema

    say(json.dumps(policy_schema(), indent=2, sort_keys=True))


def _of_site() -> Policy:
    """The policy of the site in whose folder somebody works."""
    from carrel.cli.at_site import open_site
    from carrel.systems.policy_files import load

    site = open_site(Path())
    return load(site.policy, site.policy_place)


def _data(found: Policy) -> dict[str, Any]:
    schedule = found.loan_schedule() if found.loans else None
    return {
        "policy": found.name,
        "digest": found.digest,
        "adopts": [{"policy": adopted.name, "digest": adopted.digest} for adopted in found.adopted],
        "document": found.body.model_dump(mode="json", by_alias=True),
        "classes": {record.value: dataset.risk.value for record, dataset in found.datasets.items()},
        "loans": {
            rule.id: [
                {"keep": str(period.keep), "since": period.since.isoformat(), "reaches_back": period.reaches_back}
                for period in rule.periods
            ]
            for rule in (schedule.rules if schedule else ())
        },
    }


def _print(told: dict[str, Any]) -> None:
    say(json.dumps({"format_version": 1, **told}, indent=2, ensure_ascii=False))
