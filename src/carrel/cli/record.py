"""What a run tells the ledger, and where the ledger and its key lie in a site's folder."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.errors import CarrelError, fault
from carrel.ledger.leaf import OpenLeaf, banded, cell, utc_seconds
from carrel.ledger.note import Signer
from carrel.retention import faults
from carrel.retention.reasons import told_rows
from carrel.store import key_file
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.outside_copy import copy_outward

if TYPE_CHECKING:
    from carrel.cli.night import Report
    from carrel.inventory.site import Site
    from carrel.retention.plan import Plan

LEDGER, KEYS, LEDGER_KEY = "ledger", "keys", "ledger.key"
_VERSION_PARTS = 2
_VERSION_DIGITS = 2


@dataclass(frozen=True)
class Receipt:
    """Where a run stands in the ledger.

    Attributes:
        size: of the ledger after the run.
        root: of its tree, hex.
        first: index of the run's first leaf.
        folder: of the ledger.
        key: the public key that checks it.
    """

    size: int
    root: str
    first: int
    folder: Path
    key: str


def ledger_folder(site: Site) -> LedgerFolder:
    """The site's ledger."""
    return LedgerFolder(site.folder / LEDGER)


def key_place(site: Site) -> Path:
    """The private half of the ledger's key."""
    return site.folder / KEYS / LEDGER_KEY


def open_ledger(site: Site, at: datetime) -> tuple[LedgerFolder, Signer]:
    """The site's ledger and its key; both are made where neither exists yet.

    Raises:
        CarrelError: LED-…, a ledger without its key, or a key that others can read.
    """
    folder, place = ledger_folder(site), key_place(site)
    made = (folder.path / "checkpoint").exists()
    if not place.exists() and not made:
        key_file.write_key(place, Signer.generate(f"{_slug(site.library)}/ledger", secrets.token_bytes(32)))
    signer = key_file.read_signer(place)
    if not made:
        folder.create(signer.name, signer, at)
    return folder, signer


def record(site: Site, leaves: list[OpenLeaf], at: datetime) -> Receipt:
    """Append one padded batch and lay the checkpoint into every outside folder.

    Raises:
        CarrelError: RUN-009 where an outside folder cannot take it: the ledger itself has grown all the same.
    """
    folder, signer = open_ledger(site, at)
    first = folder.size
    checkpoint = folder.append(leaves, signer, at)
    for copy in site.outside_copies:
        if copy.folder is None:
            continue
        try:
            copy_outward(folder, copy.folder, at)
        except (OSError, CarrelError) as wrong:
            found = wrong.faults[0].condition.title if isinstance(wrong, CarrelError) else wrong.strerror
            raise fault(
                faults.OUTSIDE_COPY,
                at=str(copy.folder),
                found=found or "an error of the file system",
                changed="the ledger holds the run; its checkpoint has no copy there",
                fix="mend the place, and run again: the next checkpoint covers this one",
            ) from None
    return Receipt(checkpoint.size, checkpoint.root.hex(), first, folder.path, signer.vkey)


def leaves_of(report: Report) -> list[OpenLeaf]:
    """The plan, the run and its sweep, as open leaves."""
    plan, at = report.plan, report.finished
    ran = _what_ran(plan)
    kept = told_rows({state: count for state, count in plan.states.items() if state not in {"due", "open"}})
    done = Counter[str]()
    acts = {path.path: f"{path.table}.{path.act}" for path in plan.paths}
    for path, count in report.tally.rows.items():
        done[acts.get(path, "other")] += count
    loans = report.tally.loans
    verified = not (report.tally.left or report.remaining)
    return [
        OpenLeaf(
            "plan",
            plan.made_at,
            {
                **ran,
                "due": banded(plan.due),
                "kept": banded(kept),
                "blockers": len(plan.blockers),
            },
        ),
        OpenLeaf(
            "run",
            at,
            {
                **ran,
                "stage": _slug(report.stage.name),
                "outcome": _slug(report.outcome.name),
                "applied": banded(loans),
                "verified": banded(loans if verified else 0),
                "unverified": banded(0 if verified else loans),
                "still_due": banded(sum(report.remaining.values())),
                "cells": [cell(name, count) for name, count in sorted(done.items())],
                "started": utc_seconds(report.started),
                "finished": utc_seconds(at),
                **_residue_until(report),
            },
        ),
        OpenLeaf(
            "sweep",
            at,
            {
                "system": _slug(plan.system),
                "plan_digest": plan.digest,
                "sweep": "loan",
                "pairs": banded(report.sweep.pairs),
                "joins": len(report.sweep.joins),
                "hits": banded(report.hits),
                "not_swept": banded(report.sweep.pairs - report.sweep.swept),
                "finished": utc_seconds(at),
            },
        ),
    ]


def _residue_until(report: Report) -> dict[str, str]:
    """By when the last place will have expired, where each has a date."""
    dates = [place.until for place in report.places if place.lasting]
    told = [one for one in dates if one is not None]
    return {"residue_until": utc_seconds(max(told))} if told and len(told) == len(dates) else {}


def _what_ran(plan: Plan) -> dict[str, int | str | list[str]]:
    return {
        "system": _slug(plan.system),
        "product_version": _version(plan.basis.product_version),
        "policy": plan.policy,
        "policy_digest": plan.basis.policy_digest,
        "map_digest": plan.basis.map_digest,
        "schema_digest": plan.basis.schema_digest,
        "plan_digest": plan.digest,
        "as_of": utc_seconds(plan.as_of),
    }


def _version(told: str) -> str:
    # A product's own version can be longer than anything the ledger takes in; its release is enough.
    parts = re.findall(r"[0-9]+", told)[:_VERSION_PARTS] or ["0"]
    return ".".join(part[:_VERSION_DIGITS] for part in parts)


def _slug(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    plain = re.sub(r"[0-9]{5,}", "x", plain)
    return plain if plain[:1].isalpha() else f"s-{plain}"
