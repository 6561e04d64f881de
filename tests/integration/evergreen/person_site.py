"""A site on the sample of Evergreen, and `carrel` in this process, on the shipped map as if it were proved.

The map itself stays as it is: what it says is tried here before any release says that it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from importlib import resources
from typing import TYPE_CHECKING

from carrel.cli.main import main
from carrel.ledger.note import Signer
from carrel.store.key_file import write_key
from carrel.systems import map_files
from tests.integration.run.library import PEOPLE, Answer, Library

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.evergreen.conftest import Evergreen

UNPROVED, PROVED = "  proved: []\n", '  proved: ["3.17"]\n'
TABLES = """
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1
"""


def proved_maps(folder: Path) -> Path:
    """A folder with the shipped maps, of which Evergreen's says that it was proved."""
    folder.mkdir(parents=True)
    for one in (resources.files("carrel.systems") / "maps").iterdir():
        if one.name.endswith(".yaml"):
            (folder / one.name).write_text(one.read_text(encoding="utf-8").replace(UNPROVED, PROVED))
    return folder


def use_maps(folder: Path) -> None:
    """Have this process read its maps there."""
    map_files._FOLDER = folder
    map_files._shipped.cache_clear()


class Branch(Library):
    """A library on Evergreen; `carrel` runs in this process."""

    koha: Evergreen  # type: ignore[assignment]

    def run(self, *words: object, env: dict[str, str] | None = None, site: bool = True) -> Answer:
        assert env is None
        said = [*map(str, words), *(("--site", str(self.folder)) if site else ())]
        out, err, code = io.StringIO(), io.StringIO(), 0
        before = os.environ.get("COLUMNS")
        os.environ["COLUMNS"] = "200"
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main(said)
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
        finally:
            os.environ.pop("COLUMNS") if before is None else os.environ.update(COLUMNS=before)
        return self._watched(Answer(tuple(said), code, out.getvalue(), err.getvalue()))

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
    text += "people:\n"
    for who, (name, role, may) in PEOPLE.items():
        signer = Signer.generate(f"elm.example/{who}", os.urandom(32))
        write_key(folder / f"{who}.key", signer)
        text += f"  - {{name: {name}, role: {role}, may: {may}, public_key: '{signer.vkey}'}}\n"
    (folder / "carrel.yaml").write_text(text)
    return here
