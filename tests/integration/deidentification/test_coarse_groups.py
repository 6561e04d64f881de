"""One set of rules groups records alike on every engine; Spark's part is in tests/spark."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from carrel.cli.main import main
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics import coarse_statement, database_records
from carrel.systems.analytics.engine import opened, quoted
from tests.integration.conftest import Koha
from tests.integration.deidentification import loan_records, odd_records

Groups = Counter[tuple[str | None, ...]]


@pytest.fixture(params=[pytest.param("mariadb", marks=pytest.mark.mariadb), "postgresql"])
def library(request: pytest.FixtureRequest) -> Koha:
    made: Koha = request.getfixturevalue(f"koha_{request.param}")
    return made


def _table(library: Koha, name: str, columns: dict[str, str], rows: list[tuple[Any, ...]]) -> None:
    more = " CHARACTER SET utf8mb4" if library.dialect == "mariadb" else ""
    with library.engine().begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE {name} ({', '.join(map(' '.join, columns.items()))}){more}"))
        made = sa.table(name, *map(sa.column, columns))
        connection.execute(sa.insert(made), [dict(zip(columns, row, strict=True)) for row in rows])


def _source(library: Koha, folder: Path, table: str) -> NamedSource:
    address = folder / "dsn"
    address.write_text(library.url)
    address.chmod(0o600)
    return NamedSource(dsn_file=address, table=table)


def _grouped(source: NamedSource, rules: dict[str, Any]) -> Groups:
    found: Groups = Counter()
    with database_records.reading(source, odd_records.COLUMNS, rules) as (names, batches):
        assert names == (*odd_records.COLUMNS, database_records.COUNT)
        for batch in batches:
            for *group, count in zip(*(batch[one] for one in names), strict=True):
                assert tuple(group) not in found, "each group comes once"
                found[tuple(group)] = int(count)
    return found


def test_a_database_has_the_same_groups_and_counts(library: Koha, tmp_path: Path) -> None:
    _table(library, "odd", dict.fromkeys(odd_records.COLUMNS, "varchar(60)"), odd_records.rows())
    assert _grouped(_source(library, tmp_path, "odd"), odd_records.rules()) == odd_records.expected()


def test_duckdb_has_the_same_groups_and_counts() -> None:
    with opened() as engine:
        engine.execute(f"CREATE TABLE odd ({', '.join(f'{one} VARCHAR' for one in odd_records.COLUMNS)})")
        engine.executemany("INSERT INTO odd VALUES (?, ?, ?, ?, ?, ?)", odd_records.rows())
        columns = [(quoted(name), rule) for name, rule in odd_records.rules().items()]
        found = engine.execute(coarse_statement.grouped(coarse_statement.DUCKDB, "odd", columns, "n")).fetchall()
    assert len(found) == len(odd_records.expected())
    assert {tuple(row[:-1]): row[-1] for row in found} == odd_records.expected()


_LEVELS = "zip: {as: postcode, levels: [3]}\n  born: {as: birth year, levels: [10 years]}\n"
_RELEASE = """\
from: FROM
person: patron
columns:
  LEVELS  borrowed: {as: time, levels: [month, year]}
  category: {as: patron category, tree: {adults: [AD, SR], young: [K, J]}, levels: [group]}
keep: branch
k: 4
suppress at most: 20 %
"""


def _released(
    folder: Path, name: str, source: str, capsys: pytest.CaptureFixture[str], **more: str
) -> tuple[bytes, Any]:
    said = _RELEASE.replace("LEVELS", _LEVELS).replace("FROM", source)
    for one, other in more.items():
        said = said.replace(one, other)
    (folder / f"{name}.yaml").write_text(said)
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["deidentify", "records", str(folder / f"{name}.yaml"), "--out", str(folder / f"{name}.csv"), "--json"])
    body = json.loads(capsys.readouterr().out)
    assert left.value.code == 0, body
    body["written"].pop("file")
    return (folder / f"{name}.csv").read_bytes(), body


@pytest.mark.parametrize("kinds", ["texts", "times"])
def test_a_release_of_a_table_is_that_of_the_file(library: Koha, tmp_path: Path, capsys: Any, kinds: str) -> None:
    """Dates that the database keeps as such are cut there too; and only what is needed of them comes over."""
    loans = loan_records.write(tmp_path / "loans.csv", 900)
    used = ("patron", "zip", "born", "borrowed", "category", "branch")
    columns = dict.fromkeys(used, "varchar(40)")
    if kinds == "times":
        for one in loans:
            one["born"] = f"{one['born']}-06-15"
        columns |= {"born": "date", "borrowed": "timestamp" if library.dialect == "postgresql" else "datetime"}
    _table(library, "lent", columns, [tuple(one[name] for name in used) for one in loans])
    source = _source(library, tmp_path, "lent")
    assert _released(tmp_path, "table", f"{{dsn_file: {source.dsn_file}, table: lent}}", capsys) == _released(
        tmp_path, "file", "loans.csv", capsys
    )


@pytest.mark.mariadb
def test_a_date_without_a_day_stays_one(koha_mariadb: Koha, tmp_path: Path) -> None:
    """MariaDB may hold it; cut to its month it would become a date that exists."""
    with koha_mariadb.engine().begin() as connection:
        connection.execute(sa.text("CREATE TABLE odd (borrowed date, born date)"))
        connection.execute(sa.text("SET SESSION sql_mode = ''"))
        connection.execute(
            sa.text(
                "INSERT INTO odd VALUES ('2026-05-00', '0000-00-00'), ('2026-05-03', '1849-01-01'), (NULL, '1984-01-02')"
            )
        )
    told = odd_records.rules()
    rules = {name: told[name] for name in ("borrowed", "born")}
    with database_records.reading(_source(koha_mariadb, tmp_path, "odd"), tuple(rules), rules) as (_, batches):
        found = {row[:2] for batch in batches for row in zip(*batch.values(), strict=True)}
    assert found == {("2026-05-00", "0000-00-00"), ("2026-05-01", "1849-01-01"), (None, "1980-01-01")}
