"""A log service with many indices: ages read and a clearing counted, beside the time that its answers took there.

The service is the stand-in of the tests: neither Elasticsearch nor OpenSearch was at hand. So this tells what Carrel asks
and adds, and nothing of how long a product takes to answer.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.row import Row
from carrel.inventory.log_service import LogService
from carrel.policy.duration import Duration
from carrel.policy.schedule import Disposition, Period, RecordEvent, RecordRule
from carrel.retention.clearing import tally
from carrel.retention.clearing_plan import SINGLE, WHOLE
from carrel.systems.log_services.account import signed_in
from carrel.systems.log_services.log_index import LogIndex
from carrel.systems.outside import parts_of
from tests.integration.servers.log_cluster import Cluster
from tests.integration.servers.log_server import KEY, LogServer, running

EVENTS = 20


def works(folder: Path, *, smoke: bool) -> dict[str, Callable[[], list[Row]]]:
    """Rows by name for ``--only``."""
    return {"log-service": lambda: [indices(folder, 20 if smoke else 1_000)]}


def indices(folder: Path, count: int) -> Row:
    """A third of the indices is past its time as a whole, a third in part, a third not at all."""
    now = datetime.now(UTC)
    cluster = Cluster()
    for number in range(count):
        made = cluster.make(f"logs-catalogue-{number:06d}")
        days = (40, 14, 3)[number % 3]
        for event in range(EVENTS):
            at = now - timedelta(days=days - 0.5 + event / EVENTS)
            made.write(f"{number}-{event}", {"@timestamp": at, "message": "GET /search"})
        made.refresh()
    secret = folder / "log-service.key"
    secret.write_text(KEY + "\n")
    secret.chmod(0o600)
    rule = RecordRule(
        "logs", (), RecordEvent.SENT, (Period(Duration.parse("14 days"), now.date() - timedelta(days=900)),),
        Disposition.DELETE,
    )  # fmt: skip
    with running(cluster, kind=_Timed) as server:
        assert isinstance(server, _Timed)
        service = LogService.model_validate({
            "name": "vendor", "interface": cluster.product, "url": f"http://127.0.0.1:{server.port}",
            "api_key_file": secret,
            "indices": [{"index": "logs-*", "record": "access logs", "purpose": "improve", "until": "sent"}],
        })  # fmt: skip
        began = time.perf_counter()
        ways, due = _planned(service, rule, now)
        spent = time.perf_counter() - began
        asked, inside = len(server.asked), server.inside
    assert abs(ways[WHOLE] - count / 3) <= 1
    assert abs(ways[SINGLE] - count / 3) <= 1
    size = f"{count:,} indices of {EVENTS} events at the stand-in, {asked:,} requests; {due:,} events due in "
    return Row(
        "log service: ages read, plan counted", f"{size}{ways[WHOLE]:,} whole indices and {ways[SINGLE]:,} in part",
        f"{spent:.2f} s", f"{inside:.2f} s", "the stand-in's own part of it", "measured", spent / inside, "", None,
    )  # fmt: skip


def _planned(service: LogService, rule: RecordRule, now: datetime) -> tuple[Counter[str], int]:
    """What `carrel log-service plan` asks: in which way each index would be cleared, and how many events are due."""
    ways, due = Counter[str](), 0
    with signed_in(service, now) as account:
        for one in parts_of(service, account):
            there = account(one)
            assert isinstance(there, LogIndex)
            there.mark()
            found = tally(there.pieces, rule, now, [])
            ways[there.way(found) if found.due else ""] += 1
            due += found.due
    return ways, due


@dataclass
class _Timed(LogServer):
    """The stand-in, with the seconds that it was at its own answers."""

    inside: float = 0.0

    def reply(self, *words: Any) -> Any:
        began = time.perf_counter()
        try:
            return super().reply(*words)
        finally:
            self.inside += time.perf_counter() - began
