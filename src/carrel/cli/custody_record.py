"""What the ledger is told of requests, bundles and attestations: a leaf for each file that was kept, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from carrel.errors import CarrelError
from carrel.ledger.leaf import OpenLeaf, banded, decode_leaf, utc_seconds
from carrel.ledger.word import slug
from carrel.store.custodian_folder import CustodianFolder

if TYPE_CHECKING:
    from carrel.accountability.plan_request import Parties, PlanRequest
    from carrel.inventory.custodian import Custodian
    from carrel.inventory.site import Site
    from carrel.store.store import Store

_BY = ("bundle_digest", "attestation_digest", "request_digest")  # what a leaf of this kind is told apart by


def parties_of(said: Custodian) -> Parties:
    """The parties as an exchange is checked against."""
    from carrel.accountability.plan_request import Parties

    return Parties(said.library, said.library_key, said.host, said.host_key)


def custodian_of(site: Site, party: str) -> Custodian:
    """What the site file says of the custody, where it says so for this side.

    Raises:
        CarrelError: CUS-009.
    """
    from carrel.accountability import faults
    from carrel.errors import fault

    said = site.custodian
    if said is None or said.party != party:
        raise fault(
            faults.NO_CUSTODIAN,
            at=str(site.folder / "carrel.yaml"),
            wanted=f"custodian: {{party: {party}, library: …, library_key: …, host: …, host_key: …}}",
            found="no 'custodian:'" if said is None else f"party: {said.party}",
            because="both parties are registered by name and public key before anything passes between them",
            fix="add the block, or work at the other party's site",
        )
    return said


def settle(site: Site, store: Store, at: datetime) -> int:
    """Tell the ledger of every kept file that it does not know yet; how many there were.

    Whatever process was killed between a file and its leaf: the next call of any of these verbs tells it.

    Raises:
        CarrelError: as `carrel.cli.record.record`.
    """
    from carrel.cli import record

    wanted = {_key(leaf): leaf for leaf in _leaves(site, at)}
    if not wanted:
        return 0
    folder = record.ledger_folder(site)
    if store.owed.count() or not folder.is_begun:
        record.deliver(site, store, at)
    known = {_key(leaf) for leaf in _told(site)}
    missing = [leaf for key, leaf in wanted.items() if key not in known]
    if missing:
        record.record(site, store, missing, at)
    return len(missing)


def _told(site: Site) -> Iterator[OpenLeaf]:
    from carrel.cli import record

    for entry in record.ledger_folder(site).entries():
        if b'"kind":"custody"' not in entry:
            continue
        try:
            yield decode_leaf(entry)
        except CarrelError:
            continue


def _key(leaf: OpenLeaf) -> tuple[str, str]:
    named = next(str(leaf.fields[name]) for name in _BY if name in leaf.fields)
    return str(leaf.fields["action"]), named


def _leaves(site: Site, at: datetime) -> Iterator[OpenLeaf]:
    from carrel.accountability.attestation import parse as parse_attestation
    from carrel.accountability.evidence_bundle import open_bundle
    from carrel.ledger.note import parse_note

    folder, said = CustodianFolder(site.folder), site.custodian
    if said is None:
        return
    for digest, note in (folder.requests() if said.is_library else folder.accepted()).items():
        yield _of_request(digest, note, "requested" if said.is_library else "accepted", at)
    for made in folder.made():
        given = {"action": "bundled", "bundle_digest": made.digest, "request_digest": made.request}
        yield OpenLeaf("custody", at, {**given, "leaves": made.size, "runs": made.runs})
    for digest, raw in folder.bundles().items():
        bundle = open_bundle(raw, parties_of(said))
        checked = {"action": "checked", "bundle_digest": digest, "request_digest": bundle.manifest.request}
        outcome = "not-as-asked" if bundle.wrong else "holds"
        counts = {"leaves": bundle.checkpoint.size, "runs": len(bundle.runs)}
        yield OpenLeaf("custody", at, {**checked, **counts, "outcome": outcome})
    for digest, note in folder.attestations().items():
        attested = parse_attestation(parse_note(note).text)
        yield OpenLeaf(
            "custody",
            at,
            {
                "action": "attested",
                "attestation_digest": digest,
                "source_digest": attested.source_digest,
                "policy_digest": attested.policy_digest,
                "still_due": banded(attested.overdue),
                "outcome": "attested",
                "expires": utc_seconds(attested.expires_at),
            },
        )


def _of_request(digest: str, note: str, action: str, at: datetime) -> OpenLeaf:
    from carrel.accountability.plan_request import parse
    from carrel.ledger.note import parse_note

    request: PlanRequest = parse(parse_note(note).text)
    return OpenLeaf(
        "custody",
        at,
        {
            "action": action,
            "policy": slug(request.policy, "._/"),
            "policy_digest": request.policy_digest,
            "request_digest": digest,
            "expires": utc_seconds(request.valid_until),
        },
    )
