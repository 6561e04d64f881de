"""Kills `carrel apply` at its Nth step, for many N, and goes on with it each time.

A step is a statement or a commit on any database (the library's or Carrel's own), or a file that is opened to be
written, renamed or removed in the site's folder. Nothing of Carrel is replaced: SQLAlchemy's own events and the
interpreter's audit events tell of each step, and the process ends itself there with SIGKILL. Everything runs in forks
of this process, which holds no connection and has one thread, and is itself one of `warm_start`: a step costs no start of
an interpreter, and nothing is loaded twice.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import json
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from sqlalchemy import Engine, event

from carrel.cli.main import main
from carrel.errors import CarrelError
from carrel.ledger.leaf import banded, decode_leaf, utc_seconds
from carrel.store.key_file import read_verifier
from carrel.store.ledger_folder import LedgerFolder
from carrel.systems import policy_files
from tests.store_place import StorePlace

_FILE_EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.link", "os.truncate"}
_TOLD = "INSERT INTO owed_leaf"
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT


@dataclass
class Steps:
    """Counts the steps of this process, from the first one that begins with ``after`` on, and ends it at one of them."""

    fatal: int
    folder: str
    log: Path
    after: str = ""
    seen: int = 0

    def step(self, what: str) -> None:
        if not self.seen and not what.startswith(self.after):
            return
        self.seen += 1
        if self.seen == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        if not self.fatal:
            with self.log.open("a") as file:
                file.write(json.dumps(what) + "\n")

    def install(self) -> None:
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", lambda _: self.step("COMMIT"))
        sys.addaudithook(self._audited)

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        self.step(" ".join(statement.split())[:80])

    def _audited(self, name: str, told: tuple[Any, ...]) -> None:
        if name == "open":
            if not (isinstance(told[2], int) and told[2] & _WRITES):
                return
        elif name not in _FILE_EVENTS:
            return
        place = told[0]
        if isinstance(place, str) and place.startswith(self.folder) and not place.endswith(self.log.name):
            self.step(f"{name} {place.removeprefix(self.folder)}")


def in_fork(work: Callable[[], object], output: Path) -> int:
    """The exit code of a piece of work in a process of its own; negative for a signal."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(out, 1)
            os.dup2(out, 2)
            work()
            code = 0
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


