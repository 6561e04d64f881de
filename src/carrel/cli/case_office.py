"""The rest of what the pages of legal process have done: findings about students, and forgetting what is over."""

from __future__ import annotations

from carrel.cli import disclose_forgetting
from carrel.cli.case_desk import AtCaseDesk
from carrel.cli.disclose_findings import Found, exempted
from carrel.cli.disclose_keeping import people_with
from carrel.cli.disclose_rules import viewer_of
from carrel.cli.store_place import open_store
from carrel.disclosure.forgetting import plan_digest
from carrel.web.case_desk import Forgetting, StudentFinding


class AtCaseOffice(AtCaseDesk):
    """The desk of one site, whole."""

    def exempt(self, name: str, case: str, found: StudentFinding) -> None:
        """Write down a finding about students.

        Raises:
            CarrelError: DSC-001 to DSC-003, DSC-005, DSC-018, DSC-025; ERA-001.
        """
        site, rules = self._opened()
        said = Found(found.exemption, found.records, over=False, because=found.words)
        with open_store(site) as store:
            exempted(
                store, site, case, said, lambda: viewer_of(site, store, rules, name, self._now()),
                lambda: people_with(self._place, found.system, found.cards),
            )  # fmt: skip

    def forgetting(self, name: str) -> Forgetting:
        """What is due to be forgotten.

        Raises:
            CarrelError: DSC-003, DSC-018; of the SIT and POL codes.
        """
        site, rules = self._opened()
        with open_store(site) as store:
            found = disclose_forgetting.due_of(store, viewer_of(site, store, rules, name, self._now()))
        kept = rules.processes.kept
        return Forgetting(plan_digest(one.case for one in found), None if kept is None else kept.days, found)

    def approve(self, name: str, plan: str) -> None:
        """Agree that what was shown is forgotten.

        Raises:
            CarrelError: DSC-003, DSC-018, DSC-023.
        """
        site, rules = self._opened()
        with open_store(site) as store:
            disclose_forgetting.approve(store, viewer_of(site, store, rules, name, self._now()), plan)

    def forget(self, name: str) -> int:
        """Forget what somebody else approved; how many are gone.

        Raises:
            CarrelError: DSC-009, DSC-018, DSC-022.
        """
        site, rules = self._opened()
        with open_store(site) as store:
            return disclose_forgetting.apply(store, viewer_of(site, store, rules, name, self._now()))
