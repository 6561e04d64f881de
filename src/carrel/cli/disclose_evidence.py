"""Retention evidence for a production: the policy's rule, the last verified run, and its leaf in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from carrel.disclosure.statement import Evidence, Proof
from carrel.ledger.leaf import decode_leaf, utc_seconds
from carrel.policy.record_type import RecordType
from carrel.retention.outcome import Outcome
from carrel.retention.stage import Stage
from carrel.rights.ending import keeping

if TYPE_CHECKING:
    from carrel.disclosure.scope import Scope
    from carrel.store.ledger_folder import LedgerFolder
    from carrel.store.run import Run
    from carrel.store.store import Store
    from carrel.systems.access_answer import OpenSystem

_MOST_RUNS = 400
_READ_BACK = {
    Outcome.VERIFIED: "rows read back",
    Outcome.RESIDUE: "rows read back; old values may stand in the servers' logs until these expire",
    Outcome.KEPT: "rows read back; some are kept for a reason that the policy names",
}
_EARLIER = timedelta(days=1)  # no leaf of a run stands before the run ended


def evidence_of(
    scope: Scope, systems: Sequence[OpenSystem], store: Store, ledger: LedgerFolder
) -> tuple[list[Evidence], dict[str, str]]:
    """For each kind of record and system in scope, by which rule such records go and when that was last verified.

    Args:
        scope: of the order.
        systems: that were searched.
        store: knows the runs.
        ledger: has their leaves.

    Returns:
        The evidence, and the receipts of the ledger that it names, by file.
    """
    found: list[Evidence] = []
    receipts: dict[str, str] = {}
    for system in systems:
        run, later = _last(system, store)
        proof = None
        if run is not None:
            proof, receipt = _proved(run, ledger, f"evidence/{system.name}.tlog-proof")
            receipts |= {proof.file: receipt} if receipt else {}
        for record in dict.fromkeys(part.records for part in scope.parts):
            held = keeping(system.policy, record.value)
            done = bool(held.rules) and _is_carried_out(system, record)
            ended = later.finished_at if done and later is not None else None
            policy = system.policy
            found.append(Evidence(system.name, held, policy.name, policy.digest, done, proof if done else None, ended))
    return found, receipts


def _is_carried_out(system: OpenSystem, record: RecordType) -> bool:
    """Whether a run of this system carries out a rule of the policy for records of this kind."""
    ruled = {one.name for one in system.system_map.ruled}
    paths = (one for one in system.system_map.records if one.name in ruled)
    return record is RecordType.LOANS or any(one.record == record.value for one in paths)


def _last(system: OpenSystem, store: Store) -> tuple[Run | None, Run | None]:
    """The last whole run whose rows were read back as they should be, and the newest one after it that was not so."""
    later: Run | None = None
    for run in store.runs.newest(system.name, _MOST_RUNS):
        if run.finished_at is None or run.copy_of is not None:
            continue
        if run.outcome in _READ_BACK and run.state == "finished" and run.stage is Stage.REST:
            return run, later
        later = later or run
    return None, later


def _proved(run: Run, ledger: LedgerFolder, file: str) -> tuple[Proof, str]:
    """The run with its leaf, where the ledger has it by now."""
    ended = run.finished_at or run.started_at
    proof = Proof(run.id, ended, _READ_BACK[run.outcome] if run.outcome is not None else "")
    for index, entry in ledger.backwards():
        leaf = decode_leaf(entry)
        if leaf.kind == "run" and (leaf.fields.get("plan_digest"), leaf.fields.get("finished")) == (
            run.plan_digest, utc_seconds(ended),
        ):  # fmt: skip
            known = ledger.checkpoint()
            return replace(proof, index=index, size=known.size, root=known.root.hex(), file=file), ledger.receipt(index)
        if leaf.kind != "padding" and leaf.at < ended - _EARLIER:
            break
    return proof, ""
