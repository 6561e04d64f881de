"""The audit of a library that has no database of its own: by its custodian's evidence, or by what somebody attested."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carrel.cli.audited import Audited
    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy


def audit_custody(site: Site, policy: Policy, at: datetime) -> Audited:
    """Audit a library's side of a custody. What only a database can show is told as what cannot be told.

    Args:
        site: without a system of its own.
        policy: in force at it.
        at: the present.
    """
    from carrel.accountability.audit import audit
    from carrel.accountability.facts import AuditFacts, NightFacts, SchemaFacts
    from carrel.accountability.policy_facts import policy_facts
    from carrel.accountability.run_report import page_of
    from carrel.cli import audit_record
    from carrel.cli.audited import Audited
    from carrel.cli.custody_told import custody_facts
    from carrel.cli.stations_told import computers

    host = site.custodian.host if site.custodian is not None else ""
    facts = AuditFacts(
        system=f"what {host} holds",
        as_of=at,
        judged_at=at,
        policy=policy_facts(policy),
        schedule=policy.loan_schedule(),
        loans=None,
        live=SchemaFacts(""),
        elsewhere=host,
        unread=f"the database is {host}'s, and this library has no account on it",
        nights=NightFacts(ledger=audit_record.ledger_state(site)),
        placed=site.records,
        custody=custody_facts(site, policy),
        computers=computers(site, at, policy),
    )
    report = audit(facts)
    page = page_of(report, facts, library=site.library, checkpoint=audit_record.checkpoint_text(site))
    return Audited(facts, report, page)
