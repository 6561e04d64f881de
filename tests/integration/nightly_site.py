"""A library's site on a sample database, with people who plan and approve, and `carrel` as they run it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from click.testing import CliRunner, Result

from carrel.cli.main import cli
from carrel.errors import CarrelError
from carrel.ledger.note import Signer
from carrel.retention.ports import StrayPosition
from carrel.store.key_file import write_key
from carrel.store.store import FILE, Store
from carrel.systems import map_files, policy_files

if TYPE_CHECKING:
    from tests.integration.conftest import Koha

TEXT = """\
format_version: 1
library: Elm Library
policy: {policy}
systems:
  - name: koha
    map: koha
    dsn_file: koha.dsn
    time_zone: {zone}
    mode: window
{system}consumers:
{consumers}people:
  - {{name: Ada Example, role: privacy officer, may: [approve, hold], public_key: '{key}'}}
  - {{name: Cal Example, role: systems librarian, may: [plan, run]}}
{more}"""


@dataclass(frozen=True)
class NightlySite:
    """One site folder on one fresh sample database."""

    folder: Path
    koha: Koha

    @property
    def store(self) -> Store:
        return Store.open(self.folder / FILE)

    def run(self, *words: object) -> Result:
        """`carrel` with these words, at this site."""
        return CliRunner().invoke(cli, [*map(str, words), "--site", str(self.folder)], standalone_mode=False)

    def ok(self, *words: object, code: int = 0) -> dict[str, Any]:
        """The JSON of a command that ends with this exit code."""
        result = self.run(*words, "--json")
        assert result.exception is None, (result.exception, result.output)
        assert (result.return_value or 0) == code, _told(result.stdout)
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def refused(self, *words: object) -> CarrelError:
        result = self.run(*words)
        assert isinstance(result.exception, CarrelError), (result.output, result.exception)
        return result.exception

    def plan(self) -> Path:
        place = self.folder / "plan.json"
        self.ok("plan", "--as", "Cal Example", "--out", place)
        return place

    def approve(self, place: Path, *more: object) -> None:
        key = self.folder / "ada.key"
        self.ok("approve", place, "--as", "Ada Example", "--key", key, "--yes", *more)

    def dispose(self) -> None:
        """The whole first run, stage by stage, as two people do it."""
        for _ in range(8):
            place = self.plan()
            self.approve(place, "--waive-rehearsal", "this library is invented")
            if self.ok("apply", place)["run"]["complete"]:
                return
        raise AssertionError("the first run does not end")

    def cut_everything(self) -> None:
        """Leave nothing due and nothing irregular, with the engine alone: where a clause test begins."""
        from carrel.cli import premises

        person, loans = f"borrowernumber = {self.koha.sample.anonymous_patron}", "old_issues"
        to_come = (datetime.now(UTC) + timedelta(hours=20)).strftime("%Y-%m-%d %H:%M:%S")
        self.sql(
            f"UPDATE {loans} SET {person} WHERE returndate IS NULL OR returndate < '1000-01-01' OR returndate > '{to_come}'"
        )
        with premises.enter(self.folder, None, read_only=False) as here:
            at = premises.now()
            life = here.life(at, at)
            with here.loans().session() as engine:
                after = None
                while (step := engine.cut_chunk(life, at, after, 5000, lambda *_: None)) is not None:
                    after = step[0]
                for path in engine.path_names():
                    start = StrayPosition(path, -1)
                    while (stray := engine.cut_strays(life, at, start, 5000, lambda *_: None)) is not None:
                        start = stray[0]
                assert not any(engine.remaining(life, at).values())
        parted = f"(borrowernumber IS NULL OR {person})"
        self.sql("UPDATE borrowers SET dateexpiry = '2099-12-31'")  # nobody's card has lapsed
        self.sql(f"UPDATE {loans} SET note = NULL, notedate = NULL, noteseen = NULL WHERE {parted}")

    def collect_nothing_more(self) -> None:
        """Switch off and empty whatever Koha can collect beyond what lending needs: where its clause tests begin."""
        statements = ["DELETE FROM borrower_attributes"]
        for thing in map_files.load("koha").collects.things:
            if thing.switch is not None:
                (variable,) = (test.equals for test in thing.switch.at.where)
                statements.append(f"UPDATE systempreferences SET value = '0' WHERE variable = '{variable}'")
            if thing.filled is not None and thing.filled.table == "borrowers":
                empty = ", ".join(f"{name} = NULL" for name in thing.filled.columns)
                statements.append(f"UPDATE borrowers SET {empty}")
            elif thing.filled is not None:
                statements.append(f"DELETE FROM {thing.filled.table}")
        self.sql(*statements)

    def keep_listed_kinds(self, policy: str) -> None:
        """Empty whatever holds a kind of record that a policy does not list, and every notice by another channel."""
        listed = {record.value for record in policy_files.load(policy).datasets}
        statements = [
            f"DELETE FROM {table}"
            for record, tables in map_files.load("koha").kinds.items()
            for table in reversed(tables)
            if record not in listed
        ]
        self.sql(
            *statements,
            "DELETE FROM message_queue WHERE message_transport_type = 'sms' OR status = 'pending'",
            "DELETE FROM borrower_message_transport_preferences WHERE message_transport_type = 'sms'",
        )

    def sql(self, *statements: str) -> int:
        """Change the live database behind everybody's back; rows changed by the last statement."""
        done = 0
        with self.koha.engine().begin() as connection:
            for statement in statements:
                done = connection.execute(sa.text(statement)).rowcount
        return done

    def evidence(self, clause: str) -> dict[str, Any]:
        """What `carrel audit` says of one clause now."""
        result = self.run("audit", "--json")
        assert result.exception is None, (result.exception, result.output)
        for one in json.loads(result.stdout)["clauses"]:
            if one["clause"] == clause:
                found: dict[str, Any] = one
                return found
        raise AssertionError(f"the policy has no clause {clause}")


def make(folder: Path, koha: Koha, *, policy: str = "mit-libraries", system: str = "", more: str = "") -> NightlySite:
    """A site folder with a key for the approver; every destructive job of the product is declared as not used.

    Args:
        folder: empty.
        koha: the database.
        policy: name or path.
        system: more lines for the system, indented by four.
        more: more blocks.
    """
    signer = Signer.generate("elm.example/ada", os.urandom(32))
    write_key(folder / "ada.key", signer)
    dsn = folder / "koha.dsn"
    dsn.write_text(koha.url + "\n")
    dsn.chmod(0o600)
    jobs = "".join(f"  {one.name!r}: not used\n" for one in map_files.load("koha").consumers if one.destructive)
    text = TEXT.format(zone=zone_of(koha), policy=policy, system=system, consumers=jobs, key=signer.vkey, more=more)
    (folder / "carrel.yaml").write_text(text)
    return NightlySite(folder, koha)


def zone_of(koha: Koha) -> ZoneInfo:
    """The private server has no zone tables; the sample's own wall clock is only some hours away from its clock."""
    return ZoneInfo("UTC" if koha.dialect == "mariadb" else koha.sample.zone)


def _told(text: str) -> object:
    """What of a run's JSON tells why it did not end well."""
    run = json.loads(text).get("run")
    if run is None:
        return text
    found = [
        a for a in run["sweep"]["attacks"] if a["hits"] and "yet" not in a["severity"] and "kept" not in a["severity"]
    ]
    return run["outcome"], run["remaining"], run["left_in_chunks"], found
