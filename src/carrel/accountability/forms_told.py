"""Notices on forms, and the warning about e-mail: published from the policy, word for word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Kind, Reading, finding, holds
from carrel.accountability.registry import provides

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts


@dataclass(frozen=True, slots=True)
class FormFacts:
    """The forms of a policy and of those that it adopts.

    Attributes:
        forms: their names.
        fields: how many fields they ask in all, each with its purpose and what follows.
        without: records that patrons fill, of a policy that has forms, and for which it has none.
        warns: whether the policy warns of e-mail.
    """

    forms: tuple[str, ...] = ()
    fields: int = 0
    without: tuple[str, ...] = ()
    warns: bool = False


@provides("MITP-11.2.2a", Kind.PUBLISHED, partly="whether the forms that people fill in bear their notices",
          at_some_sites=True)  # fmt: skip
def forms_have_notices(facts: AuditFacts) -> Reading | None:
    """Each kind of record that patrons fill in has a form with a notice: purpose, required or not, what follows."""
    seen = facts.policy.forms
    if not seen.forms:
        return None
    measured: dict[str, int | str] = {"forms": len(seen.forms), "fields with purpose and consequence": seen.fields}
    if seen.without:
        return finding(
            f"No form is written down for what patrons fill in: {', '.join(seen.without)}.",
            measured,
            because="at collection people are told the purposes, and what follows if they do not answer",
            fix="write the form under 'forms:' in the policy; carrel policy notice prints it",
        )
    return holds("Each field of each form is published with its purpose and with what follows.", measured)


@provides("WPL-6.4", Kind.PUBLISHED, partly="what the library writes by itself", at_some_sites=True)
def email_is_warned_of(facts: AuditFacts) -> Reading | None:
    """The policy's warning stands in its notice, on forms that ask for an address, and on messages about a request."""
    if not facts.policy.forms.warns:
        return None
    return holds("The warning is published, and stands on what Carrel writes about a question or a request.", {})
