"""What goes against a policy's channels, which gateways nobody named, and what a template need not name."""

from __future__ import annotations

import pytest

from carrel.inventory.channel import Channel, NoticeKind
from carrel.inventory.notices import SeenNotices, Way, beyond, needless, unregistered
from carrel.systems import map_files

NOTICES = map_files.load("koha").notices
ALLOWED = {
    NoticeKind.OVERDUE: (Channel.EMAIL, Channel.POSTCARD, Channel.PHONE),
    NoticeKind.PICKUP: (Channel.PHONE, Channel.EMAIL, Channel.MAIL),
}


@pytest.mark.parametrize(
    ("kind", "transport", "against"),
    [
        (NoticeKind.OVERDUE, "email", False),
        (NoticeKind.OVERDUE, "print", False),
        (NoticeKind.OVERDUE, "itiva", False),
        (NoticeKind.OVERDUE, "sms", True),
        (NoticeKind.PICKUP, "print", False),
        (NoticeKind.PICKUP, "carrier pigeon", True),
        (NoticeKind.DUE_SOON, "sms", False),
    ],
)
def test_a_way_that_is_none_of_the_listed_channels_goes_against_them(kind, transport: str, against: bool):
    seen = SeenNotices(ways=(Way(kind, transport, "notices in the queue", 1),))
    assert bool(beyond(NOTICES, seen, ALLOWED)) is against


def test_an_offer_counts_where_its_gateway_is_set_up():
    offer = (Way(NoticeKind.PICKUP, "sms", "templates", 1, offered=True),)
    assert not beyond(NOTICES, SeenNotices(ways=offer), ALLOWED)
    assert beyond(NOTICES, SeenNotices(ways=offer, gateways={"SMSSendDriver": ("Email",)}), ALLOWED) == offer


def test_a_gateway_is_registered_by_its_name_in_any_case():
    seen = SeenNotices(gateways={"SMSSendDriver": ("Email",), "SMTP servers": ("smtp.example", "other.example")})
    assert unregistered(seen, ("EMAIL", "smtp.example")) == ("other.example",)


@pytest.mark.parametrize(
    ("kind", "transport", "text", "named"),
    [
        (NoticeKind.PICKUP, "print", "Title: <<biblio.title>>", 1),
        (NoticeKind.PICKUP, "print", "[% hold.biblio.title %]", 1),
        (NoticeKind.PICKUP, "print", "the biblio.title is in no slot", 0),
        (NoticeKind.PICKUP, "print", "<<biblio.titles>>", 0),
        (NoticeKind.PICKUP, "email", "<<biblio.title>>", 0),
        (NoticeKind.OVERDUE, "print", "<<biblio.author>> for <<borrowers.cardnumber>>", 2),
        (NoticeKind.OVERDUE, "email", "born <<borrowers.dateofbirth>>", 1),
        (None, "sms", "[% borrower.address %]", 1),
        (None, "print", "<<borrowers.address>>", 0),
    ],
)
def test_a_template_is_looked_through_for_slots_only(kind, transport: str, text: str, named: int):
    assert len(list(needless(NOTICES, kind, transport, [text], ALLOWED))) == named
