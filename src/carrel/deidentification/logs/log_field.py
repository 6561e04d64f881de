"""The fields of a log line, by what may become of them, whatever their place and name."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from carrel.deidentification.logs.log_time import TimeForm


class Kind(enum.StrEnum):
    """What a field is said to hold. That decides what can pass; nothing passes because of it."""

    ADDRESS = "address"
    PERSON = "person"  # an account, an e-mail address, a name in a directory
    SESSION = "session"
    TIME = "time"
    REQUEST = "request"  # method, address of the page, protocol
    METHOD = "method"
    URL = "url"
    QUERY = "query"
    PROTOCOL = "protocol"
    STATUS = "status"
    SIZE = "size"
    DURATION = "duration"
    HOST = "host"
    PORT = "port"
    REFERRER = "referrer"
    AGENT = "agent"  # the software at the other end
    WORD = "word"  # one of a closed list, or several with a plus between them
    MESSAGE = "message"  # of a self-service station, to the end of the line
    FREE = "free"  # everything else: nothing of it passes


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        kind: what it is said to hold.
        form: of a time.
        words: of a word, the name of the closed list.
    """

    kind: Kind
    form: TimeForm | None = None
    words: str = ""
