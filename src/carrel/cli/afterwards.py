"""What a night says of a code that it ends with: what it means, what it is about, and which command tells more."""

from __future__ import annotations

from collections.abc import Sequence

from carrel.cli.replay_told import SAID
from carrel.consent import faults as consent_faults
from carrel.errors import catalogue
from carrel.retention.faults import PAST_OUTSIDE
from carrel.rights.faults import GONE, OVERDUE

_TOLD = 5  # ids of requests in one line
_NEXT = {
    OVERDUE.code: "answer, and tell the person that it is late; carrel request list",
    GONE.code: "deleted, or put together with another? carrel check; docs/requests.md",
    PAST_OUTSIDE.code: "the lines above say where; carrel doctor",
    **{
        one.code: "the line above names the list; carrel doctor"
        for one in (
            consent_faults.LIST_AWAY,
            consent_faults.LIST_LOGIN,
            consent_faults.LIST_ANSWER,
            consent_faults.LIST_STAYS,
        )
    },
}


def line_of(code: str, late: Sequence[str] = (), gone: Sequence[str] = ()) -> str:
    """The line about a code.

    Args:
        code: of an error or a finding.
        late: ids of patrons' requests that are overdue.
        gone: ids of requests, restrictions and legal holds whose person has no record any more.

    Returns:
        Code, title, and what comes next; of a code that is not known here, the code and where it is told.
    """
    known = next((one for one in catalogue() if one.code == code), None)
    if code in SAID:
        return f"{code}{SAID[code]}"
    if known is None:
        return f"{code}; docs/errors.md"
    named = late if code == OVERDUE.code else gone if code == GONE.code else ()
    about = ", ".join(named[:_TOLD]) + (f" and {len(named) - _TOLD} more" if len(named) > _TOLD else "")
    of = f" ({about})" if named else ""
    return f"{code}: {known.title}{of}; {_NEXT.get(code, 'docs/errors.md')}"