class Place:
    """The library: its site folder and its database, put back as they were before every round."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.site, self.kept = Path(told["site"]), Path(told["kept"])
        self.output = self.site / "output.txt"
        self.told = told
        self.store = StorePlace(self.site, *told.get("store", {}).get("words", ["", ""]))

    def apply(self) -> None:
        shared = ("--workers", str(self.told["workers"])) if "workers" in self.told else ()
        verb = self.told.get("verb", ["apply"])
        main([*verb, str(self.site / "plan.json"), "--site", str(self.site), *shared])

    def back(self) -> None:
        shutil.rmtree(self.site)
        shutil.copytree(self.kept, self.site)
        if "store" in self.told:
            self._refilled(**{name: self.told["store"][name] for name in ("address", "database", "template")})
        if "file" in self.told:
            place = Path(self.told["file"])
            for ending in ("-journal", "-wal", "-shm"):
                Path(f"{place}{ending}").unlink(missing_ok=True)
            shutil.copyfile(self.told["kept_file"], place)
        elif "postgresql" in self.told:
            self._refilled(self.told["postgresql"], self.told["database"], self.told["template"])
        else:
            self._refill()

    def _refilled(self, address: str, database: str, template: str) -> None:
        with psycopg.connect(f"{address} dbname=postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {database} TEMPLATE {template}")

    def _sql(self, *statements: str) -> list[tuple[Any, ...]]:
        connection = pymysql.connect(
            unix_socket=self.told["socket"], user="root", database=self.told["database"], ssl_disabled=True
        )
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                connection.commit()
                return list(cursor.fetchall())
        finally:
            connection.close()

    def _refill(self) -> None:
        database, template = self.told["database"], self.told["template"]
        for (left,) in self._sql(
            f"SELECT id FROM information_schema.processlist WHERE db = '{database}' AND id <> CONNECTION_ID()"
        ):
            with contextlib.suppress(pymysql.err.OperationalError):  # 1094: it has ended by itself
                self._sql(f"KILL {left}")
        now = self.sums_of_each()
        changed = [table for table in self.told["tables"] if now[table] != self.told["sums"][table]]
        self._sql(
            "SET foreign_key_checks = 0, unique_checks = 0, sql_mode = ''",
            *(
                s
                for table in changed
                for s in (f"DELETE FROM `{table}`", f"INSERT INTO `{table}` SELECT * FROM `{template}`.`{table}`")
            ),
        )

    def sums_of_each(self) -> dict[str, str]:
        """Of every row; of a table in which an automatic time moves, by a query of the test's that leaves it out."""
        asked, tables = self.told.get("sums_by", {}), self.told["tables"]
        plain = [name for name in tables if name not in asked]
        sums = self._sql(f"CHECKSUM TABLE {', '.join(f'`{name}`' for name in plain)} EXTENDED")
        return {
            **{name: repr(one) for name, one in zip(plain, sums, strict=True)},
            **{name: repr(self._sql(asked[name])) for name in tables if name in asked},
        }

    def _sums_there(self) -> str:
        whole = hashlib.sha256()
        with psycopg.connect(f"{self.told['postgresql']} dbname={self.told['database']}") as connection:
            for (name,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            ).fetchall():
                rows = connection.execute(f'SELECT CAST(one AS TEXT) FROM "{name}" AS one').fetchall()
                whole.update(repr((name, sorted(rows))).encode())
        return whole.hexdigest()

    def checksum(self) -> str:
        if "postgresql" in self.told:
            return self._sums_there()
        if "file" not in self.told:
            return repr(self.sums_of_each())
        whole = hashlib.sha256()
        connection = sqlite3.connect(self.told["file"])
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1").fetchall():
            whole.update(repr((name, sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))))).encode())
        connection.close()
        return whole.hexdigest()


def counts(store: StorePlace) -> str:
    """What the run counted, whatever its chunks were, and that no loan of it is in flight any more."""
    # How many readers are surely different, and those of a month that is not over, depend on where a chunk ends.
    cells = "system, grain, month, branch, item_type, category, loans, CASE WHEN at_most THEN 0 ELSE readers END"
    queries = (f"SELECT {cells} FROM circulation ORDER BY 1, 2, 3, 4, 5, 6", "SELECT count(*) FROM loan_in_flight")
    return repr([store.rows(query) for query in queries])


def ledger_complete(site: Path, place: StorePlace, system: str = "koha") -> None:
    """Every run that has ended stands in the ledger once, with what it did; nothing else does.

    Raises:
        AssertionError: one does not.
    """
    ledger = LedgerFolder(site / "ledger")
    ledger.verify(read_verifier(str(site / "keys" / "ledger.vkey")), read_leaves=True)
    leaves = [decode_leaf(entry) for entry in ledger.entries()]
    told = Counter(
        (str(leaf.fields["started"]), str(leaf.fields["finished"]), leaf.fields["applied"])
        for leaf in leaves
        if leaf.kind == "run" and "stage" in leaf.fields
    )
    with place.open() as store:
        runs = Counter(
            (utc_seconds(run.started_at), utc_seconds(run.finished_at), banded(run.loans))
            for run in store.runs.newest(system, 1000)
            if run.finished_at is not None
        )
        assert store.owed.count() == 0
    assert told == runs, (told, runs)


