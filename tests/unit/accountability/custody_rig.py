"""A custody in memory: two parties, a request, a plan, a ledger with runs in it, and the evidence that follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from carrel.accountability.bundle_manifest import Manifest
from carrel.accountability.bundle_runs import RunFigures
from carrel.accountability.evidence_bundle import Evidence, make_bundle
from carrel.accountability.plan_request import Parties, PlanRequest, sign_request
from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds
from carrel.ledger.note import Signer
from carrel.ledger.word import slug
from carrel.retention.plan import Basis, PathCount, Plan
from carrel.retention.row_cells import row_cells
from carrel.store.ledger_folder import LedgerFolder

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
LIBRARY = Signer.generate("library.example/custody", bytes(range(32)))
HOST = Signer.generate("host.example/library", bytes(range(1, 33)))
OTHER = Signer.generate("library.example/custody", bytes(range(2, 34)))
PARTIES = Parties("Elm Library", LIBRARY.vkey, "Example Consortium", HOST.vkey)


def request(**changes: object) -> PlanRequest:
    values = {
        "library": PARTIES.library,
        "library_key": PARTIES.library_key,
        "host": PARTIES.host,
        "host_key": PARTIES.host_key,
        "policy": "elm",
        "policy_digest": "a" * 64,
        "policy_text": "policy: elm\n",
        "records": ("loans",),
        "branches": (),
        "as_of_hours": 24,
        "evidence_days": 35,
        "nonce": "0" * 32,
        "issued_at": NOW - timedelta(days=2),
        "valid_until": NOW + timedelta(days=300),
    }
    return PlanRequest(**{**values, **changes})  # type: ignore[arg-type]


def plan(asked: str, **changes: object) -> Plan:
    loans = PathCount("loan", "old_issues", "update", {"borrowernumber": "clear"}, 40, 0, 900, "names the reader")
    values = {
        "system": "koha",
        "policy": "elm",
        "as_of": NOW,
        "made_at": NOW,
        "made_by": "Cal Example",
        "basis": Basis("a" * 64, "b" * 64, "c" * 64, "25.05.00", "0.1.0"),
        "states": {"due": 40},
        "branches": {"CPL": 40},
        "paths": (loans,),
        "request": asked,
    }
    return Plan(**{**values, **changes})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Ran:
    """One run as the custodian's ledger tells it."""

    plan: Plan
    outcome: str = "VERIFIED"
    stage: str = "REST"
    loans: int = 40
    left: int = 0
    hits: int = 0
    minutes: int = 10
    swept: bool = True

    @property
    def ended(self) -> datetime:
        return NOW + timedelta(minutes=self.minutes)

    @property
    def good(self) -> bool:
        """Whether it is a whole run that was verified."""
        ended = self.outcome == "VERIFIED" and self.stage == "REST"
        return ended and not self.left and not self.hits and self.swept

    def figures(self) -> RunFigures:
        counts = (20, 20, self.hits) if self.swept else (None, None, None)
        return RunFigures(
            f"run-{self.minutes}", self.plan.system, self.plan.digest, self.stage, self.outcome, self.loans,
            {"loan": self.loans}, *counts, utc_seconds(NOW), utc_seconds(self.ended),
        )  # fmt: skip

    def leaves(self) -> list[OpenLeaf]:
        basis = self.plan.basis
        what = {
            "system": slug(self.plan.system),
            "policy_digest": basis.policy_digest,
            "map_digest": basis.map_digest,
            "schema_digest": basis.schema_digest,
            "plan_digest": self.plan.digest,
            **({"request_digest": self.plan.request} if self.plan.request else {}),
        }
        ran = {
            "stage": slug(self.stage),
            "outcome": slug(self.outcome),
            "applied": banded(self.loans),
            "verified": banded(0 if self.left else self.loans),
            "unverified": banded(self.loans if self.left else 0),
            "still_due": banded(self.left),
            "cells": row_cells(self.plan, {"loan": self.loans}),
            "started": utc_seconds(NOW),
            "finished": utc_seconds(self.ended),
        }
        swept = {
            "plan_digest": self.plan.digest,
            "sweep": "loan",
            "pairs": 20,
            "not_swept": 0,
            "hits": banded(self.hits),
            "finished": utc_seconds(self.ended),
        }
        told = [
            OpenLeaf("plan", NOW, {**what, "due": banded(self.plan.due)}),
            OpenLeaf("run", self.ended, {**what, **ran}),
        ]
        return told + ([OpenLeaf("sweep", self.ended, swept)] if self.swept else [])


class Host:
    """A custodian with a ledger."""

    def __init__(self, folder: Path, asked: PlanRequest | None = None, systems: tuple[str, ...] = ("koha",)) -> None:
        self.systems = systems
        self.asked = asked or request()
        self.note = sign_request(self.asked, LIBRARY)
        self.ledger = LedgerFolder(folder)
        self.ledger.create(HOST.name, HOST, NOW, pad_to=8)
        self.runs: list[Ran] = []
        self.sizes: list[int] = []

    def ran(self, **changes: object) -> Ran:
        """One more run, in the ledger."""
        made = Ran(**{"plan": plan(self.asked.digest), "minutes": 10 + len(self.runs), **changes})  # type: ignore[arg-type]
        self.runs.append(made)
        self.ledger.append(made.leaves(), HOST, NOW, pad_to=8)
        self.sizes.append(self.ledger.size)
        return made

    def evidence(self, since: int = 0, runs: list[Ran] | None = None) -> Evidence:
        told = self.runs if runs is None else runs
        size = self.ledger.size
        return Evidence(
            request=self.note,
            earlier_requests=(),
            checkpoint=self.ledger.checkpoint_text(),
            receipts={index: self.ledger.receipt(index) for index in range(since, size)},
            consistency={one: self.ledger.consistency(one) for one in (8, *self.sizes) if since <= one < size},
            plans=tuple({one.plan.digest: one.plan for one in told}.values()),
            runs=tuple(one.figures() for one in told),
            residues={name: [] for name in self.systems},
            not_covered={name: {"illrequests": "nothing reaches it yet"} for name in self.systems},
        )

    def manifest(self, since: int = 0, **changes: object) -> Manifest:
        whole = Manifest(
            PARTIES.library, PARTIES.host, self.asked.digest, since, self.ledger.size,
            NOW + timedelta(hours=len(self.runs)), "0.1.0", {"koha": "25.05.00"}, dict.fromkeys(self.systems, "b" * 64), {},
        )  # fmt: skip
        return replace(whole, **changes)

    def bundle(self, since: int = 0, runs: list[Ran] | None = None, **changes: object) -> bytes:
        return make_bundle(self.evidence(since, runs), PARTIES, self.manifest(since, **changes), HOST)
