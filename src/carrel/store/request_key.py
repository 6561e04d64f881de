"""The key by which a person's requests are found, and the key of each: beside the store, outside the database."""

from __future__ import annotations

from pathlib import Path

from carrel.rights import faults
from carrel.store.sealing_key import SealingKey
from carrel.store.subject_key import SubjectKey

FOLDER = "requests"


def request_key(folder: Path, request: str) -> SealingKey:
    """What seals whose a request is, and all free words of it; it goes when the request is over long enough."""
    return SealingKey(folder / FOLDER / f"{request}.key", request)


class RequestKey(SubjectKey):
    """One key for all requests of a site, by which a person's own are found."""

    NAME, HASHES, GONE = FOLDER, b"subjects of requests", faults.NO_KEY
    MADE = "requests"
    WITHOUT = "without it nobody can tell which requests are whose"
