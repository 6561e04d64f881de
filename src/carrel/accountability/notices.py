"""Notices: by which channels they go, through which gateways, and what their templates name (WPL-3.5)."""

from __future__ import annotations

from carrel.accountability.evidence import Reading
from carrel.accountability.facts import AuditFacts, Contradiction, NoticeFacts
from carrel.accountability.measurement import judged, unread
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.inventory.channel import NoticeKind
from carrel.retention.reasons import figure

_NAMED = (NoticeKind.OVERDUE, NoticeKind.PICKUP)  # the clause speaks of these two
_FIX = "switch the channel or gateway off, let the policy list it, or name the gateway in the site file"


@provides("WPL-3.5")
def notices_go_by_the_listed_channels(facts: AuditFacts) -> Reading:
    """No overdue or pickup notice goes by a channel or gateway that is not listed, and sent ones have a period."""
    seen, dataset = facts.notices, facts.policy.dataset("notices")
    if facts.loans is None or seen is None:
        return unread(facts)
    unlisted = [kind.value for kind in _NAMED if kind not in seen.listed]
    ruled = [one for one in facts.records if one.record == "notices"]
    late = sum(one.left for one in ruled)
    measured: dict[str, int | str] = {
        "rows by other channels": figure(sum(way.rows for way in seen.beyond)),
        "gateways that are not registered": len(seen.unregistered),
        "notices that wait too long": figure(seen.waiting),
        "sent notices past their period": figure(late),
    }
    wrong = [f"the policy lists no channels for {kind} notices" for kind in unlisted]
    if not ruled or dataset is None:
        wrong.append("the policy has no period for sent notices")
    wrong += [f"{one.setting}: {one.says}" for one in _channels(seen)]
    if seen.waiting:
        wrong.append("notices wait in the queue for longer than sent ones are kept")
    if late:
        wrong.append("sent notices stand past their period")
    return judged(
        facts,
        wrong,
        kept="Overdue and pickup notices go by listed channels and gateways alone, and have a period.",
        measured=measured,
        because="the policy lists how notices go",
        fix=_FIX,
        unseen=seen.unread,
    )


def told_as_settings(seen: NoticeFacts | None) -> tuple[Contradiction, ...]:
    """Channels, gateways and templates that work against the policy, as settings of the product do.

    Guarantees:
        Codes of templates, words of the product and counts; nothing of a template's text or of a notice.
    """
    return () if seen is None else (*_channels(seen), *_begun(seen), *_templates(seen))


def _channels(seen: NoticeFacts) -> tuple[Contradiction, ...]:
    ways = tuple(
        Contradiction(
            f"{way.kind} notices by {way.transport}",
            f"{way.where}: {amount(figure(way.rows), 'row')}, by a channel that the policy does not list",
            ("WPL-3.5",),
            fix="switch this channel off for these notices, or let the policy list it",
        )
        for way in seen.beyond
    )
    gateways = tuple(
        Contradiction(
            f"gateway {name}",
            "notices can go through a service that the site file does not name",
            ("WPL-3.5",),
            fix="switch it off, or name it under 'gateways:' in the site file",
        )
        for name in seen.unregistered
    )
    return (*ways, *gateways)


def _begun(seen: NoticeFacts) -> tuple[Contradiction, ...]:
    return tuple(
        Contradiction(
            f"{name}, on for new patrons",
            f"messages of the kind '{kind}' go to whoever is registered from now on, and did not switch them on",
            seen.asks,
            fix="clear it in what the product gives new patrons, such as the defaults of its patron categories",
            sends=kind,
            speaks=seen.asks,
        )
        for kind, name in seen.begun
    )


def _templates(seen: NoticeFacts) -> tuple[Contradiction, ...]:
    return tuple(
        Contradiction(
            f"template {one.code} ({one.transport})",
            f"names what it need not: {'; '.join(one.named)}",
            fix="take it out of the template",
        )
        for one in seen.templates
    )
