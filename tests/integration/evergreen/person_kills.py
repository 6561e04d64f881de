"""Kills a command on Evergreen at its Nth step, for some N, and goes on with it each time: an erasure, or a night."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import psycopg

from carrel.cli.main import main
from carrel.systems.sample.evergreen.schema import SEARCH_PATH
from tests.integration.evergreen import person_site
from tests.integration.run.crash_driver import Steps, in_fork, ledger_complete
from tests.store_place import StorePlace

# What no two runs have alike: the moment of a change, and numbers that are drawn.
_MOMENTS = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d+\+00(:00)?")
_DRAWN = {"action.aged_circulation", "action.aged_hold_request"}


def _state(address: str, database: str) -> str:
    """Every row of every table; of rows that moved not under which new number."""
    whole = hashlib.sha256()
    with psycopg.connect(f"{address} dbname={database}") as connection:
        for (name,) in connection.execute(person_site.TABLES).fetchall():
            row = "CAST(one AS text)"
            if name in _DRAWN:
                row = "CAST(to_jsonb(one) - 'id' - 'parent_circ' AS text)"
            elif name.startswith("auditor."):  # numbered anew by each change
                row = "CAST(to_jsonb(one) - 'audit_id' AS text)"
            rows = [found for (found,) in connection.execute(f"SELECT {row} FROM ONLY {name} AS one").fetchall()]
            whole.update(repr((name, sorted(_MOMENTS.sub("moment", one) for one in rows))).encode())
    return whole.hexdigest()


def drive(told: dict[str, Any]) -> dict[str, Any]:
    """One undisturbed call whose steps are counted, then a killed and resumed one for each chosen step."""
    site, kept = Path(told["site"]), Path(told["kept"])
    address, database = told["address"], told["database"]
    shutil.copytree(site, kept)
    template, log, output = f"{database}_kept", site / "steps.jsonl", kept.parent / "output.txt"

    def sql(*statements: str) -> None:
        with psycopg.connect(f"{address} dbname=postgres", autocommit=True) as connection:
            for one in statements:
                connection.execute(one)

    def back() -> None:
        shutil.rmtree(site)
        shutil.copytree(kept, site)
        sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"CREATE DATABASE {database} TEMPLATE {template}")
        sql(f"ALTER DATABASE {database} SET search_path = {SEARCH_PATH}")

    def apply() -> None:
        main([*told["words"], "--site", str(site)])

    def counted(fatal: int) -> Any:
        def work() -> None:
            Steps(fatal, str(site), log).install()
            apply()

        return work

    sql(f"CREATE DATABASE {template} TEMPLATE {database}")
    undisturbed = in_fork(counted(0), output)
    assert undisturbed == 0, output.read_text()
    steps = [json.loads(line) for line in log.read_text().splitlines()]
    wanted = _state(address, database)
    writes = [
        at for at, step in enumerate(steps, 1) if step == "COMMIT" or step.startswith(("UPDATE", "DELETE", "INSERT"))
    ]
    chosen = [writes[index * len(writes) // told["rounds"]] for index in range(told["rounds"])]
    wrong, kills = [], 0
    for at in chosen:
        back()
        killed = in_fork(counted(at), output)
        kills += killed == -signal.SIGKILL
        resumed = in_fork(apply, output)
        same = _state(address, database) == wanted
        sums = not told["night"] or in_fork(lambda: ledger_complete(site, StorePlace(site), "evergreen"), output) == 0
        if not same or resumed != 0 or not sums:
            ends = {"at": at, "step": steps[at - 1], "resumed": resumed, "same": same, "sums": sums}
            wrong.append({**ends, "told": output.read_text()[-800:]})
    return {"steps": len(steps), "wrong": wrong, "killed": kills, "later": in_fork(apply, output)}


def begin() -> None:
    """What `warm_start` calls: the file that is named tells all; what was found is printed."""
    print(json.dumps(drive(json.loads(Path(sys.argv[1]).read_text()))))
