"""How long a session waits for a server, for a lock and for an answer, on every database."""

from __future__ import annotations

CONNECT_SECONDS = 10
LOCK_SECONDS = 3  # a desk transaction that waits longer than this notices
# Beside a desk: who never waits for a lock is in no deadlock, of which a server might end the transaction of the desk.
# PostgreSQL takes 0 for "for ever"; it looks for deadlocks after a second.
BESIDE_A_DESK = {"mariadb": "SET SESSION innodb_lock_wait_timeout = 0", "postgresql": "SET lock_timeout = '20ms'"}
SILENCE_SECONDS = 3600
PAGE_SECONDS = 20  # of silence, where somebody waits before a page
# A night asks some 800 statements of different kinds; each is compiled once, if none pushes another out.
KINDS_OF_STATEMENTS = 4_000
