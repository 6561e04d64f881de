"""What the threat model leans on exists; and the one protection that had no test of its own."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from carrel.cli.main import main
from tests.docs import sample_site

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
NAMED = sorted(
    {
        (page.name, path, name)
        for page in PAGES
        for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page.read_text(encoding="utf-8"))
    }
)
HOSTILE = 'x"; DROP TABLE borrowers; --'
ACCENT = "x`; DROP TABLE borrowers; -- '\""


@pytest.mark.parametrize(("page", "path", "name"), NAMED)
def test_every_test_that_a_page_names_is_there(page: str, path: str, name: str) -> None:
    file = ROOT / path
    assert file.exists(), f"{page}: {path}"
    assert not name or f"def {name}(" in file.read_text(encoding="utf-8"), f"{page}: {path}::{name}"


def carrel(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[str]]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([*map(str, words), "--json"])
    told = json.loads(capsys.readouterr().out)
    return int(str(left.value.code)), [one["code"] for one in told.get("errors", [])]


PATH = """\
paths:
  - name: ours
    table: {table}
    says: a table of ours
    key: [id]
    person: {person}
    only: [{{column: {column}, equals: {value}}}]
    link: {{by: key, column: old_issue_id}}
    cut: {{set: {{{person}: clear}}, why: it names the reader}}
"""


@pytest.mark.parametrize("hostile", [HOSTILE, ACCENT])
@pytest.mark.parametrize("where", ["table", "person", "column", "value"])
def test_sql_in_an_overlay_reaches_no_statement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str, hostile: str
) -> None:
    site = sample_site.make(tmp_path)
    names = {"table": "accountlines", "person": "borrowernumber", "column": "note", "value": "a note"}
    words = {key: json.dumps(hostile if key == where else word) for key, word in names.items()}
    (site / "local.yaml").write_text(PATH.format(**words).replace("key: [id]", "key: [accountlines_id]"))
    file = site / "carrel.yaml"
    file.write_text(file.read_text().replace("map: koha,", "map: koha, local_map: local.yaml,"))
    before = hashlib.sha256((site / "koha.db").read_bytes()).hexdigest()
    code, errors = carrel(
        capsys, "plan", "--site", site, "--system", "koha", "--as", "Ben", "--out", site / "plan.json"
    )  # fmt: skip
    if where == "value":
        assert (code, errors) == (0, [])  # it is compared with the column, as any other text
    else:
        assert code == 4, errors
        assert set(errors) <= {"MAP-003", "SQL-012"}
    assert hashlib.sha256((site / "koha.db").read_bytes()).hexdigest() == before
