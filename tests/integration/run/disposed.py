"""A library after its first run, prepared once by each process of tests and copied for every test.

The site folder is kept with the database: what is in the store, the ledger and the keys belongs to the rows as they are.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.integration.run import library

if TYPE_CHECKING:
    from carrel.systems.sample import Sample
    from tests.integration.conftest import Koha

TEMPLATE = "disposed_template"


@dataclass(frozen=True)
class Disposed:
    """What is copied: nobody works in it any more.

    Args:
        folder: of the site.
        koha: the database, closed.
        needles: values of patrons, and secrets.
    """

    folder: Path
    koha: Koha
    needles: frozenset[str]

    @property
    def sample(self) -> Sample:
        return self.koha.sample

    def copied(self, folder: Path, koha: Koha) -> library.Library:
        """The same library at another place.

        Args:
            folder: of the site; made.
            koha: a copy of the database.
        """
        shutil.copytree(self.folder, folder)
        here = library.Library(folder, koha, set(self.needles))
        here.secret("koha.dsn", koha.url)
        return here


def once(folder: Path, koha: Koha) -> Disposed:
    """Carry out the first run of a library whose policy erases lapsed cards after a year, so that nothing else is left."""
    here = library.make(folder, koha, policy="worcester")
    here.sql("DELETE FROM saved_sql")  # reports that name readers lead the sweep of loans back
    here.dispose()
    koha.dispose()
    return Disposed(folder, koha, frozenset(here.needles))
