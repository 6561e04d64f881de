"""A site beside a library, with people who plan and approve, and `carrel` as they call it."""

from __future__ import annotations

import contextlib
import io
import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

from bench.library import NAME, Library
from carrel.cli.main import main
from carrel.ledger.note import Signer
from carrel.store.key_file import write_key

_SITE = """\
format_version: 1
library: Bench Library
policy: ./policy.yaml
systems:
  - {{name: koha, map: koha, dsn_file: koha.dsn, time_zone: UTC, mode: window}}
consumers:
{consumers}
people:
  - {{name: Ada Example, role: privacy officer, may: [approve], public_key: '{key}'}}
  - {{name: Cal Example, role: systems librarian, may: [plan, run]}}
"""
_STAGES = 8


class Site:
    """One site folder.

    Args:
        library: on its server.
        folder: to be made.
        policy: one that ships.
    """

    def __init__(self, library: Library, folder: Path, *, policy: str) -> None:
        self.library, self.folder = library, folder
        folder.mkdir(mode=0o700, parents=True)
        shipped = resources.files("carrel.policy") / "shipped" / f"{policy}.yaml"
        (folder / "policy.yaml").write_text(shipped.read_text())
        (folder / "koha.dsn").write_text(library.server.url(NAME) + "\n")
        (folder / "koha.dsn").chmod(0o600)
        signer = Signer.generate("bench.example/ada", os.urandom(32))
        write_key(folder / "ada.key", signer)
        jobs = "\n".join(f"  {one.name!r}: not used" for one in library.map.consumers if one.destructive)
        (folder / "carrel.yaml").write_text(_SITE.format(key=signer.vkey, consumers=jobs))

    def carrel(self, *words: object) -> dict[str, Any]:
        """One call in this process, so that a start of the interpreter is no part of the figure."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            try:
                main([*map(str, words), "--json", "--site", str(self.folder)])
            except SystemExit as left:
                if left.code:
                    raise RuntimeError(f"carrel {words[0]} ended with {left.code}: {out.getvalue()[:2000]}") from None
        told: dict[str, Any] = json.loads(out.getvalue())
        return told

    def plan(self, *more: object) -> Path:
        """A plan of what is due."""
        place = self.folder / "plan.json"
        self.carrel("plan", "--as", "Cal Example", "--out", place, *more)
        return place

    def approve(self, plan: Path, *more: object) -> None:
        self.carrel("approve", plan, "--as", "Ada Example", "--key", self.folder / "ada.key", "--yes", *more)

    def first_run(self) -> None:
        """All stages of it.

        Raises:
            RuntimeError: it does not end.
        """
        for _ in range(_STAGES):
            plan = self.plan()
            self.approve(plan, "--waive-rehearsal", "this library is invented")
            if self.carrel("apply", plan)["run"]["complete"]:
                return
        raise RuntimeError("the first run does not end")
