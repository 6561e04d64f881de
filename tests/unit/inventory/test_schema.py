"""The digest of a schema changes with what decides the effect of a change, and with nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.inventory.schema import Column, ForeignKey, Index, LiveSchema, Table, TableKind, Trigger, from_facts

LOANS = Table(
    "old_issues",
    (Column("issue_id", "int(11)", nullable=False), Column("note", "longtext"), Column("at", "timestamp")),
    ("issue_id",),
    (Index("a", False, ("note(191)",)), Index("b", True, ("at",))),
    (ForeignKey("k", ("issue_id",), "borrowers", ("borrowernumber",), "SET NULL", "CASCADE"),),
    (Trigger("t", "AFTER", "INSERT", "aa"), Trigger("u", "AFTER", "DELETE", "bb")),
    engine="InnoDB",
    charset="utf8mb4",
    rows_estimate=5,
)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows_estimate": 6},
        {"engine": "INNODB"},
        {"indexes": (Index("other name", False, ("note(191)",)), Index("b", True, ("at",)))},
        {"foreign_keys": (replace(LOANS.foreign_keys[0], name="other"),)},
        {"columns": (*LOANS.columns[:2], Column("at", "timestamp", default="current_timestamp()"))},
    ],
)
def test_what_does_not_matter(changes):
    assert replace(LOANS, **changes).digest == LOANS.digest


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "issues"},
        {"engine": "MyISAM"},
        {"charset": "latin1"},
        {"primary_key": ()},
        {"columns": LOANS.columns[:2]},
        {"columns": (*LOANS.columns[:2], Column("at", "timestamp", extra="on update current_timestamp()"))},
        {"columns": (*LOANS.columns[:2], Column("at", "timestamp", nullable=False))},
        {"columns": (*LOANS.columns[:2], Column("at", "datetime"))},
        {"foreign_keys": (replace(LOANS.foreign_keys[0], on_delete="CASCADE"),)},
        {"triggers": LOANS.triggers[:1]},
        {"triggers": (replace(LOANS.triggers[0], body="cc"), LOANS.triggers[1])},
        {"indexes": LOANS.indexes[:1]},
        {"indexes": (LOANS.indexes[0], replace(LOANS.indexes[1], only="dd"))},
        {"foreign_keys": (replace(LOANS.foreign_keys[0], waits="deferred"),)},
        {"triggers": (replace(LOANS.triggers[0], fires=False), LOANS.triggers[1])},
        {"inherits": ("money.billable_xact",)},
        {"policies": ("ee",)},
    ],
)
def test_what_matters(changes):
    assert replace(LOANS, **changes).digest != LOANS.digest


@given(st.permutations(LOANS.columns), st.permutations(LOANS.triggers), st.permutations(LOANS.indexes))
def test_order_does_not_matter(columns, triggers, indexes):
    shuffled = replace(LOANS, columns=tuple(columns), triggers=tuple(triggers), indexes=tuple(indexes))
    assert shuffled.digest == LOANS.digest


def test_a_digest_of_some_tables_sees_only_those_and_that_one_is_missing():
    other = Table("messages", (Column("message", "text"),))
    both = LiveSchema("mariadb", "", "", "", "", {"old_issues": LOANS, "messages": other})
    changed = replace(both, tables={"old_issues": LOANS, "messages": replace(other, columns=())})
    assert both.digest != changed.digest
    assert both.digest_of(["old_issues"]) == changed.digest_of(["old_issues"])
    assert both.digest_of(["old_issues"]) != replace(both, tables={}).digest_of(["old_issues"])


def test_keys_seen_from_the_other_side():
    key = ForeignKey("r", ("owner",), "old_issues", ("issue_id",), "RESTRICT", "CASCADE")
    other = Table("claims", (Column("owner", "int(11)"),), foreign_keys=(key,))
    live = LiveSchema("mariadb", "", "", "", "", {"old_issues": LOANS, "claims": other})
    assert [one.table for one in live.incoming("borrowers")] == ["old_issues"]
    assert [one.table for one in live.cascades("borrowers")] == ["old_issues"]
    assert [one.table for one in live.incoming("old_issues")] == ["claims"]
    assert live.cascades("old_issues") == ()


def test_automatic_times_are_known():
    assert Column("at", "timestamp", extra="on update current_timestamp()").follows_updates
    assert Column("at", "timestamp", extra="ON UPDATE CURRENT_TIMESTAMP").follows_updates
    assert not Column("at", "timestamp", extra="auto_increment").follows_updates


def test_a_facts_document_is_read():
    table = {
        "engine": "InnoDB",
        "collation": "utf8mb4_unicode_ci",
        "columns": [{"name": "id", "type": "int(11)", "nullable": False, "default": None}],
        "primary_key": ["id"],
        "indexes": [{"name": "i", "unique": True, "columns": ["id"]}],
        "foreign_keys": [
            {
                "name": "k",
                "columns": ["id"],
                "references_table": "t",
                "references_columns": ["id"],
                "on_delete": "CASCADE",
                "on_update": "RESTRICT",
            }
        ],
    }
    live = from_facts({"tables": {"t": table}})
    assert live.tables["t"].charset == "utf8mb4"
    assert live.incoming("t")[0].key.on_delete == "CASCADE"
    with pytest.raises(KeyError):
        from_facts({"tables": {"t": {"columns": []}}})


def test_a_facts_document_of_relations_is_read():
    bare = {"foreign_keys": [], "indexes": [], "triggers": []}
    column = {"name": "id", "type": "bigint", "nullable": False, "default": None, "inherited": True}
    trigger = {"name": "moves", "enabled": True, "timing": "BEFORE", "events": "DELETE,UPDATE", "level": "ROW"}
    table = {
        "kind": "table",
        "columns": [column],
        "primary_key": ["id"],
        "foreign_keys": [
            {
                "name": "k",
                "columns": ["id"],
                "target": "a.people",
                "ref_columns": ["id"],
                "on_delete": "SET NULL",
                "on_update": "NO ACTION",
            }
        ],
        "indexes": [
            {
                "name": "i",
                "unique": True,
                "def": "CREATE UNIQUE INDEX i ON a.t USING btree (id, lower(x)) WHERE (id > 0)",
            },
            {
                "name": "j",
                "unique": False,
                "def": "CREATE INDEX j ON a.t USING gin (squash(x, 'a'::text, ''::text), y)",
            },
        ],
        "triggers": [trigger, {**trigger, "name": "off", "enabled": False}],
    }
    view = {**bare, "kind": "view", "columns": [column], "primary_key": None}
    live = from_facts({"relations": {"a.t": table, "a.v": view}})
    found = live.tables["a.t"]
    assert [(one.table, one.key.on_delete) for one in live.incoming("a.people")] == [("a.t", "SET NULL")]
    assert found.triggers == (Trigger("moves", "BEFORE", "DELETE"), Trigger("moves", "BEFORE", "UPDATE"))
    assert [one.columns for one in found.indexes] == [("id", "lower(x)"), ("squash(x, 'a'::text, ''::text)", "y")]
    assert (live.tables["a.v"].kind, live.tables["a.v"].primary_key) == (TableKind.VIEW, ())
    with pytest.raises(KeyError):
        from_facts({"relations": {"a.t": {"kind": "table", "columns": []}}})
