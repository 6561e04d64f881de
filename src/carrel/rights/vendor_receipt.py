"""A vendor's signed receipt of an erasure or of an access, in the form of OpenDSR 2.0: what it says, and what it must.

The signature is checked by whoever holds the vendor's key; here is only what stands in the body.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import json
import re
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from carrel.errors import CarrelError, fault
from carrel.rights import faults

SIGNATURE, DOMAIN = "x-opendsr-signature", "x-opendsr-processor-domain"
LONGEST = 1_000_000  # bytes of a receipt
_WEAK = re.compile("md[245]|sha[01](?![0-9])")


class Status(enum.StrEnum):
    """How far the vendor has come."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says.

    Attributes:
        request: the id that the library gave the vendor for this task.
        status: how far it is; of an acknowledgement of receipt, pending.
    """

    request: str
    status: Status


def request_id(request: str, task: str) -> str:
    """The id by which a vendor is asked for one task of a request: a version 4 UUID made of both.

    Guarantees:
        The same task has the same id, and nobody can tell a person or a request by it.
    """
    made = bytearray(hashlib.sha256(f"OpenDSR/{request}/{task}".encode()).digest()[:16])
    made[6] = made[6] & 0x0F | 0x40
    made[8] = made[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(made)))


def parted(raw: bytes) -> tuple[dict[str, str], bytes]:
    """The headers of a saved answer, by name in small letters, and its body.

    Args:
        raw: headers, an empty line and the body, as they came; or the body alone.
    """
    for line in (b"\r\n", b"\n"):
        head, empty, body = raw.partition(line * 2)
        if empty and not head.lstrip().startswith((b"{", b"[")):
            rows = [row.partition(b":") for row in head.split(line)]
            found = {name.strip().lower().decode("latin-1"): value.strip().decode("latin-1") for name, _, value in rows}
            return found, body
    return {}, raw


def receipt_of(body: bytes, expected: str) -> Receipt:
    """What a receipt says, if it is one of this task.

    Args:
        body: whose signature was verified.
        expected: the id of the task, by `request_id`.

    Raises:
        CarrelError: RGT-021, it is no receipt, or another task's; RGT-022, somebody stands in it by an MD5 or SHA-1 of
            an address. Nothing of it is repeated: the request that it quotes names the person.

    Source:
        OpenDSR 2.0, responses and status.
    """
    data = _json(body)
    if not isinstance(data, dict):
        raise _unfit("a JSON object", "something else")
    if any(_weak(one) for one in _identities(data)):
        raise fault(
            faults.WEAK_HASH,
            wanted="identities in the raw, or by SHA-256 with a key",
            found="one by MD5 or SHA-1",
            because="an address is found again from such a hash by trying, so it names somebody to everybody",
            fix="ask the vendor to name the request by its id alone",
        )
    if data.get("subject_request_id") != expected:
        raise _unfit("the id that this task was given", "another")
    said = data.get("request_status", Status.PENDING if "received_time" in data else "")
    if said not in {str(one) for one in Status}:
        raise _unfit(f"request_status, one of: {', '.join(Status)}", "none of them")
    return Receipt(expected, Status(said))


def _identities(data: dict[str, Any]) -> Iterator[Any]:
    """Whom the answer names, itself and in the request that it quotes: whatever says a form of an identity."""
    yield from _within(data)
    quoted = data.get("encoded_request")
    if isinstance(quoted, str) and quoted:  # an empty one quotes nothing
        try:
            inner = json.loads(base64.b64decode(quoted, validate=True))
        except (binascii.Error, ValueError, RecursionError):
            raise _unfit("encoded_request: the request in base64, or none", "something else") from None
        yield from _within(inner)


def _within(data: Any) -> Iterator[dict[Any, Any]]:
    """Every object of a JSON text, however deep: a vendor may put identities where the standard does not."""
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _weak(one: dict[Any, Any]) -> bool:
    said = [value for name, value in one.items() if _letters(name) in {"identityformat", "identitytype"}]
    return any(isinstance(value, str) and _WEAK.search(_letters(value)) for value in said)


def _letters(text: str) -> str:
    """A name by its letters and digits alone: ``SHA-1`` and ``sha_1`` are one."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _unfit("JSON in UTF-8", "something else") from None


def _unfit(wanted: str, found: str) -> CarrelError:
    return fault(
        faults.RECEIPT,
        wanted=wanted,
        found=found,
        because="a task ends by a receipt that is about it, and by no other",
        fix="ask the vendor for its answer to this request, with the headers that came with it",
    )
