"""A library that has no database, the custodian that has it, and everything that passes between the two."""

from __future__ import annotations

import os
import shutil
import sqlite3
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from carrel.accountability.plan_request import Parties, open_request
from carrel.ledger.note import Signer, sign_note
from carrel.store.key_file import write_key
from tests.integration.run import library
from tests.integration.run.library import Answer, environment
from tests.integration.run.warm_start import called

NAMES = "library: Worcester Public Library\n  host: Example Consortium"
LIBRARY = """\
format_version: 1
library: Worcester Public Library
policy: ./policy.yaml
systems: []
custodian:
  party: library
  {names}
  library_key: {library_key}
  host_key: {host_key}
  branches: [CPL, FPL, "Elm 12345"]
people:
  - {{name: Dee Example, role: director, may: [audit, plan], public_key: '{dee}'}}
  - {{name: Eve Example, role: staff, may: [plan]}}
"""
CUSTODIAN = """\
custodian:
  party: host
  {names}
  library_key: {library_key}
  host_key: {host_key}
{more}"""


@dataclass
class Site:
    """One of the two sites, and `carrel` as it is called there."""

    folder: Path

    def run(self, *words: object, site: bool = True) -> Answer:
        said = [*map(str, words), *(("--site", str(self.folder)) if site else ())]
        return Answer(tuple(said), *called(said, self.folder, environment()))

    def ok(self, *words: object, code: int = 0) -> dict:
        answer = self.run(*words, "--json")
        assert answer.code == code, answer.text
        return answer.told

    def refused(self, *words: object, error: str, code: int = 4) -> Answer:
        """Refused with this code, told with a way out, and nothing of the site is another file than before."""
        before = files(self.folder)
        answer = self.run(*words)
        assert (answer.code, error in answer.codes) == (code, True), answer.text
        assert "fix:" in answer.err
        assert files(self.folder) == before
        return answer

    def edit(self, old: str, new: str, name: str = "carrel.yaml") -> None:
        place = self.folder / name
        text = place.read_text()
        assert old in text, text
        place.write_text(text.replace(old, new, 1))


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a site but locks, and the store by what is in it."""
    found = {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file() and not one.name.startswith(("carrel.sqlite3", ".lock"))
    }
    store = folder / "carrel.sqlite3"
    if store.exists():
        with sqlite3.connect(store) as reading:
            found["store"] = "\n".join(reading.iterdump()).encode()
        reading.close()
    return found


@dataclass
class TwoSites:
    """Both, and the folder in which files travel."""

    library: Site
    host: library.Library
    mail: Path
    keys: dict[str, Signer]

    @property
    def parties(self) -> Parties:
        vkeys = self.keys["library"].vkey, self.keys["host"].vkey
        return Parties("Worcester Public Library", vkeys[0], "Example Consortium", vkeys[1])

    def request(self, *more: object, name: str = "request.note") -> Path:
        place = self.mail / name
        self.library.ok("custodian", "request", "--key", self.library.folder / "library.key", "--out", place, *more)
        return place

    def accept(self, place: Path) -> dict:
        return self.host.ok("custodian", "accept", place, "--as", "Ada Example", "--yes")

    def bundle(self, *more: object, name: str = "evidence.tar") -> Path:
        place = self.mail / name
        self.host.ok("custodian", "bundle", "--out", place, *more)
        return place

    def check(self, place: Path, code: int = 0) -> dict:
        return self.library.ok("custodian", "check", place, code=code)


def make(folder: Path, koha, *, policy: str = "worcester", more: str = "") -> TwoSites:
    """The two sites; nothing has passed between them yet.

    Args:
        folder: empty.
        koha: the custodian's database.
        policy: the library's.
        more: lines for the custodian's block of the host, indented by two.
    """
    return beside(folder, library.make(folder / "host", koha, policy=policy), policy=policy, more=more)


def beside(folder: Path, host: library.Library, *, policy: str = "worcester", more: str = "") -> TwoSites:
    """A library beside a site that becomes its host's: ``folder / "host"``, with a database of any product."""
    keys = {
        "library": Signer.generate("worcester.example/custody", os.urandom(32)),
        "host": Signer.generate("consortium.example/worcester", os.urandom(32)),
        "dee": Signer.generate("worcester.example/dee", os.urandom(32)),
    }
    here = folder / "library"
    here.mkdir(parents=True)
    shipped = resources.files("carrel.policy") / "shipped" / f"{policy}.yaml"
    (here / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"))
    write_key(here / "library.key", keys["library"])
    write_key(here / "dee.key", keys["dee"])
    said = {"names": NAMES, "library_key": keys["library"].vkey, "host_key": keys["host"].vkey}
    (here / "carrel.yaml").write_text(LIBRARY.format(**said, dee=keys["dee"].vkey))
    (host.folder / "policy.yaml").unlink()
    write_key(host.folder / "keys" / "ledger.key", keys["host"])
    host.edit("policy: ./policy.yaml", "policy: custodian/policy.yaml")
    place = host.folder / "carrel.yaml"
    place.write_text(place.read_text() + CUSTODIAN.format(**said, more=more))
    mail = folder / "mail"
    mail.mkdir()
    return TwoSites(Site(here), host, mail, keys)


def custody_leaves(folder: Path) -> list[tuple[str, str]]:
    """What a site's ledger tells of the custody: action and the digest of what it is about."""
    from carrel.ledger.leaf import decode_leaf
    from carrel.store.ledger_folder import LedgerFolder

    found = []
    for entry in LedgerFolder(folder / "ledger").entries():
        leaf = decode_leaf(entry)
        if leaf.kind == "custody":
            named = next(
                leaf.fields[name]
                for name in ("bundle_digest", "attestation_digest", "request_digest")
                if name in leaf.fields
            )
            found.append((str(leaf.fields["action"]), str(named)))
    return found


def moved(sites: TwoSites, folder: Path) -> TwoSites:
    """A copy of both sites and of what travels; the custodian's database is the same one."""
    shutil.copytree(sites.library.folder.parent, folder, dirs_exist_ok=True)
    host = library.Library(folder / "host", sites.host.koha, sites.host.needles)
    return TwoSites(Site(folder / "library"), host, folder / "mail", sites.keys)


def changed(sites: TwoSites, place: Path, name: str, key: str = "library", **changes: object) -> Path:
    """The request of a file with other content, signed anew: by the library, or by whoever has another key."""
    request = replace(open_request(place.read_text(), sites.parties), **changes)  # type: ignore[arg-type]
    signer = sites.keys[key]
    found = sites.mail / name
    found.write_text(sign_note(request.text(), signer))
    return found
