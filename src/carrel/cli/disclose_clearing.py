"""Whether a case of this store lets somebody gather a scope now, and what the case is told of the package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.cli.disclose_rules import process_rules, viewer_of
from carrel.cli.store_place import open_store
from carrel.disclosure.admission import may
from carrel.disclosure.clearing import why_not
from carrel.disclosure.event import Act

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carrel.cli.disclose_rules import ProcessRules
    from carrel.disclosure.case import Case
    from carrel.disclosure.finding import Given
    from carrel.disclosure.package_kind import PackageKind
    from carrel.disclosure.scope import Scope
    from carrel.disclosure.standing import Standing
    from carrel.inventory.site import Site
    from carrel.retention.legal_hold import Keeping
    from carrel.store.store import Store

CLEARED = "by the case: every step that comes before was taken, and the scope stays within what it asks for"


@dataclass(frozen=True)
class CaseGate:
    """One case that stands before a production.

    Args:
        site: whose case.
        rules: by which it is led.
        name: who gathers.
        case: its id.
    """

    site: Site
    rules: ProcessRules
    name: str
    case: str

    @classmethod
    def of(cls, site: Site, name: str, case: str) -> CaseGate:
        """The gate of a case.

        Raises:
            CarrelError: DSC-018.
        """
        return cls(site, process_rules(site), name, case)

    def __call__(self, case: str, scope: Scope) -> str | None:
        """As `carrel.disclosure.scope.Clearing`.

        Raises:
            CarrelError: DSC-001, there is none, or none of which this person may know; DSC-002 to DSC-004 and DSC-008,
                it does not stand there, or it is another office's; DSC-022.
        """
        del case  # it is the gate's own
        with open_store(self.site) as store:
            found, here = self._standing(store)
        return why_not(found, here, scope, self.rules.zone)

    def kept(self, store: Store) -> dict[str, tuple[Keeping, ...]]:
        """By system, the legal holds of this case that are in force: whom and what its paper asks for."""
        case, _ = store.disclosures.case(self.case, viewer_of(self.site, store, self.rules, self.name))
        at = now()
        found = {
            one.name: tuple(
                hold
                for hold in store.keepings.current(one.name, at, to_dispose=False).legal_holds
                if hold.id in case.holds
            )
            for one in self.site.originals
        }
        return {name: holds for name, holds in found.items() if holds}

    def cleared(self, store: Store) -> str:
        """What the manifest says of it: which steps were taken, by which policies' clauses."""
        _, here = self._standing(store)
        steps = ", ".join(f"{one.id} [{', '.join(one.clauses)}]" if one.clauses else one.id
                          for one in here.process.steps if one.id in here.done)  # fmt: skip
        return f"{CLEARED}; steps: {steps or 'none is asked for'}"

    def record(self, store: Store, kind: PackageKind, manifest: str, leaf: str, given: Iterable[Given]) -> None:
        """Write down in the case that a package was made, and owe the ledger both leaves in one transaction.

        Args:
            store: that keeps the case.
            kind: of the package.
            manifest: SHA-256 of it, in hex.
            leaf: what the ledger is told of the package.
            given: what is in it, table by table and person by person.

        Raises:
            CarrelError: DSC-001 to DSC-004, the case does not stand there any more, or what was found asks for more.
        """
        terms = {"kind": str(kind), "manifest": manifest, "leaf": leaf}
        viewer = viewer_of(self.site, store, self.rules, self.name)
        _, here = store.disclosures.case(self.case, viewer)
        if (rule := here.process.education) is not None:
            terms["education"] = "yes" if rule.waits(given, here.findings) else "no"
        store.disclosures.add(self.case, Act.PRODUCED, terms, viewer, leaf=leaf)

    def _standing(self, store: Store) -> tuple[Case, Standing]:
        viewer = viewer_of(self.site, store, self.rules, self.name)
        case, here = store.disclosures.case(self.case, viewer)
        may(here, Act.PRODUCED, viewer.person, viewer.offices, viewer.at)
        return case, here
