"""Four attacks that became known, as measurements: on what a product keeps without names, and on what Carrel releases of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from carrel.cli.main import main
from carrel.deidentification.records.release import Release
from carrel.deidentification.risk.assessment import Measurement
from carrel.deidentification.risk.question import RiskQuestion
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics.document import load
from carrel.systems.analytics.engine import opened
from carrel.systems.analytics.record_source import read
from carrel.systems.analytics.risk_measuring import measure

Rows = Sequence[Mapping[str, str]]


def write(place: Path, rows: Rows) -> Path:
    with place.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return place


def read_rows(place: Path) -> list[dict[str, str]]:
    with place.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def of_database(url: str, query: str, folder: Path, name: str) -> Path:
    """What a query answers, as a CSV file that an attacker has."""
    (folder / f"{name}.dsn").write_text(url)
    (folder / f"{name}.dsn").chmod(0o600)
    (folder / f"{name}.sql").write_text(query)
    source = NamedSource(dsn_file=folder / f"{name}.dsn", query_file=folder / f"{name}.sql")
    with opened() as engine:
        found = read(engine, source)
        rows = found.ask(f"SELECT * FROM {found.name}")
    return write(folder / f"{name}.csv", [dict(zip(found.columns, row, strict=True)) for row in rows])


def measured(records: Path, said: Mapping[str, object]) -> Measurement:
    question = RiskQuestion.model_validate({"name": "attacked", "records": records, **said})
    with opened() as engine:
        return measure(lambda one, columns, name: read(engine, one, columns, name=name), question, 3)


@dataclass(frozen=True)
class Released:
    """What Carrel released of the records, and what an attacker's own list looks like in its labels."""

    place: Path
    release: Release
    levels: Mapping[str, str]

    def coarse(self, listed: Path, columns: Mapping[str, str]) -> Path:
        """A list with its columns in the labels of the release: whoever attacks has read how it was made."""
        rows = []
        for row in read_rows(listed):
            made = dict(row)
            for released, theirs in columns.items():
                hierarchy = self.release.columns[released].hierarchy()
                names = [*hierarchy.names, "any"]
                chain = hierarchy.chain(row[theirs]) if row[theirs] else ("(none)",) * len(hierarchy.names)
                assert chain is not None
                made[theirs] = [*chain, "*"][names.index(self.levels[released])]
            rows.append(made)
        return write(listed.with_name(f"coarse-{listed.name}"), rows)


def released(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Released:
    """Release by a file, as a privacy officer does."""
    place = folder / "release.yaml"
    place.write_text(text)
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["deidentify", "records", str(place), "--out", str(folder / "released.csv"), "--json"])
    body = json.loads(capsys.readouterr().out)
    assert left.value.code == 0, body
    assert body["written"]["smallest"] >= 10
    assert body["written"]["records"] > 0
    return Released(folder / "released.csv", load(place, Release), body["levels"])
