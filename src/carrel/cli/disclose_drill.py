"""The drill: five visits, one question each, and what went wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click

from carrel.cli.at_site import open_site
from carrel.cli.disclose_rules import process_rules
from carrel.cli.request_desk import text_in
from carrel.cli.screen import put_json, put_line, say
from carrel.disclosure.drill import Judged, Visit, judge, judge_all, unreadable, visits
from carrel.errors import Exit


def drill_desk(*, answers: Path | None, site_path: Path, as_json: bool) -> int:
    """Ask, or read the answers, and judge them.

    Returns:
        3 when something went wrong.

    Raises:
        CarrelError: DSC-018, DSC-019.
    """
    found = visits(process_rules(open_site(site_path)).processes)
    if answers is None and as_json:
        put_json({"visits": [_as_dict(n, one) for n, one in enumerate(found, 1)]})
        return int(Exit.DONE)
    judged = judge_all(found, _read(answers)) if answers is not None else tuple(_asked(found))
    wrong = [one for one in judged if one.wrong]
    if as_json:
        results = [
            {"visit": one.number, "answer": one.answer, "wrong": one.wrong or None, "right": one.visit.right,
             "clauses": list(one.visit.clauses)}
            for one in judged
        ]  # fmt: skip
        put_json({"drill": {"right": len(judged) - len(wrong), "of": len(judged), "answers": results}})
    else:
        if answers is not None:
            for one in judged:
                _tell(one)
        say(f"{len(judged) - len(wrong)} of {len(judged)} visits went well.")
    return int(Exit.FINDINGS if wrong else Exit.DONE)


def _asked(found: tuple[Visit, ...]) -> list[Judged]:
    judged = []
    for number, visit in enumerate(found, 1):
        say()
        put_line(visit.happens, f"{number}. ")
        for letter, choice in zip(visit.letters, visit.choices, strict=True):
            put_line(choice.does, f"   {letter}) ")
        answer = click.prompt(f"What do you do? ({', '.join(visit.letters)})", value_proc=_letter_of(visit), err=True)
        one = judge(visit, number, answer)
        judged.append(one)
        _tell(one)
    return judged


def _letter_of(visit: Visit) -> Callable[[str], str]:
    """Takes B, or b), for b: whoever is at the desk for the first time is not asked to type well."""

    def letter(said: str) -> str:
        bare = said.strip(" ().").lower()
        if len(bare) == 1 and bare in visit.letters:
            return bare
        raise click.UsageError(f"type one of these letters: {', '.join(visit.letters)}")

    return letter


def _tell(one: Judged) -> None:
    if one.wrong:
        cited, right = ", ".join(one.visit.clauses), one.visit.right
        put_line(f"no. {one.wrong}" + (f" [{cited}]" if cited else ""), f"{one.number}. {one.answer}: ")
        put_line(one.visit.choices[one.visit.letters.index(right)].does, f"   better, {right}: ")
    else:
        say(f"{one.number}. {one.answer}: right")
    for line in one.visit.script:
        put_line(line, "   say: ")


def _read(place: Path) -> dict[str, object]:
    try:
        told = json.loads(text_in(place))
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise unreadable("a JSON object with a letter for each visit")
    return told


def _as_dict(number: int, visit: Visit) -> dict[str, object]:
    choices = {letter: one.does for letter, one in zip(visit.letters, visit.choices, strict=True)}
    return {"visit": number, "instrument": str(visit.instrument), "happens": visit.happens, "choices": choices}
