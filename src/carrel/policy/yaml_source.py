"""YAML as a policy uses it: plain mappings, lists and words, each with the line and column where it stands.

Read from parser events and not from `.lc` of a loaded tree, so that the place of every key and value is known, every
duplicate key is told and not only the first, and anchors, aliases, tags and merges never come to be expanded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from carrel.errors import CarrelError, Fault, fault, unseen
from carrel.policy import faults
from carrel.policy.yaml_events import is_common, quick_events

MOST_BYTES = 1 << 20
MOST_FAULTS = 100  # told at once; whoever has more has the wrong file
_DEEPEST = 16
_EMPTY = "write a value, or take the key out"
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}

Path = tuple[str | int, ...]
Plain = Any  # dict, list, str, bool or None, nested


@dataclass(frozen=True, slots=True)
class Place:
    """Where one entry stands; lines and columns count from 1."""

    key: tuple[int, int]
    value: tuple[int, int]


@dataclass(slots=True)
class YamlSource:
    """A file's content as plain data, the place of every entry, and the faults that did not stop the reading."""

    name: str
    data: Plain = None
    places: dict[Path, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def at(self, path: Path, *, key: bool = False) -> str:
        """``file:line:column`` of the value at a path, or of its key; of the nearest enclosing entry if it has none."""
        for end in range(len(path), -1, -1):
            if place := self.places.get(path[:end]):
                line, column = place.key if key and end == len(path) else place.value
                return f"{self.name}:{line}:{column}"
        return f"{self.name}:1:1"

    def line(self, path: Path) -> str:
        """``file:line`` of a path, for naming a second place."""
        return self.at(path, key=True).rpartition(":")[0]


def read_yaml(text: str, name: str) -> YamlSource:
    """Read one YAML 1.2 document.

    Args:
        text: the whole file.
        name: what faults call the file.

    Returns:
        Data made of mappings with text keys, lists, text, true, false and nothing: numbers and dates stay text, since
        what they mean is the grammar's to say. Duplicate keys are in ``faults``; the first of them is kept.

    Raises:
        CarrelError: POL-003 too large, POL-004 not well-formed, POL-005 an anchor, alias, tag, directive or second
            document, or nesting that no policy needs.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise too_large(name)
    return _read_quickly(text, name) or _read_slowly(text, name)


def _read_quickly(text: str, name: str) -> YamlSource | None:
    """What libyaml finds in a text without a fault; None where the slow reader has to decide, or to tell the fault."""
    if not is_common(text) or (events := quick_events(text)) is None:
        return None
    builder = _Builder(YamlSource(name))
    try:
        for event in events:
            builder.take(event)
    except (ValueError, CarrelError):
        return None
    # A text of one scalar is no document of ours, and the two differ in where its lines end.
    sound = not builder.source.faults and isinstance(builder.source.data, dict | list)
    return builder.source if sound else None


def _read_slowly(text: str, name: str) -> YamlSource:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    builder = _Builder(YamlSource(name))
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        where = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise _syntax(name, where, broken.problem or "") from None
    except YAMLError:
        raise _syntax(name, _first_control(text), "a control character") from None
    return builder.source


def too_large(name: str) -> CarrelError:
    """The fault of a file above `MOST_BYTES`."""
    return fault(
        faults.TOO_LARGE, at=name, wanted="at most 1 MiB", fix="split it, or check that this is the policy and not data"
    )


def _syntax(name: str, where: tuple[int, int], problem: str) -> CarrelError:
    fix = "see the line above and this one: a colon needs a space after it, lists and keys line up"
    if "\\t" in problem:
        fix = "indent with spaces, never with tabs"
    elif "mapping values" in problem:
        fix = "put the text in quotes: it has a colon in it"
    elif "control character" in problem:
        fix = "remove the control character"
    return fault(faults.SYNTAX, at=f"{name}:{where[0]}:{where[1]}", found=problem, fix=fix)


def _first_control(text: str) -> tuple[int, int]:
    for number, line in enumerate(text.split("\n"), start=1):
        for column, char in enumerate(line, start=1):
            if (
                (ord(char) < ord(" ") and char not in "\t\r")
                or "\x7f" <= char <= "\x9f"
                or "\ud800" <= char <= "\udfff"
            ):
                return number, column
    return 1, 1


def _joined(text: str) -> str:
    """A text whose signs beyond 16 bits were written as two halves, as JSON writes them; a half alone stays one."""
    if not any("\ud800" <= sign <= "\udfff" for sign in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    path: Path
    node: dict[str, Plain] | list[Plain]
    key: tuple[str, tuple[int, int]] | None = None
    dropped: bool = False  # stands under a duplicate key: read for its faults, not kept


class _Builder:
    """Puts parser events together, one at a time, without recursion."""

    def __init__(self, source: YamlSource) -> None:
        self.source = source
        self._stack: list[_Open] = []
        self._documents = 0

    def take(self, event: Any) -> None:
        where = (event.start_mark.line + 1, event.start_mark.column + 1)
        kind = type(event).__name__.removesuffix("Event")
        if kind == "Scalar":
            event.value = _joined(event.value)
        self._refuse(event, kind, where)
        if kind == "Scalar" and unseen(event.value, lines=True):
            found, fix = "a sign that steers a terminal or cannot be seen", "type the text anew, without it"
            self._tell(Fault(faults.VALUE, self._at(where), found=found, fix=fix))
        if kind == "Scalar":
            plain = event.implicit[0] and event.value in _WORDS
            if plain and _WORDS[event.value] is None and not self._awaits_key():
                # The parser places what is not there at the next word: tell it at its key.
                key = self._stack[-1].key if self._stack and not event.value else None
                self._tell(Fault(faults.VALUE, self._at(key[1] if key else where), found="nothing", fix=_EMPTY))
            self._value(_WORDS[event.value] if plain else event.value, event.value, where)
        elif kind == "MappingStart":
            self._enter({}, where)
        elif kind == "SequenceStart":
            self._enter([], where)
        elif kind in {"MappingEnd", "SequenceEnd"}:
            self._stack.pop()

    def _refuse(self, event: Any, kind: str, where: tuple[int, int]) -> None:
        if kind == "DocumentStart":
            self._documents += 1
        found = fix = ""
        if kind == "Alias" or getattr(event, "anchor", None):
            found, fix = "an anchor or alias (& or *)", "write the value out where it is needed"
        elif kind in {"Scalar", "MappingStart", "SequenceStart"} and event.tag is not None:
            found, fix = "a tag (!)", "leave the tag out"
        elif self._documents > 1:
            found, fix = "a second document (---)", "keep one policy to a file"
        elif kind == "DocumentStart" and (event.version or event.tags):
            found, fix = "a directive (%)", "leave the directive out: policies are YAML 1.2"
        elif len(self._stack) > _DEEPEST:
            found, fix = "deep nesting", f"nest at most {_DEEPEST} deep"
        if found:
            raise fault(faults.YAML_FEATURE, at=self._at(where), found=found, fix=fix)

    def _at(self, where: tuple[int, int]) -> str:
        return f"{self.source.name}:{where[0]}:{where[1]}"

    def _awaits_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].node, dict) and self._stack[-1].key is None

    def _tell(self, found: Fault) -> None:
        self.source.faults.append(found)
        if len(self.source.faults) >= MOST_FAULTS:
            raise CarrelError(tuple(self.source.faults))

    def _enter(self, node: dict[str, Plain] | list[Plain], where: tuple[int, int]) -> None:
        path, dropped = self._value(node, None, where)
        self._stack.append(_Open(path, node, dropped=dropped))

    def _value(self, value: Plain, written: str | None, where: tuple[int, int]) -> tuple[Path, bool]:
        """Put a value where the stack says; answers its path and whether it is dropped."""
        if not self._stack:
            self.source.data = value
            self.source.places[()] = Place(where, where)
            return (), False
        top = self._stack[-1]
        if isinstance(top.node, list):
            path = (*top.path, len(top.node))
            top.node.append(value)
            self._place(path, where, where, dropped=top.dropped)
            return path, top.dropped
        if top.key is None:
            if written is None:
                raise fault(
                    faults.YAML_FEATURE,
                    at=self._at(where),
                    found="a key that is no word",
                    fix="write a word as the key",
                )
            top.key = (written, where)
            return top.path, top.dropped
        (key, key_where), top.key = top.key, None
        path = (*top.path, key)
        if key in top.node:
            self._duplicate(path, key, key_where)
            return path, True
        top.node[key] = value
        self._place(path, key_where, where, dropped=top.dropped)
        return path, top.dropped

    def _place(self, path: Path, key: tuple[int, int], value: tuple[int, int], *, dropped: bool) -> None:
        if not dropped:
            self.source.places[path] = Place(key, value)

    def _duplicate(self, path: Path, key: str, where: tuple[int, int]) -> None:
        self._tell(
            Fault(
                faults.DUPLICATE_KEY,
                at=self._at(where),
                found=repr(key[:40]),
                because=f"it stands at {self.source.line(path)} already",
                fix="keep one of the two",
            )
        )
