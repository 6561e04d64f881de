"""Laws of vendors' receipts: the id of a task is its own, any changed byte is refused, and rubbish is never a receipt."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.rights.vendor_receipt import Status, parted, receipt_of, request_id
from carrel.systems.vendor_signature import require_signed

AT = datetime(2026, 11, 27, tzinfo=UTC)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=12, max_size=12).map(lambda one: f"req-{one}")
TASKS = st.integers(1, 40).map(lambda n: f"t{n}")
KEY = Ed25519PrivateKey.generate()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=8,
)


@given(st.sets(st.tuples(NAMES, TASKS), min_size=2, max_size=20))
def test_each_task_has_an_id_of_its_own_that_looks_like_any(tasks) -> None:
    ids = {request_id(*one) for one in tasks}
    assert len(ids) == len(tasks)
    for one in ids:
        assert uuid.UUID(one).version == 4
        assert uuid.UUID(one).variant == uuid.RFC_4122


@given(VALUES | st.dictionaries(st.sampled_from(("request_status", "encoded_request", "subject_identities",
                                                  "subject_request_id", "received_time")), VALUES))  # fmt: skip
def test_rubbish_is_no_receipt_and_nothing_of_it_is_repeated(value) -> None:
    body = json.dumps(value).encode()
    with pytest.raises(CarrelError) as wrong:
        receipt_of(body, request_id("req-abcdefghijkl", "t1"))
    assert wrong.value.code in {"RGT-021", "RGT-022"}
    for name, found in value.items() if isinstance(value, dict) else ():
        if isinstance(found, str) and len(found) > 8:
            assert found not in str(wrong.value), name


@pytest.mark.parametrize("spelled", ["md5", "MD_5", "sha-1", " SHA1 ", "Sha 1"])
@pytest.mark.parametrize("place", ["subject_identities", "results", "extensions"])
def test_a_weak_hash_is_found_wherever_it_stands_and_however_it_is_spelled(spelled: str, place: str) -> None:
    task = request_id("req-abcdefghijkl", "t1")
    one = {"identity_type": "email", "identity_value": "0" * 32, "identity_format": spelled}
    for held in ([one], one, {"deep": [{"er": one}]}):
        body = {"subject_request_id": task, "request_status": "completed", place: held}
        with pytest.raises(CarrelError) as wrong:
            receipt_of(json.dumps(body).encode(), task)
        assert wrong.value.code == "RGT-022"
    body = {"subject_request_id": task, "request_status": "completed", place: [{**one, "identity_format": "sha256"}]}
    assert receipt_of(json.dumps(body).encode(), task).status is Status.COMPLETED


@given(st.binary(max_size=300))
def test_bytes_are_refused_or_parted_and_never_an_error_of_another_kind(raw: bytes) -> None:
    _, body = parted(raw)
    with pytest.raises(CarrelError):
        receipt_of(body, "x")


@given(st.sampled_from(Status), st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_breaks_the_signature(tmp_path_factory, status: Status, place: int, change: int) -> None:
    key = _key_file(tmp_path_factory)
    body = json.dumps({"subject_request_id": "x", "request_status": status}).encode()
    signature = base64.b64encode(KEY.sign(body)).decode()
    require_signed(key, "", "", signature, body, AT)
    other = bytearray(body)
    other[place % len(body)] ^= change
    with pytest.raises(CarrelError) as wrong:
        require_signed(key, "", "", signature, bytes(other), AT)
    assert wrong.value.code == "RGT-023"


def _key_file(factory) -> Path:
    place = Path(factory.getbasetemp()) / "vendor.pem"
    if not place.exists():
        place.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return place


@pytest.mark.parametrize(
    "identity_format", ["md5", "SHA1", " sha1 ", "sha-1", "MD_5", "SHA 1", "hmac-sha1", "\uff4d\uff44\uff15"]
)
def test_a_hash_that_is_undone_by_trying_is_refused_wherever_it_stands(identity_format: str) -> None:
    mine = request_id("req-abcdefghijkl", "t1")
    somebody = {"identity_type": "email", "identity_value": "f" * 32, "identity_format": identity_format}
    inner = base64.b64encode(json.dumps({"subject_identities": [{}, somebody]}).encode()).decode()
    for extra in (
        {"subject_identities": [somebody]}, {"encoded_request": inner}, {"subject_identities": somebody},
        {"results": [{"deep": {"er": somebody}}]}, {"extensions": {"identities": [{**somebody}]}},
    ):  # fmt: skip
        body = {"subject_request_id": mine, "request_status": "completed", **extra}
        with pytest.raises(CarrelError) as wrong:
            receipt_of(json.dumps(body).encode(), mine)
        assert wrong.value.code == "RGT-022"
    for fine in ("sha256", "SHA-256", "sha-1024", "raw"):
        strong = {**somebody, "identity_format": fine}
        body = {"subject_request_id": mine, "request_status": "completed", "subject_identities": [strong]}
        assert receipt_of(json.dumps(body).encode(), mine).status is Status.COMPLETED
