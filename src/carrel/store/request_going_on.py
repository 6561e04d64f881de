"""That a request goes on as another one: of the same right, still open, and the same person's as far as can be told."""

from __future__ import annotations

from sqlalchemy import Connection, select

from carrel.errors import fault
from carrel.rights import faults
from carrel.rights.event import Act, Event
from carrel.rights.request import GOES_ON_AS, Ground
from carrel.store import tables


def require_going_on(connection: Connection, name: str, event: Event, parted: str) -> None:
    """Refuse to end a request as one that goes on elsewhere, where it does not.

    Args:
        connection: that will write the event.
        name: of the request that ends.
        event: that is new; of any other kind nothing is asked.
        parted: the hash of whoever is nobody's any more, since the record is gone.

    Raises:
        CarrelError: RGT-012.

    Guarantees:
        Another record's request is taken only where nobody has the first record any more: the product put both
        together, and says nowhere which took its place, so it is the staff's word that this one did.
    """
    if event.act is not Act.REFUSED or event.term("ground") != Ground.ANEW:
        return
    table = tables.request
    query = select(table.c.id, table.c.right, table.c.system, table.c.tag, table.c.ended_at)
    rows = {row.id: row for row in connection.execute(query.where(table.c.id.in_([name, event.term(GOES_ON_AS)])))}
    own, other = rows[name], rows.get(event.term(GOES_ON_AS))
    is_gone = own.tag == parted or (bool(own.tag) and event.term("looked") == own.system)
    if (
        other is not None
        and other.id != name
        and (other.right, other.ended_at) == (own.right, None)
        and other.tag not in {"", parted}
        and (other.tag == own.tag or (is_gone and other.system == own.system))
    ):
        return
    raise fault(
        faults.NOT_NOW,
        at=Ground.ANEW,
        wanted="another open request of the same right: the same person's, or where that record is gone, one in the "
        "same system",
        found="none of this id" if other is None else "another",
        because="the person is told that nothing is lost",
        changed="nothing",
        fix="open the same for the record that is left (`carrel request open`, with `--on` the day on which this one "
        "came), and name it",
    )
