"""System maps as files: those that ship with Carrel, and the overlay of a site."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from carrel.errors import CarrelError, Fault, fault, unseen
from carrel.inventory import faults
from carrel.inventory.overlay import Overlay, overlay
from carrel.inventory.system_map import SystemMap

_FOLDER = resources.files("carrel.systems") / "maps"
_SUFFIX = ".yaml"
_LIBYAML: type[yaml.CSafeLoader | yaml.SafeLoader] = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # not built everywhere


def names() -> tuple[str, ...]:
    """The maps that ship with Carrel."""
    return tuple(sorted(one.name.removesuffix(_SUFFIX) for one in _FOLDER.iterdir() if one.name.endswith(_SUFFIX)))


def load(name: str, *, local: Path | None = None, unproved: bool = False) -> SystemMap:
    """A map that ships with Carrel, with a site's own additions.

    Args:
        name: such as ``koha``.
        local: the site's ``maps/local.yaml``, if it has one.
        unproved: a map that was proved on no version is wanted as well, to be looked at.

    Raises:
        CarrelError: MAP-001, there is no such map, or a file is none; MAP-002, the overlay takes something away;
            MAP-006, the map was proved on no version.
    """
    if name not in names():
        raise fault(
            faults.MAP,
            at=f"map {name[:40]!r}",
            wanted=" or ".join(names()),
            fix="run 'carrel map list' to see the maps",
        )
    product = _shipped(name)
    if not product.versions.proved and not unproved:
        raise fault(
            faults.UNPROVED,
            at=f"map {name!r}",
            wanted="a map by which every rule was carried out and read back",
            found=product.versions.told,
            because="what was never tried on a database is not tried on a library's",
            fix=f"'carrel map show {name}' tells what it will do; wait for a release that proves it",
        )
    if local is None:
        return product
    return overlay(product, parse_overlay(_text(local), str(local)))


@cache
def _shipped(name: str) -> SystemMap:
    """Read once in a process by libyaml, which takes a fifteenth of the time that every command would wait.

    A test holds that what it reads is what `parse` reads: YAML 1.1 and 1.2 differ in words that no map of ours may use.
    """
    text = (_FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    return SystemMap.model_validate(_LIBYAML(text).get_single_data())


def parse(text: str, at: str) -> SystemMap:
    """A map in a text.

    Raises:
        CarrelError: MAP-001, with every fault found and where it stands.
    """
    try:
        return SystemMap.model_validate(_document(text, at))
    except ValidationError as exc:
        raise _told(exc, at) from None


def parse_overlay(text: str, at: str) -> Overlay:
    """A site's additions to a map in a text.

    Raises:
        CarrelError: MAP-001, with every fault found and where it stands.
    """
    try:
        return Overlay.model_validate(_document(text, at) or {})
    except ValidationError as exc:
        raise _told(exc, at) from None


def digest(system_map: SystemMap) -> str:
    """SHA-256, hex, of a map as it is used, with the overlay merged; the layout of its file does not matter."""
    return hashlib.sha256(system_map.model_dump_json().encode()).hexdigest()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise fault(
            faults.MAP,
            at=str(path),
            found="no text file that can be read",
            fix="name a file in UTF-8 that you may read",
        ) from None


_RETYPE = "type the texts of this file anew, without signs that cannot be seen"


def _document(text: str, at: str) -> Any:
    from ruamel.yaml import YAML  # only where a site has a map of its own, or an overlay
    from ruamel.yaml.error import MarkedYAMLError

    try:
        found = YAML(typ="safe", pure=True).load(io.StringIO(text))
    except MarkedYAMLError as exc:
        mark = exc.problem_mark
        where = f"{at}:{mark.line + 1}:{mark.column + 1}" if mark else at
        raise fault(
            faults.MAP, at=where, wanted="YAML", found=(exc.problem or "no YAML")[:100], fix="mend this line"
        ) from None
    if any(unseen(one, lines=True) for one in _texts(found)):
        raise fault(
            faults.MAP,
            at=at,
            wanted="texts that can be seen",
            found="a sign that steers a terminal or hides",
            fix=_RETYPE,
        )
    return found


def _texts(found: Any) -> Iterator[str]:
    """Every text in a document; one that holds itself is walked once."""
    known: set[int] = set()
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, (dict, list)) and id(one) not in known:
            known.add(id(one))
            waiting.extend((*one, *one.values()) if isinstance(one, dict) else one)


def _told(exc: ValidationError, at: str) -> CarrelError:
    return CarrelError(
        tuple(
            Fault(
                faults.MAP,
                at=f"{at}: {'.'.join(str(part) for part in error['loc'])}",
                found=error["msg"],
                fix="mend this entry; see `docs/map.md`",
            )
            for error in exc.errors(include_input=False, include_url=False)
        )
    )