def drive(told: dict[str, Any]) -> dict[str, Any]:
    """One undisturbed run whose steps are counted, then a killed and resumed one for each chosen step."""
    place = Place(told)
    policy_files.load(place.site / "policy.yaml")  # once, as everything is, before any fork
    log = place.site / "steps.jsonl"

    def counted(fatal: int, after: str = "") -> Callable[[], None]:
        def work() -> None:
            Steps(fatal, str(place.site), log, after).install()
            place.apply()

        return work

    if "socket" in told:
        told["sums"] = place.sums_of_each()
    undisturbed = in_fork(counted(0), place.output)
    assert undisturbed == 0, place.output.read_text()
    steps = [json.loads(line) for line in log.read_text().splitlines()]
    wanted, wanted_counts = place.checksum(), counts(place.store)
    chosen = choose(steps, told["rounds"])
    first = {after: next(n for n, step in enumerate(steps) if step.startswith(after)) for after, _ in chosen}
    wrong: list[dict[str, Any]] = []
    began = time.monotonic()
    for after, at in chosen:
        place.back()
        killed = in_fork(counted(at, after), place.output)
        again = in_fork(counted(at // 2, after), place.output) if told["twice"] and at > 1 else None
        resumed = in_fork(place.apply, place.output)
        state, told_counts = place.checksum() == wanted, counts(place.store) == wanted_counts
        complete = in_fork(lambda: ledger_complete(place.site, place.store), place.output) == 0
        if asked := told.get("check"):  # a test's own question
            module, _, name = asked.partition(":")
            question = getattr(importlib.import_module(module), name)
            complete = complete and in_fork(functools.partial(question, told), place.output) == 0
        if not (
            complete
            and killed in ({-signal.SIGKILL, 0} if "workers" in told else {-signal.SIGKILL})  # others may do its steps
            and again in {None, 0, -signal.SIGKILL}
            and state
            and told_counts
            and resumed == 0
        ):
            tail = place.output.read_text()[-1500:]
            wrong.append({
                "after": after, "at": at, "step": steps[at - 1 + first[after]], "killed": killed, "again": again, "resumed": resumed, "same": state, "counts": told_counts,
                "ledger": complete, "tail": tail,
            })  # fmt: skip
    further = in_fork(place.apply, place.output)
    verified = in_fork(lambda: main(["verify", "--site", str(place.site)]), place.output)
    return {
        "steps": steps,
        "chosen": chosen,
        "seconds": time.monotonic() - began,
        "wrong": wrong,
        "further": further,
        "verified": verified,
        "unchanged": place.checksum() == wanted,
    }


def choose(steps: list[str], rounds: int) -> list[tuple[str, int]]:
    """So many of the steps, each as what to count from and a number.

    A quarter is spread evenly, half of them are where a crash can hurt, and a quarter between the end of the run in the
    store and the end of the process, where the ledger is told. These are counted from there, because a run beside the
    desk does not take the same number of steps each time.
    """
    hurting = [at for at, step in enumerate(steps, 1) if _hurts(step)]
    telling = len(steps) - next(at for at, step in enumerate(steps) if step.startswith(_TOLD))
    quarter = rounds // 4
    chosen = sorted({*_spread(range(1, len(steps) + 1), quarter), *_spread(hurting, rounds - 2 * quarter)})
    return [*(("", at) for at in chosen), *((_TOLD, at) for at in _spread(range(1, telling + 1), quarter))]


def _spread(numbers: Sequence[int], count: int) -> list[int]:
    count = min(count, len(numbers))
    return [numbers[index * len(numbers) // count] for index in range(count)]


def _hurts(step: str) -> bool:
    return step == "COMMIT" or "/ledger/" in step or step.startswith(("UPDATE", "DELETE", "INSERT INTO chunk"))


def begin() -> None:
    """What `warm_start` calls: the file that is named tells all; what was found is printed."""
    asked = json.loads(Path(sys.argv[1]).read_text())
    with contextlib.suppress(CarrelError):  # the run itself will say what is wrong with it
        policy_files.load(Path(asked["site"]) / "policy.yaml")
    print(json.dumps(drive(asked)))
