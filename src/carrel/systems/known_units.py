"""Which units a system's database had when it was last known to be the right one: beside the store, outside backups."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from carrel.errors import fault
from carrel.retention import faults
from carrel.systems.durable_file import replace_file


class KnownUnits:
    """Codes of units by system, in one file of mode 0600; nothing of any person stands in it.

    Args:
        folder: of the site.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "replay" / "units.json"

    def of(self, system: str) -> frozenset[str]:
        """The codes that were noted; empty where none were.

        Raises:
            CarrelError: RPL-006, the file cannot be read.
        """
        return frozenset(self._read().get(system, ()))

    def note(self, system: str, codes: Collection[str]) -> None:
        """Write the codes of a system down, durably, in the place of those before.

        Raises:
            CarrelError: RPL-006, the file of before cannot be read.
        """
        known = self._read()
        if codes and known.get(system) != (said := sorted(codes)):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(known | {system: said}, ensure_ascii=False) + "\n")

    def _read(self) -> dict[str, list[str]]:
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError):
            text = ""
        try:
            known = json.loads(text)
        except ValueError:
            known = None
        if isinstance(known, dict) and all(isinstance(one, list) for one in known.values()):
            return {name: [str(code) for code in codes] for name, codes in known.items()}
        raise fault(
            faults.OTHER_DATABASE,
            at=str(self._path),
            wanted="codes of units by system, as Carrel wrote them",
            found="something else",
            because="by them another database of the same product is told from the one that was restored",
            fix="put it back from a copy of the site's folder; without one, compare the units by hand, and delete it",
        )
