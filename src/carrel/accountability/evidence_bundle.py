"""The bundle of evidence: what a custodian gives back, and what anybody checks in it with two public keys."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from carrel.accountability.bundle_archive import pack, too_large, unpack
from carrel.accountability.bundle_contents import (
    CHECKPOINT,
    CONSISTENCY,
    KEY,
    MANIFEST,
    NOT_COVERED,
    REQUEST,
    RESIDUES,
    RUNS,
    consistency_of,
    figures_of,
    json_bytes,
    json_of,
    leaf_file,
    leaves_of,
    not_signed,
    plans_of,
    requests_of,
    text_of,
)
from carrel.accountability.bundle_manifest import Manifest, names_told, read_manifest
from carrel.accountability.bundle_runs import EvidencedRun, RunFigures, RunState, evidenced_runs, false_bundle
from carrel.accountability.plan_request import Parties, PlanRequest, open_request, parse
from carrel.errors import CarrelError
from carrel.ledger.checkpoint import Checkpoint, open_checkpoint
from carrel.ledger.note import Signer, Verifier, parse_note, sign_note
from carrel.ledger.text_form import to_base64
from carrel.retention.plan import Plan

_TELLS_NOTHING = "padding"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a custodian puts into a bundle.

    Attributes:
        request: the signed note in force.
        earlier_requests: other notes under which runs of this bundle were made.
        checkpoint: the signed note of the ledger.
        receipts: by index, of every leaf from ``since`` on.
        consistency: proofs to this checkpoint, by the size that each begins with.
        plans: of the runs.
        runs: figures of the store.
        residues, not_covered: as they are told, by system.
    """

    request: str
    earlier_requests: tuple[str, ...]
    checkpoint: str
    receipts: Mapping[int, str]
    consistency: Mapping[int, list[bytes]]
    plans: tuple[Plan, ...]
    runs: tuple[RunFigures, ...]
    residues: Mapping[str, list[dict[str, Any]]]
    not_covered: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that holds.

    Attributes:
        digest: SHA-256 of the whole file, hex.
        manifest, request: signed by the host, and by the library.
        checkpoint: of the host's ledger, and ``checkpoint_note`` as it was signed.
        consistency: proofs to it, by the size that each begins with.
        runs: as the leaves prove them.
        kinds: leaves of each kind, padding left out.
        plans: of the runs, by digest.
        residues, not_covered: as the host tells them; no leaf proves these.
    """

    digest: str
    manifest: Manifest
    request: PlanRequest
    checkpoint: Checkpoint
    checkpoint_note: str
    consistency: Mapping[int, tuple[bytes, ...]]
    runs: tuple[EvidencedRun, ...]
    kinds: Mapping[str, int]
    plans: Mapping[str, Plan]
    residues: Mapping[str, Any]
    not_covered: Mapping[str, Any]

    @property
    def wrong(self) -> tuple[EvidencedRun, ...]:
        """The runs that nobody asked for, and those after which something was left, unless a later run mended it."""
        last = set(_last_of_each(one for one in self.runs if one.state is not RunState.REHEARSED))
        return tuple(
            one
            for one in self.runs
            if one.state is RunState.NOT_ASKED or (one.state is RunState.UNVERIFIED and one in last)
        )


def _last_of_each(runs: Iterable[EvidencedRun]) -> list[EvidencedRun]:
    return list({one.system: one for one in runs}.values())


def make_bundle(evidence: Evidence, parties: Parties, manifest: Manifest, signer: Signer) -> bytes:
    """The bundle as one file.

    Args:
        evidence: what goes into it.
        parties: of the request.
        manifest: without its files; they are filled in.
        signer: the key of the host's ledger.

    Raises:
        CarrelError: CUS-011 where what would be given does not hold, CUS-010 where it is too much; nothing is made.

    Guarantees:
        The same evidence and manifest give the same bytes; what is made holds for `open_bundle`.
    """
    files = _files(evidence, signer.verifier)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    note = sign_note(replace(manifest, files=digests).text(), signer)
    try:
        raw = pack({**files, MANIFEST: note.encode()})
    except ValueError:
        raise too_large() from None
    open_bundle(raw, parties)
    return raw


def open_bundle(raw: bytes, parties: Parties) -> Bundle:
    """What a bundle proves, if every byte of it holds.

    Args:
        raw: the whole file.
        parties: names and public keys, known from elsewhere than the bundle.

    Raises:
        CarrelError: CUS-010, it is no bundle; CUS-011, a signature, digest, proof or figure does not hold.

    Guarantees:
        Any changed, missing or added byte is refused.
    """
    host = Verifier.parse(parties.host_key)
    files = unpack(raw)
    manifest = read_manifest(files, host, parties)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != MANIFEST}
    if digests != manifest.files or files.get(KEY) != f"{parties.host_key}\n".encode():
        wrong = sorted({name for name in {*digests, *manifest.files} if digests.get(name) != manifest.files.get(name)})
        raise false_bundle(", ".join(wrong[:5]) or KEY, "the files that the manifest lists", "others")
    requests = requests_of(files, parties)
    request = open_request(text_of(files, REQUEST), parties)
    if request.digest != manifest.request:
        raise false_bundle(REQUEST, "the request that the manifest names", "another")
    try:
        checkpoint = open_checkpoint(text_of(files, CHECKPOINT), host)
    except CarrelError as wrong:
        raise not_signed(CHECKPOINT, wrong) from None
    if checkpoint.size != manifest.size or not 0 <= manifest.since < manifest.size:
        raise false_bundle(CHECKPOINT, f"{manifest.size} leaves, as the manifest says", f"{checkpoint.size}")
    leaves = leaves_of(files, manifest.since, manifest.size, host)
    plans = plans_of(files)
    runs = evidenced_runs(leaves, figures_of(files), plans, requests)
    if len(plans) != len({one.fields.get("plan_digest") for one in leaves.values() if one.kind == "run"}):
        raise false_bundle("plans", "the plans of the runs", "another one beside")
    return Bundle(
        digest=hashlib.sha256(raw).hexdigest(),
        manifest=manifest,
        request=request,
        checkpoint=checkpoint,
        checkpoint_note=text_of(files, CHECKPOINT),
        consistency=consistency_of(files),
        runs=runs,
        kinds=Counter(one.kind for one in leaves.values() if one.kind != _TELLS_NOTHING),
        plans=plans,
        residues=json_of(files, RESIDUES),
        not_covered=json_of(files, NOT_COVERED),
    )


def parties_told(note: str, library_key: str, host_key: str) -> Parties:
    """The parties by the names that a bundle tells, and by keys known from elsewhere.

    Args:
        note: of the manifest.
        library_key: public, as text.
        host_key: public, as text.

    Raises:
        CarrelError: CUS-010, CUS-011.
    """
    library, host = names_told(note, Verifier.parse(host_key))
    return Parties(library, library_key, host, host_key)


def _files(evidence: Evidence, host: Verifier) -> dict[str, bytes]:
    proofs = {str(size): [to_base64(step) for step in proof] for size, proof in evidence.consistency.items()}
    others = [note for note in evidence.earlier_requests if note != evidence.request]
    earlier = {parse(parse_note(note).text).digest: note for note in others}
    return {
        REQUEST: evidence.request.encode(),
        CHECKPOINT: evidence.checkpoint.encode(),
        KEY: f"{host.vkey}\n".encode(),
        CONSISTENCY: json_bytes(proofs),
        RUNS: json_bytes([one.as_dict() for one in evidence.runs]),
        RESIDUES: json_bytes(evidence.residues),
        NOT_COVERED: json_bytes(evidence.not_covered),
        **{leaf_file(index): text.encode() for index, text in evidence.receipts.items()},
        **{f"plans/{plan.digest}.json": json_bytes(plan.as_dict()) for plan in evidence.plans},
        **{f"requests/{digest}.note": note.encode() for digest, note in earlier.items()},
    }
