"""What has to be said with each act of a case: a ground, a reason, a finding, and which of the words that are known."""

from __future__ import annotations

import re
from collections.abc import Mapping

from carrel.disclosure import faults
from carrel.disclosure.asked_days import FROM, UNTIL, days_wrong
from carrel.disclosure.event import Act, Event, Ground, Ruling, require_seen
from carrel.disclosure.finding import OVER, RECORDS, SUBJECTS, findings_in, names_people
from carrel.disclosure.package_kind import PackageKind
from carrel.disclosure.process import Does
from carrel.disclosure.standing import Standing
from carrel.errors import fault

_NEEDED: Mapping[Act, tuple[str, ...]] = {
    Act.RECEIVED: ("instrument", "served on"),
    Act.NAMED: ("person",),
    Act.FILED: ("document", "paper"),
    Act.TAKEN: ("step",),
    Act.DEFECT: ("defect", "what"),
    Act.CURED: ("defect",),
    Act.RULED: ("ruling",),
    Act.EXEMPTED: ("exemption",),
    Act.FORGET: ("plan",),
    Act.PRODUCED: ("kind",),
    Act.SILENCED: ("basis", "starts", "ends"),
    Act.REFUSED: ("ground",),
}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_WORDS = frozenset({Act.NOTED, Act.CURED, Act.SILENCE_ENDED, Act.REFUSED, Act.EXEMPTED})
_STEP_NEEDS: Mapping[Does, str] = {
    Does.PRESERVE: "hold", Does.CITE: "cite", Does.FIND: "finding", Does.REVIEW: "finding",
}  # fmt: skip
_COMPELLED = frozenset({Ground.DEFECT, Ground.QUASHED, Ground.READERS, Ground.EXEMPT, Ground.CONDITIONS})


def require_said(here: Standing, event: Event, words: str) -> None:
    """Whether all is said that has to be.

    Args:
        here: where the case stands.
        event: that is new.
        words: beside it.

    Raises:
        CarrelError: DSC-005; DSC-006, a term has hidden signs.
    """
    require_seen(event)
    needed = [name for name in _NEEDED.get(event.act, ()) if not event.term(name)]
    if event.act in _WORDS and not words.strip():
        needed.append("words")
    if event.act is Act.RELEASED and here.process.release_first and not words.strip():
        needed.append("words: what was told to whom, and why at once")
    if event.act is Act.TAKEN and (known := here.process.step(event.term("step"))) is not None:
        name = _STEP_NEEDS.get(known.does, "")
        if name and not event.term(name):
            needed.append(name)
    if event.act is Act.FILED and event.term("paper") not in {*here.process.papers, "other"}:
        needed.append(f"which paper: {', '.join((*here.process.papers, 'other'))}")
    if event.act is Act.RULED and event.term("ruling") not in set(Ruling):
        needed.append(f"ruling: {', '.join(Ruling)}")
    needed += _package(event, words) if event.act is Act.PRODUCED else days_wrong(event.terms, (FROM, UNTIL))
    if event.act is Act.EXEMPTED:
        needed += _exemption(here, event)
    if event.act is Act.REFUSED:
        needed += _ground(here, event)
    needed += _defect(here, event)
    if needed:
        raise fault(
            faults.MISSING,
            at=event.term("step") or event.act,
            wanted=", ".join(needed),
            found="nothing, or something else",
            because="whoever reads the case later has to see it",
            fix="say it; `carrel disclose` names the option with --help, and the page of the case has a field for it",
        )


def _package(event: Event, words: str) -> list[str]:
    kind = event.term("kind")
    if kind not in set(PackageKind):
        return [f"a kind: {', '.join(PackageKind)}"]
    if kind == PackageKind.BY_HAND:
        return [] if words.strip() else ["words: where it lies, and why no system has it"]
    return [name for name in ("manifest", "leaf") if not _DIGEST.fullmatch(event.term(name))]


def _ground(here: Standing, event: Event) -> list[str]:
    grounds = _COMPELLED if here.process.compels else frozenset(Ground)
    return [] if event.term("ground") in grounds else [f"a ground: {', '.join(sorted(grounds))}"]


def _exemption(here: Standing, event: Event) -> list[str]:
    rule, name = here.process.education, event.term("exemption")
    known = () if rule is None else tuple(sorted(rule.exemptions))
    if event.term(OVER):
        found = {one.exemption for one in here.findings}
        if name not in found:
            return [f"an exemption that holds here: {', '.join(sorted(found)) or 'there is none'}"]
        return [] if findings_in(event) <= here.findings else ["a finding of the same people and records"]
    wrong = [] if name in known else [f"an exemption that holds here: {', '.join(known) or 'there is none'}"]
    if rule is not None and event.term(RECORDS) not in {"", *rule.kinds}:
        wrong.append(f"a kind of record that is one of education: {', '.join(sorted(rule.kinds))}")
    if event.term(SUBJECTS) and not names_people(event.term(SUBJECTS)):
        wrong.append("people of the case, sixteen at most at once")
    return wrong


def _defect(here: Standing, event: Event) -> list[str]:
    name = event.term("defect")
    there = {one.id for one in here.defects}
    if event.act is Act.DEFECT and name in there:
        return ["a defect that is new"]
    if event.act is Act.CURED and name not in {one.id for one in here.open_defects}:
        return [f"a defect that is open: {', '.join(one.id for one in here.open_defects) or 'none is'}"]
    return []
