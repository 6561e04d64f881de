"""How what was seen outside the databases becomes evidence: a finding, what cannot be told, or a clause that holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from carrel.accountability.evidence import Reading, cannot_tell, finding, holds
from carrel.amount import amount

_SEE_FIX = "carrel check names what could not be looked at, with what to do"


def judged_outside(
    wrong: Sequence[str], unseen: Iterable[str], measured: Mapping[str, int | str],
    *, kept: str, because: str, fix: str, what: str = "",
) -> Reading:  # fmt: skip
    """The reading of a clause on what lies outside the databases.

    Args:
        wrong: what goes against it, in words with counts.
        unseen: places that could not be judged; while there are any, nothing holds.
        measured: figures behind it.
        kept: sentence for a clause that holds.
        because: why what is wrong is a finding.
        fix: what to do then.
        what: words before what is wrong.
    """
    places = tuple(dict.fromkeys(unseen))
    if wrong:
        says = f"{what}{'; '.join(wrong)}."
        return finding(says[0].upper() + says[1:], measured, because=because, fix=fix)
    if places:
        return cannot_tell(
            f"Not everything could be judged: {', '.join(places)}.",
            measured,
            because="it could not be read, or the policy has no rule for it",
            fix=_SEE_FIX,
        )
    return holds(kept, measured)


def some(count: int, one: str, more: str) -> list[str]:
    """A count in words; nothing of zero."""
    return [amount(count, one, more)] if count else []
