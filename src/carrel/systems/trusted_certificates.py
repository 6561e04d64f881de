"""Certificates that a site file has trusted besides the system's own."""

from __future__ import annotations

import ssl
from pathlib import Path

from carrel.errors import Condition, fault


def trusting(ca_file: Path | None, condition: Condition, at: str) -> ssl.SSLContext:
    """What a way to a server is encrypted with.

    Args:
        ca_file: of the site file; None where the system's certificates are enough.
        condition: of an error.
        at: the entry of the site file, for an error.

    Raises:
        CarrelError: of the condition; the file cannot be read, or holds no certificate. No server was asked then.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as wrong:
            # An error of certificates is one as well.
            found = "one without any" if isinstance(wrong, ssl.SSLError) else wrong.strerror
            raise fault(
                condition,
                at=at,
                wanted="a file of certificates at 'ca_file'",
                found=found or "one that cannot be read",
                because="the server was not asked: nothing would tell it from another",
                fix="mend 'ca_file' in the site file, or take it out where the system's certificates are enough",
            ) from None
    return context
