"""``carrel map``: every map can be listed, read by people and programs, and compared with facts."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import pytest

from carrel.cli.main import main
from carrel.systems import map_files
from carrel.systems.sample.facts import koha as koha_facts
from tests.unit.inventory import evergreen_facts


@pytest.fixture
def carrel(capsys):
    def run(*arguments: str):
        with pytest.raises(SystemExit) as left:
            main([str(one) for one in arguments])
        told = capsys.readouterr()
        return left.value.code, told.out, told.err

    return run


@pytest.fixture
def facts(tmp_path):
    """A facts document of Koha, to be changed and written."""
    tables = {
        table.name: {
            "columns": [
                {"name": c.name, "type": c.type, "nullable": c.nullable, "default": c.default, "extra": c.extra}
                for c in table.columns
            ],
            "primary_key": list(table.primary_key),
            "indexes": [{"name": i.name, "unique": i.unique, "columns": list(i.columns)} for i in table.indexes],
            "foreign_keys": [
                {
                    "name": k.name,
                    "columns": list(k.columns),
                    "references_table": k.table,
                    "references_columns": list(k.references),
                    "on_delete": k.on_delete,
                    "on_update": k.on_update,
                }
                for k in table.foreign_keys
            ],
        }
        for table in koha_facts().tables
    }

    def write(change=None):
        if change is not None:
            change(tables)
        place = tmp_path / "facts.json"
        place.write_text(json.dumps({"system": "Koha", "tables": tables}))
        return place

    return write


def test_list_and_show_are_readable_within_a_hundred_columns(carrel):
    for arguments in (("map", "list"), ("map", "show", "evergreen"), ("map", "show", "koha")):
        code, out, _ = carrel(*arguments)
        assert code == 0
        assert arguments[-1].removeprefix("list") in out.lower()
        assert max(len(line.rstrip()) for line in out.splitlines()) <= 100
    assert "delete_patrons.pl" in out
    assert "old_issues" in out
    # Which rows of the other table keep a batch, and what its going changes there.
    assert "unless  illrequests has a row of it, where status is none of COMP" in out
    assert "the row is deleted, batch_id is emptied in illrequests" in out


def test_a_map_that_was_proved_nowhere_is_shown_as_that(carrel):
    _, out, _ = carrel("map", "list")
    assert re.search(r"evergreen +Evergreen +3.17", out)
    _, out, _ = carrel("map", "list", "--json")
    (told,) = [one for one in json.loads(out)["maps"] if one["map"] == "evergreen"]
    assert (told["proved"], told["checked"].startswith("the 364 relations")) == (["3.17"], True)
    _, out, _ = carrel("map", "show", "evergreen")
    assert "moves to action.aged_circulation without its person" in " ".join(out.split())
    assert "config.upgrade_log" in out
    _, out, _ = carrel("map", "show", "evergreen", "--json")
    assert json.loads(out)["map"]["versions"]["proved"] == ["3.17"]


@pytest.fixture
def unproved(tmp_path_factory, monkeypatch):
    """The shipped maps, of which Evergreen's says that it was proved nowhere."""
    folder = tmp_path_factory.mktemp("maps")
    for one in (resources.files("carrel.systems") / "maps").iterdir():
        if one.name.endswith(".yaml"):
            text = one.read_text(encoding="utf-8")
            (folder / one.name).write_text(text.replace('  proved: ["3.17"]\n', "  proved: []\n"))
    monkeypatch.setattr(map_files, "_FOLDER", folder)
    map_files._shipped.cache_clear()
    yield
    monkeypatch.undo()
    map_files._shipped.cache_clear()


@pytest.mark.usefixtures("unproved")
def test_nothing_is_carried_out_by_a_map_that_was_proved_nowhere(carrel, tmp_path):
    """Neither a site is begun with it, nor does one that names it plan anything."""
    zone = ("--time-zone", "America/New_York")
    for words in (("--grants-only",), ("--dsn", f"sqlite:///{tmp_path}/eg.db", *zone)):
        code, out, err = carrel("init", "evergreen", *words, "--folder", tmp_path / "new")
        assert (code, out) == (4, "")
        assert "MAP-006" in err
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "eg.dsn").write_text(f"sqlite:///{tmp_path}/eg.db")
    (tmp_path / "eg.dsn").chmod(0o600)
    (tmp_path / "carrel.yaml").write_text(
        "format_version: 1\nlibrary: X\npolicy: worcester\n"
        "systems:\n  - {name: eg, map: evergreen, dsn_file: eg.dsn, time_zone: America/New_York}\n"
    )
    code, out, _ = carrel("plan", "--site", tmp_path, "--system", "eg", "--json")
    assert (code, [one["code"] for one in json.loads(out)["errors"]]) == (4, ["MAP-006"])


@pytest.fixture
def relations(tmp_path):
    """A facts document of Evergreen, in the form that tells relations, to be changed and written."""
    document = evergreen_facts.document()

    def write(change=None):
        if change is not None:
            change(document["relations"])
        place = tmp_path / "relations.json"
        place.write_text(json.dumps(document))
        return place

    return write


