"""Rosters and catalogues as they come: from a system of the site by its map, from tables, from files of odd columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.knowledge import Knowledge
from carrel.deidentification.text.reader import TextReader
from carrel.deidentification.text.text_settings import Catalogue, Roster
from carrel.errors import CarrelError
from carrel.inventory.record_source import NamedSource
from carrel.systems.site_file import parse_site
from carrel.systems.text.named_lists import learn_catalogue, learn_roster
from tests.integration.conftest import Koha

SITE = """\
format_version: 1
library: Example Library
policy: mit-libraries
systems:
  - name: koha
    map: koha
    dsn_file: {dsn}
    time_zone: America/New_York
people:
  - name: Ada Example
    role: systems librarian
    may: [plan]
"""


def left(known: Knowledge, text: str) -> str:
    raw = text.encode()
    out = bytearray(raw)
    for one in TextReader(known).read([raw])[0]:
        if one.sure != spans.HARDLY:
            out[one.start : one.end] = b"." * (one.end - one.start)
    return out.decode()


def dsn_file(folder: Path, koha: Koha) -> Path:
    path = folder / "dsn"
    path.write_text(koha.url + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def test_a_system_of_the_site_gives_roster_and_catalogue_by_its_map(koha: Koha, tmp_path: Path) -> None:
    site = parse_site(SITE.format(dsn=dsn_file(tmp_path, koha)), "carrel.yaml", tmp_path)
    given, family, card = koha.rows(
        "SELECT firstname, surname, cardnumber FROM borrowers WHERE length(firstname) > 3 AND length(surname) > 5 ORDER BY borrowernumber"
    )[0]
    title = next(
        str(one[0])
        for one in koha.rows("SELECT title FROM biblio ORDER BY biblionumber")
        if str(one[0]).count(" ") >= 2
    )
    known = Knowledge()
    learn_roster(known, Roster(system="koha"), site)
    learn_catalogue(known, Catalogue(system="koha"), site)
    assert known.learnt.people >= koha.rows("SELECT count(*) FROM borrowers")[0][0]
    text = left(known, f"Tell {given} {family} ({card}) about {title}")
    assert str(family) not in text
    assert str(card) not in text
    assert title in text


def test_a_table_gives_them_by_the_names_of_its_columns(koha: Koha, tmp_path: Path) -> None:
    known = Knowledge()
    learn_roster(known, Roster(records=NamedSource(dsn_file=dsn_file(tmp_path, koha), table="borrowers")), None)
    assert known.learnt.people == koha.rows("SELECT count(*) FROM borrowers")[0][0]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Name;Card\nAmundsen, Jane;21868000079194\n", {"delimiter": ";"}),
        ("full name\nJane Amundsen\n\nshort\n", {}),
        ('surname,first_name,barcode\n"Amundsen","Jane\nMary",21868000079194\n', {}),
        ("\ufeffSurname,Firstname\nAmundsen,Jane\n", {}),
    ],
)
def test_files_of_odd_columns_are_understood(tmp_path: Path, text: str, more: dict[str, str]) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    known = Knowledge()
    learn_roster(known, Roster(records=NamedSource(file=tmp_path / "a.csv", **more)), None)
    assert left(known, "and Jane Amundsen too") == "and ............. too"


def test_a_parquet_file_is_read(tmp_path: Path) -> None:
    from carrel.systems.analytics.engine import opened, text_literal

    with opened() as engine:
        engine.execute(
            f"COPY (SELECT 'Dickens, Charles' AS author, 'Bleak House' AS title) TO {text_literal(str(tmp_path / 'b.parquet'))}"
        )
    known = Knowledge()
    learn_catalogue(known, Catalogue(records=NamedSource(file=tmp_path / "b.parquet")), None)
    assert (known.learnt.authors, known.learnt.titles) == (1, 1)


@pytest.mark.parametrize("listed", [Roster(system="koha"), Catalogue(system="koha")])
def test_a_system_wants_a_site(listed: Roster | Catalogue) -> None:
    learn = learn_roster if isinstance(listed, Roster) else learn_catalogue
    with pytest.raises(CarrelError) as told:
        learn(Knowledge(), listed, None)  # type: ignore[arg-type]
    assert told.value.code == "TXT-015"


def test_a_file_that_breaks_off_is_refused_without_its_values(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"surname,firstname\nAmundsen,Jane\n\xff\xfe,x\n")
    with pytest.raises(CarrelError) as told:
        learn_roster(Knowledge(), Roster(records=NamedSource(file=tmp_path / "a.csv")), None)
    assert told.value.code in {"TXT-015", "SRC-002"}
    assert "Amundsen" not in str(told.value)


@pytest.mark.parametrize(
    ("written", "code"),
    [("Amundsen,Jane,21868000079194\nCole,Ada,1\n", "SRC-003"), ("Amundsen,Jane,north\nCole,Ada,south\n", "TXT-015")],
    ids=["a number", "names alone"],
)
def test_a_file_without_a_line_of_names_is_refused_without_its_values(tmp_path: Path, written: str, code: str) -> None:
    (tmp_path / "a.csv").write_text(written, encoding="utf-8")
    with pytest.raises(CarrelError) as told:
        learn_roster(Knowledge(), Roster(records=NamedSource(file=tmp_path / "a.csv")), None)
    assert told.value.code == code
    assert "Amundsen" not in str(told.value)
