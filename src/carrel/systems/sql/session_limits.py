"""How long a session waits for a server, for a lock and for an answer, on every database."""

from __future__ import annotations

CONNECT_SECONDS = 10
LOCK_SECONDS = 3  # a desk transaction that waits longer than this notices
SILENCE_SECONDS = 3600
