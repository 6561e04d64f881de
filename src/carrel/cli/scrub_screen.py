"""What ``carrel scrub`` tells: counts of lines, what the log held on persons by field, never a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli.screen import number, put_json, put_line, say

if TYPE_CHECKING:
    from carrel.cli.scrub_setup import LogRule
    from carrel.deidentification.logs.log_counts import ToldCount
    from carrel.systems.logs.log_tally import Tally


def body(
    tally: Tally, *, logs: int, skipped: Sequence[str], destroyed: Sequence[str], rule: LogRule | None,
    counts: Sequence[ToldCount] | None, none_found: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The report for programs.

    Args:
        tally: of all logs.
        logs: how many were scrubbed.
        skipped: those that were so before.
        destroyed: days whose keys are gone.
        rule: what the policy says of lines.
        counts: figures that may be told.
        none_found: whether logs were to be scrubbed, and what was named holds none.
    """
    return {
        "logs": logs,
        "no_log_found": none_found,
        "scrubbed_before": list(skipped),
        **tally.as_dict(),
        "keys_destroyed": list(destroyed),
        "policy": None if rule is None else rule.as_dict(),
        "counts": None if counts is None else [one.as_dict() for one in counts],
    }


def put(told: Mapping[str, Any], *, as_json: bool, err: bool) -> None:
    """Print the report; on stderr where the log itself goes to stdout."""
    if as_json:
        put_json(told, err=err)
        return
    for line in lines(told):
        put_line(line, hang=2, err=err)


def lines(told: Mapping[str, Any]) -> list[str]:
    """The report for people."""
    aside = told["set_aside"]
    passed = f"{number(told['passed'])} of {amount(told['lines'], 'line')} passed, scrubbed."
    name = f"{told['name']}: " if "name" in told else ""
    whole = f"{name}{amount(told['logs'], 'log')} ({', '.join(told['formats']) or 'no line'}): {passed}"
    out = [whole] if told["logs"] or name else []
    if told["no_log_found"]:
        out.append("No log was found: the patterns name none here, or each that they name is empty.")
    elif not (told["logs"] or told["keys_destroyed"] or told["scrubbed_before"]):
        out.append("No key was due.")
    if told["scrubbed_before"]:
        before = amount(len(told["scrubbed_before"]), "log was", "logs were")
        out.append(f"{before} scrubbed before and left {'as it is' if before.startswith('1 ') else 'as they are'}.")
    if aside["unknown"]:
        out.append(f"{amount(aside['unknown'], 'line')} set aside: no known format fits. None of them passed.")
    if aside["too_long"]:
        out.append(f"{amount(aside['too_long'], 'line')} set aside: longer than 1 MiB. None of them passed.")
    out += _policy_lines(told)
    if told["held"]:
        out.append(f"Of the {amount(told['looked_at'], 'line')} looked at, so many held:")
        out += [f"  {one['identifier']} in {one['field']}: {number(one['lines'])}" for one in told["held"]]
    if told["keys_destroyed"]:
        out.append(f"Keys destroyed, of {', '.join(told['keys_destroyed'])}.")
    for one in told["counts"] or ():
        out.append(f"{one['month']} {one['host']}: {one['requests']} requests, {one['sessions']} sessions")
    return out


def _policy_lines(told: Mapping[str, Any]) -> list[str]:
    if (rule := told["policy"]) is None:
        return []
    name = f"{rule['policy']} keeps log lines {rule['keep']}"
    if told["dropped"]:
        return [f"{name}: {amount(told['dropped'], 'line')} past that left out."]
    if told["past"]:
        return [f"{name}: {amount(told['past'], 'line')} stood unscrubbed for longer than that."]
    return [f"{name}: no line was older."]


def put_formats(rows: Sequence[tuple[str, str, str]], *, as_json: bool) -> None:
    """The known formats."""
    if as_json:
        formats = [{"name": name, "is": meaning, "text": text} for name, meaning, text in rows]
        put_json({"formats": formats})
        return
    for name, meaning, text in rows:
        put_line(meaning, f"{name:<18}", hang=18)
        say(f"{'':<18}{text}")
