"""The pages of the site file that bear a form, held against the policy's notice of it: for the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carrel.accountability.forms_told import FormPage
    from carrel.inventory.site import Site
    from carrel.policy.collection_notice import Asked
    from carrel.policy.resolve import Policy


def form_pages(site: Site, policy: Policy) -> tuple[FormPage, ...]:
    """One look at each page that bears a form of the policy."""
    pages = [one for one in site.web_pages if one.form]
    if not pages:
        return ()
    from carrel.accountability.forms_told import FormPage
    from carrel.policy.collection_notice import notices
    from carrel.systems.web_pages.form_look import words_of

    told, found = {one.form: one for one in notices(policy)}, []
    for page in pages:
        if (notice := told.get(page.form)) is None:
            found.append(FormPage(page.url, page.form, unread="the policy has no form of that name", must_warn=True))
            continue
        words, unread = words_of(page.url)
        wanted = dict.fromkeys(each for one in notice.fields for each in _needed(one))
        missing = () if unread else tuple(one for one in wanted if " ".join(one.split()) not in words)
        warns = None if unread or not notice.warning else " ".join(notice.warning.split()) in words
        found.append(FormPage(page.url, page.form, missing, unread, warns, must_warn=bool(notice.warning)))
    return tuple(found)


def _needed(one: Asked) -> Iterator[str]:
    """The sentences that somebody has to find there: what a field is for, and what follows where it must be filled."""
    yield one.why
    if one.required:
        yield one.otherwise
