"""The files inside a bundle of evidence, each read and believed only where it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from carrel.accountability.bundle_archive import no_bundle
from carrel.accountability.bundle_runs import RunFigures, false_bundle
from carrel.accountability.plan_request import Parties, PlanRequest, open_request
from carrel.errors import CarrelError
from carrel.ledger.leaf import OpenLeaf, decode_leaf
from carrel.ledger.note import Verifier
from carrel.ledger.proof import verify_receipt
from carrel.ledger.text_form import strict_base64
from carrel.retention.plan import Plan, plan_body

MANIFEST, REQUEST, CHECKPOINT, CONSISTENCY = "manifest.note", "request.note", "checkpoint.note", "consistency.json"
RUNS, RESIDUES, NOT_COVERED, KEY = "runs.json", "residues.json", "not-covered.json", "host.vkey"
_PLAIN = {MANIFEST, REQUEST, CHECKPOINT, CONSISTENCY, RUNS, RESIDUES, NOT_COVERED, KEY}

Files = Mapping[str, bytes]


def leaf_file(index: int) -> str:
    """The name of the receipt of one leaf."""
    return f"leaves/{index:010d}.receipt"


def requests_of(files: Files, parties: Parties) -> dict[str, PlanRequest]:
    """Every request in the bundle by digest, each signed by the library.

    Raises:
        CarrelError: as `open_request`; CUS-011.
    """
    found = {}
    for name in (REQUEST, *(name for name in files if name.startswith("requests/"))):
        request = open_request(text_of(files, name), parties)
        if name not in {REQUEST, f"requests/{request.digest}.note"}:
            raise false_bundle(name, "the request that the name of the file says", "another")
        found[request.digest] = request
    return found


def leaves_of(files: Files, since: int, size: int, host: Verifier) -> dict[int, OpenLeaf]:
    """Every leaf from one index to another, by index, each proved at the checkpoint of the bundle.

    Args:
        files: of the bundle.
        since: first index.
        size: of the ledger; one beyond the last index.
        host: whose ledger it is.

    Raises:
        CarrelError: CUS-011.
    """
    wanted = {leaf_file(index): index for index in range(since, size)}
    there = {name for name in files if name.startswith("leaves/")}
    if there != set(wanted):
        raise false_bundle("leaves", f"every leaf from {since} to {size - 1}", "others, or fewer")
    found = {}
    for name, index in wanted.items():
        text = text_of(files, name)
        try:
            proved = verify_receipt(text, host)
        except CarrelError as wrong:
            raise not_signed(name, wrong) from None
        if proved.index != index or not text.endswith("\n\n" + text_of(files, CHECKPOINT)):
            raise false_bundle(name, f"leaf {index} at this checkpoint", "another leaf, or another checkpoint")
        try:
            found[index] = decode_leaf(proved.entry)
        except CarrelError as wrong:
            raise not_signed(name, wrong) from None
    return found


def plans_of(files: Files) -> dict[str, Plan]:
    """The plans by digest; no file of another kind stands beside.

    Raises:
        CarrelError: CUS-011.
    """
    found = {}
    for name in files:
        if name.startswith("plans/"):
            try:
                plan = Plan.from_dict(plan_body(text_of(files, name)))
            except (ValueError, TypeError):
                raise false_bundle(name, "a plan whose digest fits", "something else") from None
            if name != f"plans/{plan.digest}.json":
                raise false_bundle(name, "the plan that the name of the file says", "another")
            found[plan.digest] = plan
        elif name not in _PLAIN and not name.startswith(("leaves/", "requests/")):
            raise false_bundle(name, "the files of a bundle", "another file")
    return found


def figures_of(files: Files) -> tuple[RunFigures, ...]:
    """What the store of the host says of its runs.

    Raises:
        CarrelError: CUS-011.
    """
    try:
        return tuple(RunFigures(**one) for one in json_of(files, RUNS))
    except TypeError:
        raise false_bundle(RUNS, "a list of runs with their figures", "something else") from None


def consistency_of(files: Files) -> dict[int, tuple[bytes, ...]]:
    """Proofs of consistency to the checkpoint, by the size that each begins with.

    Raises:
        CarrelError: CUS-011.
    """
    found = {}
    for size, proof in json_of(files, CONSISTENCY).items():
        steps = [strict_base64(step) for step in proof]
        if not str(size).isdecimal() or any(step is None for step in steps):
            raise false_bundle(CONSISTENCY, "proofs in base64, by size", "something else")
        found[int(size)] = tuple(step for step in steps if step is not None)
    return found


def text_of(files: Files, name: str) -> str:
    """One file as text.

    Raises:
        CarrelError: CUS-010.
    """
    try:
        return files[name].decode()
    except KeyError:
        raise no_bundle(f"a file {name}", "none") from None
    except UnicodeDecodeError:
        raise no_bundle(f"a file {name} in UTF-8", "other bytes") from None


def json_of(files: Files, name: str) -> Any:
    """One file as JSON.

    Raises:
        CarrelError: CUS-010, CUS-011.
    """
    try:
        return json.loads(text_of(files, name))
    except (ValueError, RecursionError):
        raise false_bundle(name, "JSON", "something else") from None


def json_bytes(body: object) -> bytes:
    """JSON as a bundle holds it: one text for one content."""
    return (json.dumps(body, sort_keys=True, indent=1) + "\n").encode()


def not_signed(name: str, wrong: CarrelError) -> CarrelError:
    """CUS-011 for what a signature, a proof or a form of the ledger refused."""
    first = wrong.faults[0]
    return false_bundle(name, first.wanted, first.found, because=f"{first.condition.title} ({first.condition.code})")
