"""A site on the tiny sample, made by the real commands, for the tests of the documentation."""

from __future__ import annotations

import functools
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from carrel.ledger.note import Signer
from carrel.store.key_file import write_key
from carrel.systems.sample import SampleSize, build

SITE = """\
library: Elm Library
policy: mit-libraries
systems:
  - {{name: koha, map: koha, dsn_file: koha.dsn, time_zone: America/New_York, mode: window}}
  - {{name: copy, copy_of: koha, map: koha, dsn_file: koha.dsn, time_zone: America/New_York, mode: window}}
people:
  - {{name: Ada, role: privacy officer, may: [approve, hold, stop], public_key: '{key}'}}
  - {{name: Ben, role: systems librarian, may: [plan, run, stop]}}
consumers:
  delete_patrons.pl --not_borrowed_since: not used
{more}"""


@functools.cache
def _database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "koha.db"
        engine = sa.create_engine(f"sqlite:///{place}")
        build(engine, SampleSize("few", 12, 40), seed=1, as_of=datetime.now(UTC))
        engine.dispose()
        return place.read_bytes()


def make(folder: Path, more: str = "") -> Path:
    """Build the sample and write the site file beside it."""
    (folder / "koha.db").write_bytes(_database())
    dsn = folder / "koha.dsn"
    dsn.write_text(f"sqlite:///{folder / 'koha.db'}\n")
    dsn.chmod(0o600)
    signer = Signer.generate("elm.example/ada", os.urandom(32))
    write_key(folder / "ada.key", signer)
    (folder / "carrel.yaml").write_text(SITE.format(key=signer.vkey, more=more))
    return folder
