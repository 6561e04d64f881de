"""A site on the sample of Evergreen."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING

from carrel.systems import map_files
from tests.integration.run.library import Library, people

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.evergreen.conftest import Evergreen

TABLES = """
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1
"""


class Branch(Library):
    """A library on Evergreen."""

    koha: Evergreen  # type: ignore[assignment]

    def checksum(self) -> str:
        return hashlib.sha256(repr(sorted(self.rows().items())).encode()).hexdigest()

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table as text, sorted, by table; of a parent only its own."""
        found = {}
        for (name,) in self.koha.rows(TABLES):
            found[name] = sorted(
                text for (text,) in self.koha.rows(f"SELECT CAST(one AS text) FROM ONLY {name} AS one")
            )
        return found

    def card(self, text: str) -> Path:
        """A file with a number."""
        place = self.folder.parent / "card.txt"
        place.write_text(f"{text}\n")
        return place


def make(folder: Path, evergreen: Evergreen, *, policy: str = "worcester", more: str = "") -> Branch:
    """A site with three people and their keys."""
    evergreen.do("CREATE TABLE IF NOT EXISTS config.upgrade_log (version text PRIMARY KEY, install_date timestamptz)")
    evergreen.do("INSERT INTO config.upgrade_log VALUES ('3.17.4', now()) ON CONFLICT DO NOTHING")
    folder.mkdir(parents=True)
    here = Branch(folder, evergreen)  # type: ignore[arg-type]
    shipped = resources.files("carrel.policy") / "shipped" / f"{policy}.yaml"
    (folder / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"))
    here.secret("evergreen.dsn", evergreen.url)
    text = "format_version: 1\nlibrary: Elm Library\npolicy: ./policy.yaml\nsystems:\n"
    text += (
        "  - name: evergreen\n    map: evergreen\n    dsn_file: evergreen.dsn\n    time_zone: UTC\n    mode: window\n"
    )
    text += more
    jobs = [one.name for one in map_files.load("evergreen").consumers if one.destructive]
    text += "consumers:\n" + "".join(f"  {name!r}: not used\n" for name in jobs) if jobs else ""
    text += people(folder)
    (folder / "carrel.yaml").write_text(text)
    return here
