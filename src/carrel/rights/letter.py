"""What the person gets in writing: that the request came, where it stands, and what the answer is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from carrel.retention.approval import Kind
from carrel.retention.outcome import Outcome
from carrel.retention.payer import BOOKS, WHOLE
from carrel.rights.letter_words import WORDS
from carrel.rights.request import Channel, Request, Right, Route
from carrel.rights.standing import Standing, State
from carrel.rights.switch_words import switch_in, switch_of

_ERASED = frozenset({Outcome.VERIFIED, Outcome.KEPT, Outcome.RESIDUE})  # then a hash was left so that nobody writes


@dataclass(frozen=True)
class Sender:
    """Who writes.

    Attributes:
        library: its name.
        contacts: who answers questions, and where to turn to (MITL-10.8).
        zone: whose calendar counts.
    """

    library: str
    contacts: Sequence[tuple[str, str]]
    zone: ZoneInfo


@dataclass(frozen=True, repr=False)
class Said:
    """What was said beside the events, opened for this letter alone.

    Attributes:
        answer: words of the answer.
        reason: of a refusal, or of more time.
        stays: what was not taken out, and on which ground, in words of the map.
        where: what each controller answers for, by its name.
        names: of recipients and controllers in the language of the letter, by their name in the policy.
        elsewhere: what each controller answers for and where to turn to, by its name; those to whom this request was
            not passed on.
    """

    answer: str = ""
    reason: str = ""
    stays: Sequence[str] = ()
    where: Mapping[str, str] | None = None
    names: Mapping[str, str] | None = None
    elsewhere: Mapping[str, str] | None = None


def letter(request: Request, now: Standing, sender: Sender, said: Said) -> str:
    """The letter, in the language of the request where Carrel speaks it, else in English.

    Args:
        request: whose.
        now: where it stands.
        sender: the library.
        said: what was said beside its events.

    Returns:
        Plain text. Nobody is named in it but the library and whoever was told.

    Guarantees:
        "Answered" is said of a request that is answered only. What failed, or was not reached, is told as that. Both
        addresses for questions stand in every letter, and where one goes by email, the warning that others can read it.
        Whoever answers for data of its own by the policies stands in every letter about the person's data.

    Source:
        GDPR Art. 12(3) and (4), 19; MITL-9.1, 9.7, 9.9, 9.11, 10.8; WPL-6.4.
    """
    words = WORDS.get(request.language.split("-")[0], WORDS["en"])
    return "\n".join(_lines(request, now, sender, said, words)).rstrip() + "\n"


def _lines(request: Request, now: Standing, sender: Sender, said: Said, words: Mapping[str, str]) -> Iterator[str]:
    yield sender.library
    yield ""
    yield words["about"].format(right=words[f"right {request.right}"], id=request.id)
    yield words["came"].format(day=_day(now, sender))
    yield ""
    yield words[f"state {now.state}"]
    if not now.state.is_final and now.due is not None:
        yield words["late" if now.overdue else "by"].format(day=now.due.day.isoformat())
        if now.due.extended:
            yield words["longer"].format(reason=said.reason)
    if now.state is State.REFUSED:
        yield words["refused"].format(ground=words[f"ground {now.ground}"])
        yield from [said.reason] if said.reason else []
        yield words["disagree" if now.right is Right.CHALLENGE else "complain"]
    if now.decision is not None:
        yield words[f"decision {now.decision}"]
    if now.stated:
        yield words["stated"]
    yield from _work(now, words, said)
    yield from _tasks(now, words, said, request.language)
    yield from _elsewhere(now, words, said)
    if now.state is State.ANSWERED and said.answer:
        yield ""
        yield said.answer
    yield ""
    yield words["questions"]
    for who, where in sender.contacts:
        yield f"  {who}: {where}"
    if request.channel in {Channel.EMAIL, Channel.WEB}:
        yield ""
        yield words["email"]


def notice(request: Request, now: Standing, sender: Sender, page: str = "") -> tuple[str, str]:
    """What may go by email: that the request is there, by when it is answered, and where the rest can be read.

    Args:
        request: whose.
        now: where it stands.
        sender: the library.
        page: address of the person's own page about it; empty where the library has none.

    Returns:
        Subject and text, in the language of the request where Carrel speaks it, else in English.

    Guarantees:
        Nothing of a record stands in it: no name, no right, no system, no reason, no ground, nobody who was told.

    Source:
        GDPR Art. 12(3); WPL-6.4.
    """
    words = WORDS.get(request.language.split("-")[0], WORDS["en"])
    lines = [words["notice number"].format(id=request.id), words["came"].format(day=_day(now, sender))]
    if now.state.is_final:
        lines.append(words["notice ended"])
    elif now.due is not None:
        lines.append(words["late" if now.overdue else "by"].format(day=now.due.day.isoformat()))
        lines += [words["notice longer"]] if now.due.extended else []
    lines += ["", words["notice more"], *([words["notice page"].format(page=page)] if page else [])]
    lines += ["", words["questions"], *(f"  {who}: {where}" for who, where in sender.contacts), "", words["email"]]
    return f"{sender.library}: {words['notice subject']}", "\n".join(lines) + "\n"


def _work(now: Standing, words: Mapping[str, str], said: Said) -> Iterator[str]:
    for one in now.cases:
        if one.waived and one.outcome is None:
            continue
        outcome = words[f"outcome {one.outcome}" if one.outcome is not None else "outcome none"]
        where = words["system"].format(name=one.system) if one.system else words["all systems"]
        yield f"  {where}: {outcome}"
    if said.stays:
        yield words["stays"]
        yield from dict.fromkeys(f"  - {_stays(one, words)}" for one in said.stays)
    if any(one.kind == Kind.ERASURE and one.outcome in _ERASED for one in now.cases):
        yield words["silent"]


def _stays(ground: str, words: Mapping[str, str]) -> str:
    """What stays, for whoever it is about; the ground in the map's own words where nobody wrote it down for people."""
    if ground == WHOLE:
        return words["stays for the books"]
    if ground.startswith(BOOKS):
        return words["stays for the books until"].format(rule=ground.removeprefix(BOOKS))
    if ground.startswith("acted "):
        return words["stays of your work"]
    return words["stays of consent"] if ground == "evidence of consent" else ground


