"""On which terms addresses may go to a mailing list, and the hashes by which the store knows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from carrel.consent.gate import Gate, gate
from carrel.inventory.category import Category

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.inventory.mailing_list import MailingList


def gate_of(here: Premises, one: MailingList) -> Gate:
    """Whether addresses may go to a list at all, and on which terms.

    Raises:
        CarrelError: CNS-004, CNS-010 to CNS-013; the policy bars its recipient, or gives no email address.
    """
    return gate(here.in_force.policies, one.purpose, one.recipient, (Category.EMAIL_ADDRESS,))


def tags_of(here: Premises, addresses: Iterable[str]) -> tuple[list[str], str]:
    """The hashes of addresses, and the mark of their key.

    Raises:
        CarrelError: CNS-007.
    """
    tags = here.store.consents.own_tags(here.system.name)
    return [tag for one in addresses if (tag := tags.address(one))], tags.mark
