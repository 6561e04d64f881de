"""From the text of a policy file to a checked document, or to every fault in it at once."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from carrel.errors import CarrelError, Fault
from carrel.policy import faults
from carrel.policy.coherence import incoherences
from carrel.policy.document import PolicyDocument, told
from carrel.policy.grammar import PolicyBody
from carrel.policy.vocabulary import keys_at, words_at
from carrel.policy.yaml_source import MOST_FAULTS, Path, YamlSource, read_yaml


def parse_policy(text: str, name: str) -> PolicyDocument:
    """Read one policy.

    Args:
        text: content of the file.
        name: what faults call the file, usually its path.

    Returns:
        A document whose parts agree with one another. What it adopts is not looked at here: see
        `carrel.policy.resolve`.

    Raises:
        CarrelError: POL-001, POL-003 to POL-016, POL-020, POL-022 and POL-023, all that were found, in the order of the
            file; a hundred of the grammar's at most.
    """
    source = read_yaml(text, name)
    found = list(source.faults)
    body: PolicyBody | None = None
    if not isinstance(source.data, dict):
        found.append(
            told(source, (), faults.VALUE, found="no keys", fix="start with 'policy: <name>' on a line of its own")
        )
    else:
        try:
            body = PolicyBody.model_validate(source.data)
        except ValidationError as invalid:
            told_apart = _apart(invalid.errors(include_url=False))
            found.extend(_said(source, error) for error in told_apart[:MOST_FAULTS])
    if body is not None and not found:
        document = PolicyDocument(name, body, source)
        found.extend(incoherences(document))
        if not found:
            return document
    raise CarrelError(tuple(sorted(found, key=_position)))


def _apart(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """The findings without those that are told already.

    That is an empty value, told by the reader, and "too short" for a list whose entries all have faults of their own.
    """
    inner = {error["loc"][:end] for error in errors for end in range(len(error["loc"]))}
    return [
        error
        for error in errors
        if error["input"] is not None and (error["type"] != "too_short" or error["loc"] not in inner)
    ]


def _position(fault: Fault) -> tuple[int, int]:
    *_, line, column = fault.at.rsplit(":", 2)
    return int(line), int(column)


def _said(source: YamlSource, error: ErrorDetails) -> Fault:
    """One finding of the grammar in the words of stack.md: value column, key column, or enclosing item."""
    path = tuple(error["loc"])
    found = _quoted(error["input"])
    if path and path[-1] == "[key]":
        path = path[:-1]
        return told(source, path, faults.UNKNOWN_KEY, key=True, found=repr(path[-1]), fix=_advice(error))
    match error["type"]:
        case "extra_forbidden":
            return told(source, path, faults.UNKNOWN_KEY, key=True, found=repr(path[-1]), fix=_did_you_mean(path))
        case "missing":
            parent = path[:-1]
            return told(
                source, parent, faults.MISSING_KEY, key=True, wanted=repr(path[-1]), fix=f"add '{path[-1]}:' here"
            )
        case "carrel_period":
            return told(source, path, faults.DURATION, found=found, fix=error["msg"])
        case _:
            return told(source, path, faults.VALUE, found=found, fix=_advice(error))


def _quoted(value: Any) -> str:
    if isinstance(value, str):
        return repr(value[:60])
    if isinstance(value, bool):
        return str(value).lower()
    return "a list" if isinstance(value, list | tuple) else "a block of keys"


_ADVICE = {
    "bool_type": "write true or false",
    "string_type": "write text here, in quotes if it is a word such as true or null",
    "string_too_short": "write at least one word, or leave the key out",
    "string_too_long": "write something shorter",
    "tuple_type": "write a list: '[first, second]', or one entry to a line after '- '",
    "dict_type": "write keys under it, each on a line of its own, indented",
    "model_type": "write keys under it, each on a line of its own, indented",
    "model_attributes_type": "write keys under it, each on a line of its own, indented",
    "too_short": "write at least one entry",
    "string_pattern_mismatch": "write a short name in small letters; a clause id looks like 'ABC-1.2'",
}


def _advice(error: ErrorDetails) -> str:
    if error["type"] in {"enum", "literal_error"}:
        words = words_at(error["loc"])
        close = difflib.get_close_matches(str(error["input"]), words, n=1)
        hint = f"Did you mean '{close[0]}'? " if close else ""
        return f"{hint}Write one of: {', '.join(words)}"
    return _ADVICE.get(error["type"], error["msg"])


def _did_you_mean(path: Path) -> str:
    known = keys_at(path[:-1])
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"take it out; the keys here are: {', '.join(known)}"
