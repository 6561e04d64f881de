"""A patron's own account: the pages answer, what they offer can be written, and the history has a switch (MPL-11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Reading, cannot_tell, finding, holds
from carrel.accountability.registry import provides
from carrel.amount import amount

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts, Contradiction

CLAUSE = "MPL-11"
OFFERED = ("contact details", "notices", "password")


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What was found of the pages for patrons of one system.

    Attributes:
        away: why the pages did not answer at their address; empty where they did.
        offers: what patrons change there at once, in the words of the site file.
        rights: how many rights the account that carries out needs for it.
        missing: how many of these it does not have.
        unread: why its rights could not be looked at; empty where they could.
    """

    away: str = ""
    offers: tuple[str, ...] = ()
    rights: int = 0
    missing: int = 0
    unread: str = ""


def settings_against(facts: AuditFacts, clause: str) -> tuple[Contradiction, ...]:
    """Settings of the product that are findings, and of which the map says that they go against a clause."""
    return tuple(one for one in facts.contradictions if clause in one.speaks and one.severity == "finding")


@provides(CLAUSE, at_some_sites=True)
def patrons_reach_their_account(facts: AuditFacts) -> Reading | None:
    """The pages answer, what they let patrons change can be written, and the product lets them switch their history.

    What a site does not let them change at once becomes a request; whether the catalogue of the product lets them is
    not known here, and then nobody can tell.
    """
    if (seen := facts.account) is None:
        return None
    switched = settings_against(facts, CLAUSE)
    measured: dict[str, int | str] = {
        "the pages answer": "no" if seen.away else "yes",
        "changed there at once": ", ".join(seen.offers) or "nothing",
        "rights for it": seen.rights,
        "of these missing": seen.missing,
        "settings of the product for the history": facts.settings_on.get(CLAUSE, 0),
        "of these against it": len(switched),
    }
    wrong = [f"{one.setting}: {one.says}" for one in switched]
    if seen.missing:
        wrong.append(f"{amount(seen.missing, 'right')} missing for what the pages let patrons change")
    if wrong:
        return finding(
            f"{'; '.join(wrong)}.",
            measured,
            because="patrons reach their data, change them, and switch their history by themselves",
            fix="carrel doctor tells the statements that give the rights; mend the setting in the product",
        )
    left = [one for one in OFFERED if one not in seen.offers]
    why = seen.away or seen.unread or facts.unread
    why = why or (f"the pages do not let patrons change {', '.join(left)} at once" if left else "")
    if not why and not facts.settings_on.get(CLAUSE):
        why = "the map names no setting by which patrons switch their history"
    if why:
        return cannot_tell(
            "Not everything that patrons may do by themselves could be looked at.",
            measured,
            because=why,
            fix="see that carrel serve answers at 'address:'; 'may_change:' of 'portal:' says what is changed there",
        )
    return holds("Patrons reach their data on the pages, change them there, and switch their history.", measured)
