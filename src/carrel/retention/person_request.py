"""What somebody asks for about one person, as a file says it: who it is, and what shall be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from carrel.errors import CarrelError, Fault, fault, unseen
from carrel.inventory.category import Category
from carrel.inventory.correction_map import CorrectableField, CorrectionMap
from carrel.policy.yaml_source import YamlSource, read_yaml
from carrel.retention import faults

CARD, NUMBER, CASE = "card number", "record number", "case"
CORRECT = "correct"
FIT = "correct this value in the request, and plan again"
_FIELDS = "name one of these; `carrel map show` lists their parts"
_ONCE = "take one of the two out: a field can be named by its word and by the product's column"
LONGEST = 64_000  # signs in a file; a request is short


@dataclass(frozen=True, slots=True)
class Named:
    """The person as the request names it; it is never repeated.

    Attributes:
        said: a card number, the number of the record, or a case.
        by: which of them.
    """

    said: str = field(repr=False)
    by: str

    @property
    def by_card(self) -> bool:
        """Whether it is a card number."""
        return self.by == CARD


@dataclass(frozen=True, slots=True)
class Wanted:
    """One new value.

    Attributes:
        name, part: of the map's field.
        column: of the people's table.
        value: the new one; empty for none.
    """

    name: str
    part: str
    column: str
    value: str = field(repr=False)


def read_request(text: str, at: str, body: str, also: tuple[str, ...] = ()) -> tuple[Named, YamlSource]:
    """Read a request, in YAML or JSON.

    Args:
        text: the whole file.
        at: what errors call it.
        body: the key beside the person's, under which stands what is asked for.
        also: further keys that may stand for the person.

    Returns:
        The person, and the source, whose data has the key ``body``.

    Raises:
        CarrelError: REQ-001. Of the text nothing is repeated but places in it: any word can be a person's.
    """
    shape = f"'{CARD}:' or '{NUMBER}:' with the person's, and '{body}:' with what is asked for"
    if len(text) > LONGEST:
        raise _unreadable(at, shape, "a file that is too long")
    try:
        source = read_yaml(text, at)
    except CarrelError as broken:
        raise _silent(broken.faults, shape) from None
    if source.faults:
        raise _silent(source.faults, shape)
    data = source.data
    named = [key for key in (CARD, NUMBER, *also) if isinstance(data, dict) and key in data]
    if len(named) != 1 or body not in data:
        raise _unreadable(source.name, shape, "something else")
    if len(data) != 2:  # noqa: PLR2004  (the person, and what is asked for)
        raise _unreadable(source.name, shape, "further keys")
    (key,) = named
    said = data[key]
    if not isinstance(said, str) or not said.strip():
        raise _unreadable(source.at((key,)), "one number", "something else")
    return Named(said.strip(), key), source


def read_correction(
    text: str, at: str, rectify: CorrectionMap, own_words: Mapping[str, Category]
) -> tuple[Named, tuple[Wanted, ...]]:
    """Read a request to correct a record.

    Args:
        text: the whole file.
        at: what errors call it.
        rectify: of the map.
        own_words: the policy's own names for the fields of a registration, and their categories.

    Returns:
        The person, and each new value with its column, each column once.

    Raises:
        CarrelError: REQ-001 it cannot be read; REQ-002 a field that the map does not know. Every fault at once.
    """
    named, source = read_request(text, at, CORRECT)
    body = source.data[CORRECT]
    if not isinstance(body, dict) or not body:
        raise _unreadable(source.at((CORRECT,)), "fields with their new values", "none")
    wanted: list[Wanted] = []
    wrong: list[Fault] = []
    for word, value in body.items():
        where = source.at((CORRECT, word), key=True)
        found = _field(word, rectify, own_words)
        if found is None:
            wrong.append(_unknown(where, ", ".join(sorted(rectify.fields)), _FIELDS))
            continue
        name, known, part = found
        parts = {part: value} if not isinstance(value, dict) else value
        for inner, new in parts.items():
            spot = where if not isinstance(value, dict) else source.at((CORRECT, word, inner), key=True)
            if inner not in known.parts or (part and isinstance(value, dict) and part != known.main):
                wrong.append(
                    _unknown(spot, ", ".join(known.parts), f"write {name}: {{PART: VALUE}} with one of these parts")
                )
            elif not isinstance(new, str):
                wrong.append(
                    Fault(faults.REQUEST, at=spot, wanted="one value", found="something else", fix="put it in quotes")
                )
            elif unseen(new, lines=known.category is Category.STAFF_NOTE):
                wrong.append(
                    Fault(
                        faults.UNFIT,
                        at=spot,
                        wanted="letters that can be seen",
                        found="a control sign or an end of line",
                        fix=FIT,
                    )
                )
            else:
                wanted.append(Wanted(name, inner, known.parts[inner], new.strip()))
    columns = [one.column for one in wanted]
    if len(set(columns)) < len(columns):
        wrong.append(
            Fault(
                faults.REQUEST, at=source.at((CORRECT,)), wanted="each field once", found="one named twice", fix=_ONCE
            )
        )
    if wrong:
        raise CarrelError(tuple(wrong))
    return named, tuple(wanted)


def _silent(wrong: Iterable[Fault], shape: str) -> CarrelError:
    """The places of faults of the text, without its words."""
    fix = 'write a value, or "" to empty a field; quote a value that holds a colon or begins with a sign'
    return CarrelError(
        tuple(Fault(faults.REQUEST, at=one.at, wanted=shape, found=one.condition.title, fix=fix) for one in wrong)
    )


def _field(
    word: str, rectify: CorrectionMap, own_words: Mapping[str, Category]
) -> tuple[str, CorrectableField, str] | None:
    """The field that a word names, and the part that a bare value is meant for."""
    if word in rectify.fields:
        return word, rectify.fields[word], rectify.fields[word].main
    for name, known in rectify.fields.items():
        for part, column in known.parts.items():
            if column == word:
                return name, known, part
    meant = own_words.get(word)
    for name, known in rectify.fields.items():
        if meant is not None and known.category is meant:  # the first one of a category is the plain one
            return name, known, known.main
    return None


def _unknown(at: str, known: str, fix: str) -> Fault:
    return Fault(faults.NO_FIELD, at=at, wanted=known, found="something else", fix=fix)


def _unreadable(at: str, wanted: Any, found: str) -> CarrelError:
    return fault(faults.REQUEST, at=at, wanted=wanted, found=found, fix="see `docs/rectify.md` and `docs/restrict.md`")
