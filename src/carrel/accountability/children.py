"""Children: no setting and no waiver of the product shows a child's loans, fines or notices to somebody else."""

from __future__ import annotations

from carrel.accountability.evidence import Reading, cannot_tell
from carrel.accountability.facts import AuditFacts, Contradiction
from carrel.accountability.measurement import judged, unread
from carrel.accountability.registry import provides
from carrel.retention.reasons import figure

_FIX = (
    "switch these off and take the waivers out, or let the policy name the basis under 'children: shown to guardians'"
)


@provides("MPL-14")
def children_as_adults(facts: AuditFacts) -> Reading | None:
    """Nothing that the product can show of a child to a guardian, or to whoever may use the account, is switched on.

    Source:
        MPL-14. No rule of a policy asks for an age: periods, erasure and access are the same for everybody.
    """
    if facts.schedule.children is None:
        return None
    if facts.showing is None or facts.loans is None:
        return unread(facts)
    if not facts.showing:
        return cannot_tell(
            "The map names no setting by which the product shows one person to another.",
            {},
            because="nobody has looked for them in this product",
            fix="name them under 'settings:' of the map, with 'shows:'",
        )
    wrong = [one for one in facts.contradictions if one.shows and one.severity == "finding"]
    measured: dict[str, int | str] = {
        "settings and waivers looked at": facts.showing,
        "that show a child to somebody": len(wrong),
        "which": "; ".join(map(_told, wrong)) or "none",
    }
    return judged(
        facts,
        [f"{one.setting}: {one.says}" for one in wrong],
        kept="No setting and no waiver shows a child's loans, fines, holds or notices to anybody else.",
        measured=measured,
        because="a guardian is another person to the library",
        fix=_FIX,
    )


def _told(one: Contradiction) -> str:
    rows = f" ({figure(int(one.value))})" if one.value.isdigit() and "records" in one.setting else ""
    return f"{one.setting}{rows}"
