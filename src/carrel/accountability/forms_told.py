"""Notices on forms, and the warning about e-mail: published from the policy, word for word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Kind, Reading, cannot_tell, finding, holds
from carrel.accountability.registry import provides
from carrel.amount import amount

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


@dataclass(frozen=True, slots=True)
class FormPage:
    """What one look at a page with a form found.

    Attributes:
        url: of the page.
        form: as the policy calls it.
        missing: sentences of its notice that do not stand there.
        unread: why it could not be looked at.
        warns: whether the warning about e-mail stands there; None where the form asks for no address, or nobody warns.
        must_warn: whether it has to stand there; also of a page that could not be looked at.
    """

    url: str
    form: str
    missing: tuple[str, ...] = ()
    unread: str = ""
    warns: bool | None = None
    must_warn: bool = False


@provides("MITP-11.2.2a", Kind.PUBLISHED, partly="forms on paper, and pages that the site file does not name",
          at_some_sites=True)  # fmt: skip
def forms_have_notices(facts: AuditFacts) -> Reading | None:
    """Each kind of record that patrons fill in has a form with a notice, and the pages with a form bear it."""
    seen = facts.policy.forms
    if not seen.forms:
        return None
    bare = [one for one in facts.form_pages if one.missing]
    shut = [one for one in facts.form_pages if one.unread]
    measured: dict[str, int | str] = {
        "forms": len(seen.forms),
        "fields with purpose and consequence": seen.fields,
        "pages with a form": len(facts.form_pages),
        "of these without their notice": len(bare),
    }
    if seen.without:
        return finding(
            f"No form is written down for what patrons fill in: {', '.join(seen.without)}.",
            measured,
            because="at collection people are told the purposes, and what follows if they do not answer",
            fix="write the form under 'forms:' in the policy; carrel policy notice prints it",
        )
    if bare:
        first = bare[0]
        return finding(
            f"{amount(len(bare), 'page')} with a form without its notice: {first.url} does not say "
            f"“{first.missing[0]}”{f', and {len(first.missing) - 1} more' if len(first.missing) > 1 else ''}.",
            measured,
            because="at collection people are told the purposes, and what follows if they do not answer",
            fix="put the words of carrel policy notice on the page, to the letter",
        )
    if shut:
        return cannot_tell(
            f"{amount(len(shut), 'page')} with a form could not be looked at: {shut[0].url} ({shut[0].unread}).",
            measured,
            because="a page that does not answer tells nobody anything",
            fix="look at 'url:' and 'form:' under 'web_pages:' of the site file",
        )
    return holds("Each field of each form is published with its purpose and with what follows.", measured)


@provides("WPL-6.4", Kind.PUBLISHED, partly="what the library writes by itself", at_some_sites=True)
def email_is_warned_of(facts: AuditFacts) -> Reading | None:
    """The policy's warning stands in its notice, on forms that ask for an address, and on messages about a request."""
    if not facts.policy.forms.warns:
        return None
    asked = [one for one in facts.form_pages if one.warns is not None]
    bare = [one for one in asked if not one.warns]
    measured: dict[str, int | str] = {"pages that ask for an address": len(asked), "of these without it": len(bare)}
    if bare:
        return finding(
            f"{amount(len(bare), 'page')} with a form for an e-mail address, and without the warning: {bare[0].url}.",
            measured,
            because="patrons are warned that e-mail can be read by others, and can be subject to disclosure law",
            fix="put the policy's warning on the page, to the letter; carrel policy notice prints it",
        )
    if shut := [one for one in facts.form_pages if one.unread and one.must_warn]:
        return cannot_tell(
            f"{amount(len(shut), 'page')} that has to warn could not be looked at: {shut[0].url} ({shut[0].unread}).",
            {**measured, "of these that could not be looked at": len(shut)},
            because="a page that does not answer warns nobody",
            fix="look at 'url:' and 'form:' under 'web_pages:' of the site file",
        )
    return holds("The warning is published, and stands on what Carrel writes about a question or a request.", measured)
