"""A document's model made of options in its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import click
from pydantic import BaseModel, ValidationError

from carrel.systems.site_wishes import wish_of

M = TypeVar("M", bound=BaseModel)


def of_options(kind: type[M], said: Mapping[str, object], names: Mapping[str, str] | None = None) -> M:
    """The model with these values.

    Args:
        kind: the model.
        said: its values by field, as the options gave them.
        names: what a field is called on the command line, where that is something else.

    Raises:
        click.UsageError: a value that the model refuses; the value itself is not told.
    """
    try:
        return kind.model_validate(dict(said))
    except ValidationError as wrong:
        raise click.UsageError(_usage(wrong, names or {})) from None


def name_of(place: Path) -> str:
    """What records are called that lie there, unless they were given a name: the file's, without its ending."""
    stem = place.name.removesuffix(".gz")
    plain = re.sub(r"[^a-z0-9._-]+", "-", stem.rpartition(".")[0].lower() or stem.lower())
    return plain.strip("-._")[:40] or "records"


def _usage(wrong: ValidationError, names: Mapping[str, str]) -> str:
    told = []
    for error in wrong.errors(include_url=False):
        steps = [str(step) for step in error["loc"] if step != "records"]
        where = names.get(steps[0], " ".join(steps)) if steps else ""
        fix = "is missing" if error["type"] in {"missing", "too_short"} else wish_of(error).fix
        told.append(f"{where}: {fix}" if where else fix)
    return "; ".join(told)
