"""``carrel replay apply``: erase and restrict again, look everywhere, and open the system where all of it is clean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli import erasure_apply, plan_file, premises, record, restrict_apply
from carrel.cli.at_site import now
from carrel.cli.case_attempt import holding, require
from carrel.cli.replay_look import erased_in_tables
from carrel.cli.replay_open import open_if_clean, show_standing
from carrel.cli.replay_place import require_own
from carrel.cli.screen import put_json, put_line, say
from carrel.errors import CarrelError, Exit
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.store.journal import LEASE_TTL
from carrel.store.sealed_cases import DONE
from carrel.systems.sql.present_people import numbers as present

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.retention.replay_plan import ReplayPlan


def apply(place: Path, site: Path, system_name: str | None, *, as_json: bool) -> int:
    """Carry it out, or go on with it.

    Raises:
        CarrelError: APR-001, APR-007, APR-008, RPL-006, RUN-001, RUN-003, RUN-010, and whatever an erasure
            or a restriction meets, but for ERA-002: who cannot be erased now is told, and keeps the system closed.
    """
    with premises.enter(site, system_name, read_only=False) as here:
        plan = plan_file.read_replay(here.store, place)
        restore = here.store.replays.restore(plan.restore)
        refused: dict[str, str] = {}
        if restore.opened_at is None:
            require_own(here)
            require(here, plan, here.store.replays.started_at(plan.digest), Kind.REPLAY)
            with holding(here) as owner:
                here.store.replays.begin(plan.digest, now())
                refused = _erase(here, plan, owner)
                _tables(here, plan, owner)
                _restrict(here, plan, owner)
        standing = open_if_clean(here, restore)
        receipt = record.deliver(here.site, here.store, now())
        ran = [one.case for one in plan.erasures if one.case not in refused]
        left = [case for case in ran if here.store.erasures.case(case).state != DONE]
        done = len(ran) - len(left)
    if as_json:
        body = {
            "restore": plan.restore,
            "plan": plan.digest,
            "erased_again": done,
            "refused": refused,
            "left": left,
            "opened": standing.clean,
            "closed": standing.as_dict(),
            "ledger": receipt.as_dict(),
        }
        put_json({"replay": body})
    else:
        who = amount(done, "person", "persons")
        say(f"restore {plan.restore}: {who} erased again by this plan, looked for everywhere")
        for case in left:
            put_line(f"{case}: carried out, and something of the person is left: `carrel sweep` says where", "  - ")
        for case, ground in refused.items():
            put_line(f"{case}: cannot be erased now: {ground}", "  - ")
        show_standing(standing)
        say(f"Ledger: {amount(receipt.size, 'leaf', 'leaves')}, root {receipt.root[:16]}…, in {receipt.folder}")
    return int(Exit.DONE if standing.clean else Exit.VERIFICATION_FAILED)


def _erase(here: Premises, plan: ReplayPlan, owner: str) -> dict[str, str]:
    """Each case to its end; the grounds of those that something keeps."""
    refused: dict[str, str] = {}
    for one in plan.erasures:
        if here.store.erasures.case(one.case).state == DONE:
            here.store.erasures.forget(one.case)  # unless a process died before its last step, it is
            continue
        try:
            erasure_apply.carry_out(here, here.store.erasures.plan(one.case), owner)
        except CarrelError as wrong:
            if wrong.code != faults.NOT_NOW.code:
                raise
            refused[one.case] = wrong.faults[0].found
    return refused


def _tables(here: Premises, plan: ReplayPlan, owner: str) -> None:
    """The rows of tables of the site file that bear the card of somebody who was erased."""

    def beat() -> None:
        here.store.leases.renew(here.system.name, owner, LEASE_TTL, now())

    for one in erased_in_tables(here):
        if one.entry.name in plan.tables:
            one.take_out(beat)


def _restrict(here: Premises, plan: ReplayPlan, owner: str) -> None:
    """The switches of restrictions that are in force still, of persons who are there still."""
    with here.engine.connect() as connection:
        there = set(present(connection, here.system_map.people))
    gate = here.store.person_cases.gate(here.system.name, owner, now)
    for case, number in here.store.restrictions.people(here.system.name).items():
        if case in plan.restrictions and number in there:
            restrict_apply.again(here, case, gate)
