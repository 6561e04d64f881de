"""A rehearsal: the whole plan of one system, carried out on a copy of its database, and judged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.cli.screen import put_line, say
from carrel.errors import Exit, fault

if TYPE_CHECKING:
    from carrel.cli.night import Report
    from carrel.cli.premises import Premises
    from carrel.inventory.site import Site, System


@contextmanager
def enter(
    site_path: Path, copy: str, plan_place: Path, system_name: str | None, *, of_a_person: bool = False
) -> Iterator[Premises]:
    """Open a copy of a plan's system, with the account that carries out, after it was seen to be no system of the site.

    Args:
        site_path: the site file, or its folder.
        copy: its name.
        plan_place: file of the plan.
        system_name: of the plan's system, where it was named.
        of_a_person: the plan is one to erase somebody.

    Raises:
        CarrelError: as `carrel.systems.site_systems.copy_for`; RUN-010, the plan is for another system than the one
            named; RUN-013, the copy was a system of its own; SQL-018 and SQL-019.
    """
    from carrel.cli import plan_file, premises
    from carrel.cli.at_site import open_site
    from carrel.cli.store_place import open_store
    from carrel.systems.site_systems import copy_for

    site = open_site(site_path)
    site.folder.mkdir(parents=True, exist_ok=True)
    with open_store(site) as store:
        plan = plan_file.read_erasure(store, plan_place) if of_a_person else plan_file.read(store, plan_place)
        planned = plan.system
        _refuse_other(planned, system_name)
        own = store.plans.newest(copy_for(site, copy, planned).name) is not None
    if own:
        _refuse_own_plans(copy, planned)

    def find(read: Site, name: str | None) -> System:
        return copy_for(read, name or "", planned)

    with premises.enter(site_path, copy, read_only=False, find=find) as here:
        yield here


@dataclass(frozen=True)
class Verdict:
    """What a rehearsal is worth.

    Attributes:
        copy: where it was done.
        original: the system of the plan, which nothing touched.
        lacking: why it does not count; empty where it does.
        earlier: another one counts for this plan.
    """

    copy: str
    original: str
    lacking: tuple[str, ...]
    earlier: bool

    @property
    def exit_code(self) -> int:
        """3 as long as no rehearsal counts for the plan."""
        return int(Exit.FINDINGS if self.lacking and not self.earlier else Exit.DONE)

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "on": self.copy,
            "of": self.original,
            "counts": not self.lacking,
            "lacking": list(self.lacking),
            "another_counts": self.earlier,
        }

    def show_first(self) -> None:
        """Before anything else: where this was, and where not."""
        say(f"This was a rehearsal, on {self.copy}. {self.original} itself was not touched.")

    def show_last(self, place: Path) -> None:
        """What it is worth."""
        if self.lacking:
            say(f"\nIt does not count as a rehearsal on {self.copy}:")
            for one in self.lacking:
                put_line(one, "  - ")
            if self.earlier:
                say("Another one counts for this plan.")
            else:
                put_line(
                    "Copy the database anew, and rehearse again; or whoever approves the plan waives the rehearsal: "
                    f"`carrel approve {place} --as NAME --key FILE --waive-rehearsal REASON`",
                )
                return
        else:
            say("\nIt counts as the rehearsal.")
        put_line(
            f"For {self.original} itself nothing was approved by it: once a second person has approved the plan "
            f"(`carrel approve {place} --as NAME --key FILE`), `carrel apply {place}`"
        )


def judge(here: Premises, report: Report) -> Verdict:
    """Whether a rehearsal that has just ended counts for its plan."""
    from carrel.retention import rehearsal
    from carrel.retention.outcome import Outcome

    plan = report.plan
    clean = report.outcome in {Outcome.VERIFIED, Outcome.RESIDUE} and not report.hits
    done = rehearsal.Rehearsal(report.tally.loans, report.sweep.swept, clean)
    lacking = rehearsal.lacking(done, plan.due)
    most = here.store.runs.history(plan.system, plan.basis.policy_digest, plan.basis.map_digest).rehearsed
    enough = most is not None and most >= rehearsal.least_loans(plan.due)
    return Verdict(here.system.name, plan.system, lacking, earlier=bool(lacking) and enough)


def _refuse_other(planned: str, system_name: str | None) -> None:
    from carrel.retention import faults

    if system_name not in {None, planned}:
        raise fault(
            faults.OTHER_SYSTEM,
            wanted=f"the system of the plan, {planned}",
            found=str(system_name)[:40],
            fix="leave --system out; the copy is named by --rehearse-on",
        )


def _refuse_own_plans(copy: str, planned: str) -> None:
    from carrel.retention import faults

    raise fault(
        faults.OWN_PLANS,
        at=f"system {copy}",
        wanted=f"a copy of {planned} that was never planned for as a system of its own",
        found="plans for it in this site's records",
        because="a system with patrons of its own may have been declared a copy by mistake",
        fix="look at its address; if it is a copy, give it another name in carrel.yaml",
    )
