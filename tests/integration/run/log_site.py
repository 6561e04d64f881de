"""A small library whose application logs lie at a vendor, and whose policy keeps them for two weeks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.run import library
from tests.integration.servers.log_cluster import Cluster, Index
from tests.integration.servers.log_server import KEY, PASSWORD, LogServer, running

NOW = datetime.now(UTC)
SECRETS = ("Ishmael Quill", "quill@patrons.example", "203.0.113.77", "lanterns for whales")
RULE = "      - {id: log lines at the vendor, clauses: [MITL-6.3], active until: sent, keep: 14 days, then: delete}\n"
BEFORE = "      - id: log lines of the library system\n"
CARRIED = "    carried by: [records.access logs.retention.log lines at the vendor]\n"
LOGS = "{index: 'logs-catalogue-*', record: access logs, purpose: improve, until: sent}"


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def fill(index: Index, *days: float | None, first: int = 0) -> None:
    """One event for each age in days, None for one without a time; a refresh makes them seen."""
    for number, one in enumerate(days, first):
        told: dict[str, Any] = {"message": f"GET /search?q=lanterns for whales Ishmael Quill {SECRETS[1]} {SECRETS[2]}"}
        index.write(f"{index.name}-{number}", told if one is None else {**told, "@timestamp": ago(one)})
    index.refresh()


def left(index: Index) -> list[float | None]:
    """The ages of what is still there, in days."""
    found: list[float | None] = []
    for one in index.events.values():
        at = one.source.get("@timestamp")
        found.append(None if at is None else round((NOW - at) / timedelta(days=1), 3))
    return found


def declare(elm: library.Library, entry: str) -> None:
    """Have the site's policy rule log lines at the vendor, and its site file name the service."""
    elm.edit(BEFORE, f"{RULE}{BEFORE}", "policy.yaml")
    elm.edit("  MITL-6.3:\n    promised: >-\n", f"  MITL-6.3:\n{CARRIED}    says: >-\n", "policy.yaml")
    elm.edit("policy: mit-libraries", "policy: with-logs", "policy.yaml")
    elm.edit("people:\n", f"{entry}people:\n")
    secret = elm.folder / "logs.dsn"
    secret.write_text(KEY + "\n")
    secret.chmod(0o600)
    elm.needles.update({KEY, PASSWORD, *SECRETS})


def ilm(cluster: Cluster, name: str, index: str, days: int = 13, rollover: str | None = "1d", **state: Any) -> None:
    """A lifecycle that deletes after some days, and manages an index."""
    hot = {"actions": {} if rollover is None else {"rollover": {"max_age": rollover}}}
    phases = {"hot": hot, "delete": {"min_age": f"{days}d", "actions": {"delete": {}}}}
    cluster.policies[name] = {name: {"version": 1, "policy": {"phases": phases}}}
    cluster.managed[index] = {
        "policy": name,
        "phase": "hot",
        "action": "rollover",
        "step": "check-rollover-ready",
        **state,
    }


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of localhost, and its key."""
    folder = tmp_path_factory.mktemp("logs")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem",
         "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def vendor(pair: tuple[Path, Path]) -> Iterator[LogServer]:
    """An empty service with encryption."""
    with running(Cluster(), *pair) as server:
        yield server
