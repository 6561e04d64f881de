"""The folder in which a library writes the texts of its consents: one file per text, version and language."""

from __future__ import annotations

import os
from collections.abc import Collection
from importlib import resources
from pathlib import Path

from carrel.consent import faults
from carrel.consent.text import ConsentText, text_of
from carrel.errors import CarrelError, Fault, fault
from carrel.policy.yaml_source import read_yaml
from carrel.systems.durable_file import replace_file

_LARGEST = 64_000  # bytes of a text that somebody reads before they tick a box


def read_texts(folder: Path | None) -> tuple[ConsentText, ...]:
    """Every text of a library, in order of name, version and language.

    Args:
        folder: that the site file names; None where it names none, and then there is no text.

    Raises:
        CarrelError: CNS-001, every file that cannot be used, or the folder.
    """
    if folder is None:
        return ()
    try:
        places = sorted(one for one in folder.iterdir() if one.suffix == ".yaml")
    except OSError as wrong:
        raise fault(
            faults.TEXT_FORM,
            at=str(folder),
            wanted="a folder with the texts of consents",
            found=os.strerror(wrong.errno or 0),
            fix="name it under 'consent: {texts: FOLDER}'; `carrel consent texts --examples FOLDER` fills one",
        ) from None
    found: list[ConsentText] = []
    wrong_ones: list[Fault] = []
    for place in places:
        try:
            found.append(_read(place))
        except CarrelError as error:
            wrong_ones += error.faults
    if wrong_ones:
        raise CarrelError(tuple(wrong_ones))
    return tuple(sorted(found, key=lambda one: one.key))


def _read(place: Path) -> ConsentText:
    try:
        raw = place.read_bytes()
        if len(raw) > _LARGEST:
            raise _unreadable(place, f"at most {_LARGEST:,} bytes", "more")
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise _unreadable(place, "a text file in UTF-8 that you may read", "something else") from None
    try:
        source = read_yaml(text, place.name)
    except CarrelError as broken:
        raise _as_ours(broken.faults) from None
    if source.faults:
        raise _as_ours(source.faults)
    one = text_of(source.data, place.name)
    if one.file_name != place.name:
        raise _unreadable(place, one.file_name, "another name")
    return one


def _unreadable(place: Path, wanted: str, found: str) -> CarrelError:
    return fault(
        faults.TEXT_FORM, at=place.name, wanted=wanted, found=found, fix="see docs/consent.md for the form of a text"
    )


def _as_ours(said: tuple[Fault, ...] | list[Fault]) -> CarrelError:
    return CarrelError(
        tuple(Fault(faults.TEXT_FORM, one.at, one.wanted, one.found, one.because, one.changed, one.fix) for one in said)
    )


def write_examples(folder: Path, purposes: Collection[str] | None = None) -> tuple[str, ...]:
    """Write the texts that come with Carrel into a folder, in English and Spanish; what is there is left alone.

    Args:
        folder: made if need be.
        purposes: only texts that ask for one of these; None for all.

    Returns:
        Names of the files that were written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for entry in sorted((resources.files("carrel.systems.consent") / "shipped").iterdir(), key=lambda one: one.name):
        place = folder / entry.name
        if not entry.name.endswith(".yaml") or place.exists():
            continue
        text = entry.read_text(encoding="utf-8")
        if purposes is None or text_of(read_yaml(text, entry.name).data, entry.name).purpose in purposes:
            replace_file(place, text, mode=0o644)
            written.append(entry.name)
    return tuple(written)
