"""The undo capsules of a site: begun by the first chunk of a run, shredded when their time is over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from carrel.errors import CarrelError, fault
from carrel.inventory.undo_key import read_key_text
from carrel.retention import faults
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import new_owner
from carrel.store.residues import UNDO_CAPSULE
from carrel.store.undo_folder import Capsule, CapsulePart, UndoFolder

if TYPE_CHECKING:
    from carrel.accountability.surroundings import Place
    from carrel.cli.premises import Premises
    from carrel.inventory.site import Site
    from carrel.ledger.leaf import OpenLeaf
    from carrel.store.store import Store
    from carrel.systems.sql.before_images import BeforeImages


def folder_of(site: Site) -> UndoFolder:
    """The capsules of a site."""
    return UndoFolder(site.folder)


def require_undo(here: Premises, at: datetime) -> None:
    """Refuse a site whose capsules would outlive the ceiling of its policy, or could not be of use.

    Raises:
        CarrelError: UND-004; UND-008, the system's loans move to another table.
    """
    from carrel.retention.undo_period import require_undo_below_ceiling

    if here.system.undo is not None and here.system_map.loans.closed.cut.aged is not None:
        raise fault(
            faults.NO_WAY_BACK,
            at=f"{here.system.name}: undo",
            wanted="undo: none",
            found="an undo capsule, on a system whose past loans move to another table",
            because="a loan that moved has another number, and nothing leads from that one to the old",
            fix="write 'undo: none' for this system in the site file",
        )
    if here.system.undo is not None:
        for policy in here.in_force.policies:
            require_undo_below_ceiling(policy, here.system.undo, at.astimezone(here.zone).date(), here.system.name)


class NightCapsule:
    """The capsule of one run: where the before-images of its chunks go.

    Args:
        here: open, with the account that carries out.
        run: its id.
    """

    def __init__(self, here: Premises, run: str) -> None:
        self._here, self._run = here, run
        self._folder = folder_of(here.site)
        self._part: CapsulePart | None = None

    @property
    def images(self) -> BeforeImages | None:
        """What draws them; None where the site wants no capsule."""
        from carrel.systems.sql.before_images import BeforeImages

        return None if self._here.system.undo is None else BeforeImages(self, self._here.system_map.people)

    def add(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Take a chunk's images; the first one begins the capsule.

        Raises:
            CarrelError: UND-005: the chunk must not be committed.
        """
        if self._part is None:
            self._part = self._begin()
        self._part.add(rows)

    def committed(self) -> None:
        """Note that the chunk that was added last is committed."""
        if self._part is not None:
            self._part.committed()

    @property
    def places(self) -> tuple[Place, ...]:
        """The capsule as a residue of the run, also where an interrupted part of the run began it."""
        from carrel.accountability.surroundings import Place

        advice = f"carrel undo shred {self._run}"
        return tuple(
            Place(UNDO_CAPSULE, one.expires, advice) for one in self._folder.capsules() if one.run == self._run
        )

    def _begin(self) -> CapsulePart:
        from carrel.cli.premises import now

        system, at = self._here.system, now()
        key = read_key_text(system.undo_key or "")
        if key is None or system.undo is None:
            raise RuntimeError("a site without a key for its capsules is refused when it is read")
        try:
            part = self._folder.begin(self._run, system.name, key, at + system.undo, at)
        except OSError as wrong:
            raise fault(
                faults.CAPSULE_WRITE,
                at=f"run {self._run}",
                found=os.strerror(wrong.errno or 0),
                fix="make room in the site's folder, and let this account write there",
            ) from None
        noted = self._here.store.residues.open(system.name, at)
        if not any(one.run == self._run and one.place == UNDO_CAPSULE for one in noted):
            (capsule,) = (one for one in self._folder.capsules() if one.run == self._run)
            self._here.store.residues.record(self._run, system.name, UNDO_CAPSULE, capsule.expires, at)
        return part


def shred(site: Site, store: Store, capsules: Iterable[Capsule]) -> tuple[str, ...]:
    """Destroy capsules, note that their records are disposed of now, and owe that to the ledger.

    Returns:
        The runs whose capsules are gone.

    Raises:
        CarrelError: RUN-001 where a run, or a restoration, holds the system.

    Guarantees:
        Interrupted at any moment and repeated, or followed by `settle`, it ends in the same state.
    """
    done = []
    for capsule in capsules:
        with _alone(store, capsule.system):
            folder_of(site).shred(capsule.run)
            _gone(store, capsule.system, capsule.run, _now())
        done.append(capsule.run)
    return tuple(done)


def settle(site: Site, store: Store, at: datetime) -> tuple[str, ...]:
    """Note what an earlier process destroyed and was killed before it could say so.

    The store knows of a capsule from its first chunk on. One that it knows and that has no folder any more is gone.

    Returns:
        The runs whose capsules are gone.
    """
    done = []
    for name in (system.name for system in site.systems if _missing(site, store, system.name, at)):
        # Whoever holds the system may be making the folder at this moment; then it waits for the next time.
        with suppress(CarrelError), _alone(store, name):
            for run in _missing(site, store, name, at):
                folder_of(site).forget_emptied(run)
                _gone(store, name, run, at)
                done.append(run)
    return tuple(done)


def _missing(site: Site, store: Store, system: str, at: datetime) -> tuple[str, ...]:
    there = {capsule.run for capsule in folder_of(site).capsules()}
    noted = (one.run for one in store.residues.open(system, at) if one.place == UNDO_CAPSULE)
    return tuple(dict.fromkeys(run for run in noted if run not in there))


@contextmanager
def _alone(store: Store, system: str) -> Iterator[None]:
    owner = new_owner()
    store.leases.acquire(system, owner, LEASE_TTL, _now())
    try:
        yield
    finally:
        with suppress(CarrelError):
            store.leases.release(system, owner, _now())


def shred_due(site: Site, store: Store, at: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Destroy the capsules whose time is over, each by itself.

    Returns:
        The runs whose capsules are gone, and the codes of what stood in the way of others; they wait for the next
        night.
    """
    done = list(settle(site, store, at))
    codes: list[str] = []
    for capsule in folder_of(site).due(at):
        try:
            done.extend(shred(site, store, (capsule,)))
        except CarrelError as wrong:
            codes.append(wrong.code)
        except OSError:
            codes.append(faults.CAPSULE_WRITE.code)
    return tuple(done), tuple(codes)


def leaf_of(store: Store, system: str, run: str, outcome: str, at: datetime, **more: int | str | list[str]) -> OpenLeaf:
    """What the ledger is told of a capsule: its run's plan and what became of it."""
    from carrel.ledger.leaf import OpenLeaf, utc_seconds
    from carrel.ledger.word import slug

    said: dict[str, int | str | list[str]] = {"system": slug(system), "reason": "undo", "outcome": outcome}
    with suppress(CarrelError):
        said["plan_digest"] = store.runs.get(run).plan_digest
    return OpenLeaf("run", at, {**said, "finished": utc_seconds(at), **more})


def _gone(store: Store, system: str, run: str, at: datetime) -> None:
    store.residues.clear_place(run, UNDO_CAPSULE, at, [leaf_of(store, system, run, "shredded", at)])


def _now() -> datetime:
    from carrel.cli.premises import now

    return now()