def test_every_relation_of_evergreen_is_accounted_for(carrel, relations):
    code, out, _ = carrel("map", "check", "evergreen", "--facts", relations(), "--json")
    body = json.loads(out)
    assert (code, body["tables"], body["not_mapped"], body["not_yet_covered"]) == (0, 364, [], {})
    assert len(body["views"]) == 80
    code, out, _ = carrel("map", "check", "evergreen", "--facts", relations())
    assert code == 0
    assert "  views                  80" in out


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        (lambda r: r.update({"plugin.chat": {**r["config.sms_carrier"]}}), "plugin.chat"),
        (lambda r: r["actor.usr"]["columns"].append({**r["actor.usr"]["columns"][0], "name": "x"}), "actor.usr.x"),
        (
            lambda r: r["actor.passwd"]["columns"].append({**r["actor.usr"]["columns"][0], "name": "x"}),
            "actor.passwd.x",
        ),
        (
            lambda r: r["actor.hours_of_operation"]["patron_links"].append({"column": "id"}),
            "actor.hours_of_operation.id",
        ),
        (lambda r: r.pop("action.aged_circulation"), "action.aged_circulation"),
    ],
)
def test_what_is_new_or_gone_in_evergreen_ends_with_3(carrel, relations, change, missed):
    code, out, _ = carrel("map", "check", "evergreen", "--facts", relations(change), "--json")
    assert code == 3
    assert missed in {gap["at"] for gap in json.loads(out)["not_mapped"]}


def test_list_and_show_as_json(carrel):
    _, out, _ = carrel("map", "list", "--json")
    (koha,) = [one for one in json.loads(out)["maps"] if one["map"] == "koha"]
    assert koha["proved"] == ["24.11", "25.05", "25.11"]
    code, out, _ = carrel("map", "show", "koha", "--json")
    body = json.loads(out)
    assert (code, body["format_version"]) == (0, 1)
    assert body["map"]["loans"]["closed"]["table"] == "old_issues"
    assert len(body["digest"]) == 64


def test_every_table_of_the_facts_is_reached_by_some_rule(carrel, facts):
    code, out, _ = carrel("map", "check", "koha", "--facts", facts(), "--json")
    body = json.loads(out)
    assert code == 0
    assert body["not_mapped"] == []
    assert body["not_yet_covered"] == {}
    assert body["tables"] == len(koha_facts().tables)
    assert "reserves" in body["go_with_the_card"]
    assert "old_reserves" in body["covered"]
    assert "old_issues" in body["covered"]
    code, out, _ = carrel("map", "check", "koha", "--facts", facts())
    assert code == 0
    assert f"not yet covered      {len(body['not_yet_covered']):>4}" in out
    assert f"go with the card     {len(body['go_with_the_card']):>4}" in out


def test_check_finds_a_table_a_column_and_a_key_that_the_map_does_not_name(carrel, facts):
    def change(tables):
        column = {"name": "owner_of_it", "type": "int(11)", "nullable": True, "default": None}
        tables["old_issues"]["columns"].append(column)
        tables["itemtypes"]["columns"].append(column)
        tables["itemtypes"]["foreign_keys"].append(
            {
                "name": "x",
                "columns": ["owner_of_it"],
                "references_table": "borrowers",
                "references_columns": ["borrowernumber"],
                "on_delete": "CASCADE",
                "on_update": "CASCADE",
            }
        )
        tables["plugin_chat"] = {"columns": [column], "primary_key": [], "indexes": [], "foreign_keys": []}

    code, out, _ = carrel("map", "check", "koha", "--facts", facts(change), "--json")
    assert code == 3
    assert {gap["at"] for gap in json.loads(out)["not_mapped"]} == {
        "itemtypes",
        "itemtypes.owner_of_it",
        "old_issues.owner_of_it",
        "plugin_chat",
    }


def test_a_site_can_classify_what_is_its_own(carrel, facts, tmp_path):
    def change(tables):
        tables["plugin_colours"] = {"columns": [], "primary_key": [], "indexes": [], "foreign_keys": []}

    local = tmp_path / "local.yaml"
    local.write_text("no_person: [plugin_colours]\n")
    _, out, _ = carrel("map", "check", "koha", "--facts", facts(change), "--local", local, "--json")
    assert json.loads(out)["not_mapped"] == []


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]",
        "{}",
        "not json",
        '{"tables": {"a": {"columns": 3}}}',
        '{"relations": {"a": {"columns": [], "primary_key": [], "indexes": [], "foreign_keys": [], "kind": "heap"}}}',
    ],
)
def test_what_is_no_facts_file_is_told(carrel, tmp_path, text):
    place = tmp_path / "facts.json"
    place.write_text(text)
    code, out, err = carrel("map", "check", "koha", "--facts", place)
    assert (code, out) == (2, "")
    assert "MAP-005" in err


def test_the_facts_file_that_the_page_shows_is_one(carrel, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "map.md").read_text(encoding="utf-8")
    place = tmp_path / "facts.json"
    place.write_text(
        page.split("## The form of a facts file")[1].split("```json\n")[1].split("```")[0], encoding="utf-8"
    )
    code, out, _ = carrel("map", "check", "koha", "--facts", place, "--json")
    assert code == 3
    told = json.loads(out)
    assert (told["tables"], told["columns"]) == (1, 2)
    assert not [one for one in told["not_mapped"] if one["at"] == "statistics"]  # the map knows this table


def test_without_facts_it_is_told_what_compares_a_live_database(carrel):
    code, _, err = carrel("map", "check", "koha")
    assert code == 2
    assert "give --facts FILE" in err
    assert "carrel doctor" in err


def test_an_unknown_map_is_told(carrel):
    code, out, _ = carrel("map", "show", "millennium", "--json")
    assert code == 2
    assert json.loads(out)["errors"][0]["code"] == "MAP-001"
