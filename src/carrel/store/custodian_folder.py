"""What passed between a library and its custodian, kept as it came: notes, bundles, attestations."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from carrel.accountability import faults
from carrel.errors import CarrelError, fault
from carrel.store.durable_folder import DurableFolder, Step

FOLDER = "custodian"
POLICY, CURRENT = "policy.yaml", "current.note"
_NAMED = re.compile(r"[0-9a-f]{64}")


def no_step(_name: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that the host gave out: its digest, the request in it, and the leaves it tells of up to ``size``."""

    digest: str
    request: str
    size: int
    runs: int


class CustodianFolder:
    """The folder ``custodian/`` of a site.

    Every file is whole or not there. What a file tells is owed to the ledger by whoever finds it without its leaf, so a
    kill between the two loses nothing.

    Args:
        site_folder: of the site.
        step: told the name of each step before the next is taken.
    """

    def __init__(self, site_folder: Path, step: Step = no_step) -> None:
        self.path = site_folder / FOLDER
        self._files = DurableFolder(self.path)
        self._step = step

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder, made if need be; others are refused meanwhile.

        Raises:
            CarrelError: CUS-016.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._files.alone() as free:
                if not free:
                    raise fault(
                        faults.CUSTODY_FILE,
                        at=str(self.path),
                        wanted="the folder for this process alone",
                        found="another process that works in it",
                        fix="wait until it has ended, then repeat",
                    )
                yield
                self._files.clear_staging()
        except OSError as wrong:
            raise _unusable(self.path, wrong) from None

    def keep(self, files: Mapping[str, str | bytes]) -> None:
        """Put files in their places, in the order given, each durable before the next."""
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            self._files.write_all({name: raw}, self._step)

    # -- the host's side --------------------------------------------------------------------------------------------

    def current(self) -> str | None:
        """The note of the request in force; None before the first."""
        raw = self._read(CURRENT)
        return None if raw is None else _text(self.path / CURRENT, raw)

    def accepted(self) -> dict[str, str]:
        """Every note that was ever accepted, by the digest of its request."""
        return self._notes("accepted")

    def accept(self, digest: str, note: str, policy_text: str) -> None:
        """Put a request in force. What was in force before is on record first, so it never can be again.

        Args:
            digest: of the request.
            note: whole.
            policy_text: of the request.

        Guarantees:
            Killed between two steps, the same call ends it; until then the policy and the request do not fit, and
            nothing is planned.
        """
        self.keep({CURRENT: note, POLICY: policy_text, f"accepted/{digest}.note": note})

    def made(self) -> list[Made]:
        """The bundles that were given out, the smallest ledger first."""
        found = []
        for name in self._names("made", ".json"):
            try:
                found.append(Made(**json.loads(_text(self.path / name, self._read(name) or b""))))
            except (ValueError, TypeError):
                raise _damaged(self.path / name) from None
        return sorted(found, key=lambda one: (one.size, one.digest))

    def give(self, made: Made) -> None:
        """Note a bundle that was given out."""
        body = {name: getattr(made, name) for name in Made.__dataclass_fields__}
        self.keep({f"made/{made.digest}.json": json.dumps(body) + "\n"})

    # -- the library's side -----------------------------------------------------------------------------------------

    def requests(self) -> dict[str, str]:
        """The notes of every request that was made here, by digest."""
        return self._notes("requests")

    def bundles(self) -> dict[str, bytes]:
        """Every bundle that was checked and kept, by digest."""
        return {Path(name).stem: self._read(name) or b"" for name in self._names("bundles", ".tar")}

    def attestations(self) -> dict[str, str]:
        """The notes of every attestation, by digest."""
        return self._notes("attestations")

    def _notes(self, folder: str) -> dict[str, str]:
        names = self._names(folder, ".note")
        return {Path(name).stem: _text(self.path / name, self._read(name) or b"") for name in names}

    def _names(self, folder: str, ending: str) -> list[str]:
        try:
            found = sorted(one.name for one in (self.path / folder).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as wrong:
            raise _unusable(self.path / folder, wrong) from None
        return [f"{folder}/{name}" for name in found if name.endswith(ending) and _NAMED.fullmatch(Path(name).stem)]

    def _read(self, name: str) -> bytes | None:
        try:
            return self._files.read(name)
        except OSError as wrong:
            raise _unusable(self.path / name, wrong) from None


def read_file(place: Path, most: int) -> bytes:
    """A file that somebody sent.

    Args:
        place: of the file.
        most: bytes; more are refused unread.

    Raises:
        CarrelError: CUS-016.
    """
    try:
        with place.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as wrong:
        raise _unusable(place, wrong) from None
    if len(raw) > most:
        raise fault(
            faults.CUSTODY_FILE,
            at=str(place),
            wanted=f"{most:,} bytes at most",
            found="more",
            fix="name the file that the other party sent",
        )
    return raw


def write_file(place: Path, content: bytes) -> None:
    """A file for the other party, whole or not at all; readable to its owner alone.

    Raises:
        CarrelError: CUS-016.
    """
    beside = place.with_name(f".{place.name}.new")
    try:
        beside.write_bytes(content)
        beside.chmod(0o600)
        os.replace(beside, place)  # noqa: PTH105  (the atomic one, by its usual name)
    except OSError as wrong:
        raise _unusable(place, wrong) from None


def _text(place: Path, raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise _damaged(place) from None


def _damaged(place: Path) -> CarrelError:
    return fault(
        faults.CUSTODY_FILE,
        at=str(place),
        wanted="the file as Carrel wrote it",
        found="other bytes",
        fix="put it back from a copy of the site's folder",
    )


def _unusable(place: Path, wrong: OSError) -> CarrelError:
    return fault(
        faults.CUSTODY_FILE,
        at=str(place),
        wanted="a place that can be read and written",
        found=os.strerror(wrong.errno or 0),
        fix="see to its rights and the free space, then repeat",
    )
