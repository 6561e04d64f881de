"""A patron of the invented library who can sign in, and the notices that it offers."""

from __future__ import annotations

import bcrypt
from sqlalchemy import Engine, column, func, insert, select, update
from sqlalchemy import table as clause

_COST = 8  # Koha's own
_MESSAGES = ("Item_Due", "Advance_Notice", "Hold_Filled", "Item_Check_in", "Item_Checkout")


def offer_notices(engine: Engine) -> None:
    """Have the library offer the notices among which a patron of Koha may choose."""
    messages = clause(
        "message_attributes", column("message_attribute_id"), column("message_name"), column("takes_days")
    )
    with engine.begin() as connection:
        for number, name in enumerate(_MESSAGES, 1):
            connection.execute(insert(messages).values(message_attribute_id=number, message_name=name, takes_days=0))


def let_sign_in(engine: Engine, password: str) -> str:
    """Give one patron a password, as Koha would keep it.

    Args:
        engine: of a library that was built here.
        password: of hers from now on.

    Returns:
        The card of the patron with the most loans now.
    """
    people = clause("borrowers", column("borrowernumber"), column("cardnumber"), column("password"), column("userid"))
    loans = clause("issues", column("borrowernumber"))
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(_COST)).decode()
    with engine.begin() as connection:
        query = (
            select(people.c.borrowernumber, people.c.cardnumber)
            .join(loans, loans.c.borrowernumber == people.c.borrowernumber)
            .where(people.c.cardnumber.is_not(None))
            .group_by(people.c.borrowernumber, people.c.cardnumber)
            .order_by(func.count().desc(), people.c.borrowernumber)
            .limit(1)
        )
        number, card = connection.execute(query).one()
        connection.execute(update(people).where(people.c.borrowernumber == number).values(password=hashed))
    return str(card)
