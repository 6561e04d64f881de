"""A consortium: many branches with many policies in one database, against one policy for all of it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import Engine, column, insert

from bench.library import AS_OF, NAME, ZONE
from bench.row import Row
from carrel.inventory.site import BranchPolicy, Site, System
from carrel.retention.consortium import Consortium
from carrel.retention.lifecycle import Lifecycle, lifecycle
from carrel.systems import branch_policies, policy_files
from carrel.systems.sql import live
from carrel.systems.sql.named_table import table
from carrel.systems.sql.predicates import LoanColumns
from carrel.systems.sql.unit_rows import consortium_of

if TYPE_CHECKING:
    from bench.library import Library, Template

_GROUPS = """CREATE TABLE IF NOT EXISTS library_groups
(id INT PRIMARY KEY, parent_id INT, branchcode VARCHAR(10), title VARCHAR(100))"""
_MINIMAL = Path(__file__).parents[1] / "tests" / "unit" / "policy" / "minimal.yaml"


def branches(template: Template, folder: Path, *, units: int, policies: int, rounds: int, judge: bool) -> list[Row]:
    """Seconds until a plan may count, and its counts, with many policies and with one."""
    mine, single, ready = list[float](), list[float](), list[float]()
    with template.copy() as library:
        _spread(library, units, policies)
        site = _site(folder, policies)
        engine = library.engine()
        system = library.loans(engine)
        for _ in range(rounds):
            policy_files._parsed.cache_clear()  # noqa: SLF001  (each round reads its policies as a new process does)
            used = time.process_time()
            several = _read(library, engine, site)
            life = _life(several)
            closed = library.map.loans.closed
            rows = system.shelf[closed.table]
            str(LoanColumns(system.shelf, closed, rows).compile(life.due).compile(dialect=engine.dialect))
            ready.append(time.process_time() - used)
            alone = lifecycle(several.in_force.policies[policies // 2].loan_schedule(), AS_OF, ZONE)
            for one, seconds in ((alone, single), (life, mine)):
                with system.session():
                    began = time.monotonic()
                    system.observe(one, AS_OF)
                    seconds.append(time.monotonic() - began)
        engine.dispose()
    ratio = median(mine) / median(single)
    size = f"{template.loans:,} loans, {units:,} branches, {policies} policies, {rounds} round(s)"
    return [
        Row("consortium: policies, tree, compile", f"{size}, CPU of Carrel", f"{median(ready):.1f} s", "", "", "none", None,
            "some seconds", median(ready) <= 10 if judge else None),
        Row("consortium: a plan's counts", size, f"{median(mine):.1f} s", f"{median(single):.1f} s", "the same with one policy",
            "measured", ratio, "at most 3", ratio <= 3 if judge else None),
    ]  # fmt: skip


def _spread(library: Library, units: int, policies: int) -> None:
    """Put loans, items and readers in many branches, which stand in as many groups as there are policies."""
    library.sql(_GROUPS, "SET foreign_key_checks = 0", "DELETE FROM library_groups")
    engine = library.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("SET foreign_key_checks = 0")
        names = table("branches", column("branchcode"), column("branchname"))
        connection.execute(
            insert(names), [{"branchcode": f"U{n:04}", "branchname": f"Branch {n}"} for n in range(units)]
        )
        groups = table("library_groups", column("id"), column("parent_id"), column("branchcode"), column("title"))
        above = [{"id": n + 1, "parent_id": None, "branchcode": None, "title": f"SYS{n}"} for n in range(policies)]
        below = [
            {"id": 1_000 + n, "parent_id": n % policies + 1, "branchcode": f"U{n:04}", "title": None}
            for n in range(units)
        ]
        connection.execute(insert(groups), [*above, *below])
        for name, column_name, key in (
            ("old_issues", "branchcode", "borrowernumber"),
            ("items", "homebranch", "itemnumber"),
            ("borrowers", "branchcode", "borrowernumber"),
        ):
            connection.exec_driver_sql(
                f"UPDATE {name} SET {column_name} = CONCAT('U', LPAD({key} %% {units}, 4, '0')) WHERE {key} IS NOT NULL"
            )
    engine.dispose()


def _site(folder: Path, policies: int) -> Site:
    text = _MINIMAL.read_text(encoding="utf-8").replace("ceiling: 30 days", "ceiling: 1 year")
    lines = []
    for number in range(policies):
        place = folder / f"policy{number}.yaml"
        place.write_text(
            text.replace("policy: minimal", f"policy: p{number}").replace(
                "keep: 7 days", f"keep: {7 + 7 * number} days"
            )
        )
        lines.append(BranchPolicy(unit=f"SYS{number}", policy=str(place)))
    system = System(name=NAME, map="koha", dsn_env="NOWHERE", time_zone=ZONE.key)
    return Site(library="Bench", policy=str(folder / "policy0.yaml"), systems=(system,), branches=tuple(lines))


def _read(library: Library, engine: Engine, site: Site) -> Consortium:
    policies = branch_policies.load(site, site.systems[0])
    with engine.connect() as connection:
        found = consortium_of(connection, policies, library.map, live.read(connection, library.map), at=NAME)
    if found is None:
        raise RuntimeError("the site names policies for units")
    return found


def _life(several: Consortium) -> Lifecycle:
    return replace(lifecycle(several.in_force.way.schedule, AS_OF, ZONE, territory=several.territory), records=())
