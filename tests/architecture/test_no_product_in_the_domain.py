"""A second product costs a map: no folder of the domain names one, in code or in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import carrel
from carrel.systems import map_files

SOURCE = Path(carrel.__file__).parent
DOMAIN = ("inventory", "deidentification", "policy", "retention", "rights", "disclosure", "accountability", "ledger")
PRODUCTS = {*map_files.names(), "koha", "evergreen", "folio", "alma", "ezproxy", "sierra", "symphony"}
NAMED = re.compile(rf"\b({'|'.join(sorted(PRODUCTS))})\b", re.IGNORECASE)
FILES = sorted(path for folder in DOMAIN for path in (SOURCE / folder).rglob("*.py"))


def test_the_folders_are_there() -> None:
    assert {path.relative_to(SOURCE).parts[0] for path in FILES} == set(DOMAIN)
    assert NAMED.search("a map of Koha's") is not None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_product_is_named(path: Path) -> None:
    named = [line for line in path.read_text(encoding="utf-8").splitlines() if NAMED.search(line)]
    assert named == []


def test_no_table_of_a_products_stands_in_the_domain() -> None:
    """A name such as ``schema.table`` in quotes would tie the code to a product without naming it."""
    tables = {
        name
        for one in map_files.names()
        for name in map_files.load(one, unproved=True).columns
        if "." in name or "_" in name
    }
    quoted = re.compile(r"""["']([A-Za-z_]+(?:\.[A-Za-z_]+)?)["']""")
    found = {(path.name, name) for path in FILES for name in quoted.findall(path.read_text()) if name in tables}
    assert found == set()
