"""Secrets: read from a file that only its owner can read, or from the environment, and never shown."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from carrel.errors import fault
from carrel.systems import faults

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that no text of Carrel's shows; ``reveal()`` gives it to a driver."""

    _value: str
    source: str

    def reveal(self) -> str:
        """The value itself; never to be formatted, logged or stored."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret(from {self.source})"


def from_file(path: Path) -> Secret:
    """The first line of a file that nobody but its owner may read.

    Raises:
        CarrelError: SIT-004, the file is missing or empty; SIT-005, others may read it.
    """
    try:
        mode = path.stat().st_mode
        if mode & _OTHERS:
            raise fault(
                faults.SECRET_MODE,
                at=str(path),
                wanted="mode 0600 or less",
                found=f"mode {stat.S_IMODE(mode):04o}",
                fix=f"chmod 600 {path}",
            )
        text = path.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise fault(
            faults.SECRET,
            at=str(path),
            found=os.strerror(exc.errno or 0),
            fix="give the command as the owner of this file"
            if isinstance(exc, PermissionError)
            else "write the secret into this file, mode 0600",
        ) from None
    except UnicodeDecodeError:
        raise fault(faults.SECRET, at=str(path), found="bytes that are no text", fix="write it in UTF-8") from None
    if not text:
        raise fault(faults.SECRET, at=str(path), found="an empty file", fix="write the secret into this file")
    return Secret(text.splitlines()[0], str(path))


def from_environment(name: str, environment: Mapping[str, str]) -> Secret:
    """A secret that the environment holds.

    Raises:
        CarrelError: SIT-004, the variable is not set, or empty.
    """
    if not (value := environment.get(name, "").strip()):
        raise fault(
            faults.SECRET, at=f"${name}", found="no such variable", fix=f"set {name}, or use a file with mode 0600"
        )
    return Secret(value, f"${name}")
