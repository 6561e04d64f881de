"""By which way a notice reaches a patron, and what it is about: the words that policy and map share (WPL-3.5)."""

from __future__ import annotations

import enum


class Channel(enum.StrEnum):
    """One way to a patron. A letter goes in an envelope; a postcard can be read by whoever carries it."""

    EMAIL = "email"
    MAIL = "mail"
    POSTCARD = "postcard"
    PHONE = "phone"
    TEXT_MESSAGE = "text message"
    FEED = "feed"


class NoticeKind(enum.StrEnum):
    """What a notice is about."""

    OVERDUE = "overdue"
    PICKUP = "pickup"
    DUE_SOON = "due soon"
    RECEIPT = "receipt"


PAPER = frozenset({Channel.MAIL, Channel.POSTCARD})