def _tasks(now: Standing, words: Mapping[str, str], said: Said, language: str) -> Iterator[str]:
    if now.tasks:
        yield ""
    for one in now.tasks:
        name = "elsewhere" if one.kind == Route.CONTROLLER else "told"
        state = "none" if one.ended_how is None else str(one.ended_how)
        if one.ended_how is None and one.told_at is None:
            state = "not yet"
        if one.kind == Route.SWITCH:
            to = switch_in(one.to, language) or switch_of(one.to)
            yield words["switch"].format(to=to) + " " + words[f"switch {state}"]
            continue
        to = (said.names or {}).get(one.to, one.to)
        yield words[name].format(to=to[:1].upper() + to[1:]) + " " + words[f"task {state}"]
        if one.kind == Route.CONTROLLER and said.where and one.to in said.where:
            yield f"  {said.where[one.to]}"


def _elsewhere(now: Standing, words: Mapping[str, str], said: Said) -> Iterator[str]:
    """Who holds data of the person on their own account: whoever asks the library is told of all of them."""
    told = {one.to for one in now.tasks if one.kind == Route.CONTROLLER}
    others = {name: what for name, what in (said.elsewhere or {}).items() if name not in told}
    if others and now.right.needs_identity:
        yield ""
        yield words["others"]
        for name, what in others.items():
            to = (said.names or {}).get(name, name)
            yield f"  - {to[:1].upper() + to[1:]}: {what}"


def _day(now: Standing, sender: Sender) -> str:
    return now.received_at.astimezone(sender.zone).date().isoformat()
