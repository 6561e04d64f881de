"""What stays of a payer while a financial record needs it (MITL-6.8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from carrel.errors import fault
from carrel.inventory.person_map import PersonMap
from carrel.policy.schedule import Charges, LoanSchedule
from carrel.retention import faults
from carrel.retention.cutoff import local_cutoff

WHOLE = "financial record, kept whole with its payer: no finance schedule is set"
BOOKS = "financial record, by "  # before the rule of a finance schedule that keeps it


@dataclass(frozen=True, slots=True)
class Payer:
    """What stays, and until when.

    Attributes:
        ground: on which it stays, with the citation.
        columns: of the payer's own record; everything else on it that may be empty is emptied.
        until: naive local time; a person with no line of account after it is no payer any more. None: any line counts.
    """

    ground: str
    columns: frozenset[str]
    until: datetime | None


def payer_of(schedule: LoanSchedule, person: PersonMap, as_of: datetime, zone: ZoneInfo) -> Payer | None:
    """What a policy keeps of payers; None where settled charges lose the card, or the product keeps no account.

    Args:
        schedule: of the policy.
        person: of the map.
        as_of: aware time at which periods are judged.
        zone: declared zone of the system.

    Raises:
        CarrelError: RUN-014, the schedule requires what the map does not know of a payer.

    Guarantees:
        Without a schedule the financial record stays whole, payer included. With one, passing time never makes anybody
        a payer again.

    Source:
        MITL-6.8.
    """
    if schedule.charges is Charges.LOSE_CARD or person.payer is None:
        return None
    finance, told = schedule.finance, person.payer
    wanted = ("name",) if finance is None else finance.requires
    unknown = [one for one in wanted if one not in told.fields]
    if unknown:
        raise fault(
            faults.NOT_POSSIBLE,
            at="policy, records.loans.finance schedule",
            wanted=f"some of: {', '.join(told.fields)}",
            found=", ".join(unknown),
            because="the map does not tell where the product keeps that of a payer",
            fix="leave it out, or let the map tell",
        )
    columns = frozenset({*told.stays, *(column for one in wanted for column in told.fields[one])})
    if finance is None:
        return Payer(WHOLE, columns, None)
    ground = f"{BOOKS}{finance.cited}: {finance.keep} from its last line"
    return Payer(ground, columns, local_cutoff(finance.keep.before(as_of), zone))
