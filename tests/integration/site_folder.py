"""A site folder with people, their keys and a recorded plan, and `carrel` as a person runs it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner, Result

from carrel.cli.approve import approve
from carrel.cli.exception import exception
from carrel.cli.hold import hold
from carrel.cli.main import cli
from carrel.cli.stop import stop
from carrel.errors import CarrelError
from carrel.ledger.note import Signer
from carrel.retention.plan import Basis, PathCount, Plan
from carrel.store.key_file import write_key
from carrel.store.store import FILE, Store

# With the settings of `carrel` itself: a command remembers its help option, and the pages are compared with it.
VERBS = click.Group(
    "carrel",
    commands={"approve": approve, "stop": stop, "hold": hold, "exception": exception},
    context_settings=cli.context_settings,
)
RIGHTS = {"ada": "[approve, hold]", "ben": "[approve, plan, stop]", "cal": "[plan]"}
TEXT = """\
format_version: 1
library: Example Library
policy: mit-libraries
systems:
  - name: koha
    map: koha
    dsn_env: KOHA_DSN
    time_zone: America/New_York
standing_approval:
  at_most: 60 days
people:
"""


@dataclass(frozen=True)
class Place:
    folder: Path

    @property
    def store(self) -> Store:
        return Store.open(self.folder / FILE)

    def key(self, who: str) -> Path:
        return self.folder / "keys" / f"{who}.key"

    def plan_file(self, **changes: Any) -> Path:
        """A plan as `carrel plan` writes and records it."""
        made = plan(**changes)
        with self.store as store:
            store.plans.record(made, made.made_at)
        place = self.folder / "plan.json"
        place.write_text(json.dumps(made.as_dict(), indent=2))
        return place

    def run(self, *words: object) -> Result:
        return CliRunner().invoke(VERBS, [*map(str, words), "--site", str(self.folder)])

    def ok(self, *words: object) -> str:
        result = self.run(*words)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    def told(self, *words: object) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.ok(*words, "--json"))
        assert told["format_version"] == 1
        return told

    def refused(self, *words: object) -> CarrelError:
        result = self.run(*words)
        assert isinstance(result.exception, CarrelError), (result.output, result.exception)
        return result.exception


def make(folder: Path) -> Place:
    """The folder, with a key for each of three people."""
    text = TEXT
    for who, may in RIGHTS.items():
        signer = Signer.generate(f"library.example/{who}", os.urandom(32))
        write_key(folder / "keys" / f"{who}.key", signer)
        text += f"  - {{name: {who.title()} Example, role: staff, may: {may}, public_key: '{signer.vkey}'}}\n"
    (folder / "carrel.yaml").write_text(text)
    return Place(folder)


def plan(**changes: Any) -> Plan:
    now = datetime.now(UTC)
    loans = PathCount("loan", "old_issues", "update", {"borrowernumber": "clear"}, 1_234, 3, 90_000, "names the reader")
    values: dict[str, Any] = {
        "system": "koha",
        "policy": "mit-libraries",
        "as_of": now,
        "made_at": now,
        "made_by": "Cal Example",
        "basis": Basis("a" * 64, "b" * 64, "c" * 64, "25.05.00", "0.1.0"),
        "states": {"due": 1_234, "period still running": 40_000, "legal hold": 4},
        "branches": {"CPL": 1_234},
        "paths": (loans,),
        "notices": ("reading history is empty for these loans",),
    }
    return Plan(**{**values, **changes})
