"""The manifest of a bundle of evidence: what the custodian signs."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime

from carrel.accountability.bundle_archive import no_bundle
from carrel.accountability.bundle_contents import MANIFEST, Files, not_signed, text_of
from carrel.accountability.bundle_runs import false_bundle
from carrel.accountability.plan_request import Parties
from carrel.errors import CarrelError
from carrel.ledger.note import Verifier, open_note, parse_note

HEAD = "carrel evidence bundle 1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle is: the part that the custodian signs.

    Attributes:
        library, host: names of the parties.
        request: digest of the request in force.
        since, size: the leaves of the ledger that the bundle tells of, half-open.
        made_at: aware time.
        carrel_version: that made it.
        product_versions: per system.
        map_digests: per system.
        files: SHA-256 of every other file, hex.
    """

    library: str
    host: str
    request: str
    since: int
    size: int
    made_at: datetime
    carrel_version: str
    product_versions: dict[str, str]
    map_digests: dict[str, str]
    files: dict[str, str]

    def text(self) -> str:
        """The text that is signed; the same manifest has one text."""
        body = {one.name: getattr(self, one.name) for one in fields(self)} | {"made_at": self.made_at.isoformat()}
        return f"{HEAD}\n{json.dumps(body, sort_keys=True, indent=1)}\n"


def read_manifest(files: Files, host: Verifier, parties: Parties) -> Manifest:
    """The manifest, if the host signed it for these parties.

    Raises:
        CarrelError: CUS-010, CUS-011.
    """
    note = text_of(files, MANIFEST)
    manifest = _opened(note, host)
    if len(parse_note(note).signatures) != 1 or (manifest.library, manifest.host) != (parties.library, parties.host):
        raise false_bundle(MANIFEST, f"a bundle of {parties.host} for {parties.library}", "other parties")
    return manifest


def names_told(note: str, host: Verifier) -> tuple[str, str]:
    """The names of library and host in a manifest that the host signed.

    Raises:
        CarrelError: CUS-010, CUS-011.
    """
    manifest = _opened(note, host)
    return manifest.library, manifest.host


def _opened(note: str, host: Verifier) -> Manifest:
    try:
        text = open_note(note, [host])
    except CarrelError as wrong:
        raise not_signed(MANIFEST, wrong) from None
    head, _, rest = text.partition("\n")
    manifest = _parsed(rest)
    if head != HEAD or manifest is None or manifest.text() != text:
        raise no_bundle(f"a manifest whose first line is `{HEAD}`", "another text that the host signed")
    return manifest


def _parsed(text: str) -> Manifest | None:
    try:
        body = json.loads(text)
        manifest = Manifest(**{**body, "made_at": datetime.fromisoformat(body["made_at"])})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    sound = type(manifest.since) is int and type(manifest.size) is int and manifest.made_at.tzinfo is not None
    return manifest if sound else None
