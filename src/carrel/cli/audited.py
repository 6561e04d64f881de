"""What an audit is of, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carrel.accountability.audit import AuditReport
    from carrel.accountability.facts import AuditFacts
    from carrel.accountability.run_report import RunReport
    from carrel.inventory.site import Site, System
    from carrel.inventory.system_map import SystemMap
    from carrel.policy.resolve import Policy
    from carrel.retention.consortium import InForce
    from carrel.store.store import Store


@dataclass(frozen=True)
class Subject:
    """What is audited: one system of a site, under its policies, with the site's own records."""

    site: Site
    system: System
    policies: InForce
    system_map: SystemMap
    store: Store

    @property
    def policy(self) -> Policy:
        """The site's own: the one whose clauses are measured."""
        return self.policies.policies[0]


@dataclass(frozen=True)
class Audited:
    """One audit: its facts, its report, its page."""

    facts: AuditFacts
    report: AuditReport
    page: RunReport
