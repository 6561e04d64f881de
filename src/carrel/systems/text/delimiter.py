"""The sign between the fields of a CSV file, where the one that was taken parts nothing."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Final

from carrel.errors import Condition, fault

USUAL: Final = ","
_OTHERS: Final = {";": "';'", "\t": "tab", "|": "'|'"}


def delimiter_of(said: str | None) -> str:
    """The sign itself, where people may write ``tab`` for one of them."""
    return USUAL if said is None else "\t" if said == "tab" else said


def other_delimiter(header: Sequence[str], taken: str) -> str | None:
    """Another sign that parts a first line which the one that was taken leaves whole; None where none does."""
    if len(header) != 1:
        return None
    parted = {one: len(next(csv.reader([header[0]], delimiter=one), ())) for one in _OTHERS if one != taken}
    best = max(parted, key=lambda one: parted[one])
    return best if parted[best] > 1 else None


def require_parted(header: Sequence[str], taken: str, condition: Condition, at: str, fix: str) -> None:
    """Whether the sign that was taken without anybody having said so parts a first line, if one does.

    Args:
        header: fields of the first line.
        taken: the sign.
        condition: of the error.
        at: what the error calls the file.
        fix: what to do, with ``{}`` where the sign stands that parts it.

    Raises:
        CarrelError: another sign parts it.
    """
    if (other := other_delimiter(header, taken)) is not None:
        raise fault(
            condition, at=f"{at}, the first line", wanted="fields with a comma between them",
            found=f"one field, which {_OTHERS[other]} parts", fix=fix.replace("{}", _OTHERS[other]),
        )  # fmt: skip
