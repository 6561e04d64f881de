"""The file of a plan: written whole or not at all, and believed only where it is what the store recorded."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.backup_plan import KIND as BACKUPS
from carrel.retention.clearing_plan import CLEARINGS, NOUNS
from carrel.retention.erasure import KIND
from carrel.retention.person_plan import KINDS
from carrel.retention.plan import RepeatedKeyError, plan_body
from carrel.retention.replay_plan import KIND as REPLAY

if TYPE_CHECKING:
    from carrel.retention.backup_plan import BackupPlan
    from carrel.retention.clearing_plan import ClearingPlan
    from carrel.retention.erasure import ErasurePlan
    from carrel.retention.person_plan import PersonPlan
    from carrel.retention.plan import Plan
    from carrel.retention.replay_plan import ReplayPlan
    from carrel.store.store import Store


def read(store: Store, place: Path) -> Plan:
    """The plan of a file, if it is to the byte what this store recorded.

    Raises:
        CarrelError: RUN-007 no such file, or none with JSON in it; APR-001 changed, or a key stands twice; STO-005
            unknown.
    """
    return store.plans.check(_body(place), str(place))


def read_erasure(store: Store, place: Path) -> ErasurePlan:
    """As `read`, of a plan to erase a person."""
    return store.erasures.check(_body(place), str(place))


def read_person(store: Store, place: Path) -> PersonPlan:
    """As `read`, of a plan to correct or restrict a person's record."""
    return store.person_cases.check(_body(place), str(place))


def read_backup(store: Store, place: Path) -> BackupPlan:
    """As `read`, of a plan to expire backups."""
    _refuse_other(place, BACKUPS, "a plan to expire backups")
    return store.backup_expiries.check(_body(place), str(place))


def read_replay(store: Store, place: Path) -> ReplayPlan:
    """As `read`, of a plan to follow a restore."""
    _refuse_other(place, REPLAY, "a plan to follow a restore")
    return store.replays.check(_body(place), str(place))


def is_replay(place: Path) -> bool:
    """Whether a file says that it is a plan to follow a restore."""
    return _kind(place) == REPLAY


def read_clearing(store: Store, place: Path, kind: Kind) -> ClearingPlan:
    """As `read`, of a plan to clear what lies outside the databases."""
    _refuse_other(place, kind, f"a plan for the {kind}")
    return store.clearings.check(_body(place), str(place))


def read_outside(store: Store, place: Path) -> BackupPlan | ClearingPlan:
    """As `read`, of a plan that deletes what lies outside the databases."""
    return read_backup(store, place) if _kind(place) == BACKUPS else store.clearings.check(_body(place), str(place))


def own_verb(place: Path) -> str:
    """The group of commands that carries out a plan which `carrel apply` does not; nothing of any other."""
    return "replay" if is_replay(place) else outside_verb(place)


def outside_verb(place: Path) -> str:
    """The group of commands for what a plan deletes outside the databases; nothing of another plan."""
    said = _kind(place)
    if said == BACKUPS:
        return "backup"
    return next((NOUNS[kind][0] for kind in CLEARINGS if kind == said), "")


def is_erasure(place: Path) -> bool:
    """Whether a file says that it is a plan to erase a person; what it is, reading it will tell."""
    return _kind(place) == KIND


def person_kind(place: Path) -> Kind | None:
    """Which change of one person's record a file says that it plans; None for another plan."""
    said = _kind(place)
    return next((kind for kind in KINDS if kind == said), None)


def _refuse_other(place: Path, wanted: str, words: str) -> None:
    """Refuse a plan of another kind by its name, instead of as one that was changed.

    Raises:
        CarrelError: RUN-007.
    """
    said = _kind(place)
    if said != wanted and (said in {KIND, BACKUPS, REPLAY, *KINDS, *CLEARINGS}):
        verb = own_verb(place)
        fix = f"`carrel {verb} apply {place}`" if verb else f"`carrel apply {place}`"
        raise _unusable(place, words, f"one for the {said}", fix)


def _kind(place: Path) -> object:
    try:
        body = _body(place)
    except CarrelError:
        return None
    return body.get("kind") if isinstance(body, dict) else None


def _body(place: Path) -> Any:
    try:
        return plan_body(place.read_text(encoding="utf-8"))
    except RepeatedKeyError:
        raise fault(
            faults.PLAN_TAMPERED,
            at=str(place),
            wanted="a plan file as `carrel plan` wrote it",
            found="a key that stands twice",
            because="people would read the one and programs the other",
            fix="plan again",
        ) from None
    except OSError as wrong:
        found = wrong.strerror or "an error of the file system"
        raise _unusable(place, "a plan file", found, "name the file that `carrel plan --out` wrote") from None
    except ValueError:
        raise _unusable(
            place, "a plan file", "another text", "name the file that `carrel plan --out` wrote, or plan again"
        ) from None


def write(made: Plan | ErasurePlan | PersonPlan | BackupPlan | ReplayPlan | ClearingPlan, target: Path) -> Path:
    """Put the plan into a file, whole or not at all.

    Raises:
        CarrelError: RUN-007.
    """
    beside = target.with_name(f".{target.name}.new")
    try:
        beside.write_text(json.dumps(made.as_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.chmod(0o600)  # counts of rows stand in it
        os.replace(beside, target)  # noqa: PTH105  (the atomic one, by its usual name)
    except OSError as wrong:
        found = wrong.strerror or "an error of the file system"
        raise _unusable(target, "a place that can be written", found, "name another place with --out") from None
    return target


def _unusable(place: Path, wanted: str, found: str, fix: str) -> CarrelError:
    return fault(faults.PLAN_FILE, at=str(place), wanted=wanted, found=found, fix=fix)
