"""Who may act is on record: each change with its account and its leaf by one commit, and what was tampered with told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from carrel.accountability.authority import AuthorityFacts, Book, facts_of
from carrel.disclosure.absence import OfficeEvent, Turn
from carrel.disclosure.process import Office
from carrel.ledger.leaf import decode_leaf
from carrel.store import authority_record, migrations, tables
from carrel.store.owed_leaves import day_of
from carrel.store.staff_accounts import EVENTS_LAST
from carrel.store.store import Store
from tests.store_place import StorePlace

NOW = datetime(2026, 11, 27, 12, 30, 1, 250_000, tzinfo=UTC)
PEOPLE = {"Ann": frozenset({Office.CUSTODIAN}), "Bo": frozenset(), "Mo": frozenset()}
ALTERNATES = frozenset({Office.CUSTODIAN})
AWAY = OfficeEvent(Turn.ABSENT, Office.CUSTODIAN, "Ann", "Mo", NOW, NOW, None, "", "mo-at-desk")


def delegation(at: datetime = NOW, account: str = "ann") -> OfficeEvent:
    return OfficeEvent(
        Turn.DELEGATED, Office.CUSTODIAN, "Ann", "Ann", at, at, at + timedelta(days=9), "Bo", account
    )  # fmt: skip


def turn(store: Store, event: OfficeEvent) -> None:
    store.disclosures.turn(event, PEOPLE, ALTERNATES)


def acts(store: Store) -> None:
    """An absence of an alternate's making, an account with all that is done to one, and rights."""
    turn(store, delegation())
    turn(store, AWAY)
    store.staff_accounts.invite("Dee", "Ann", NOW, account="ann")
    store.staff_accounts.choose("Dee", "a hash", b"s" * 20, NOW)
    assert store.staff_accounts.finish("Dee", 7, NOW)
    store.staff_accounts.note("Dee", "signed in", "Dee", NOW)
    store.staff_accounts.disable("Dee", "Ann", NOW, account="ann")
    assert store.authority.see_rights({"Ann": "role director; may custodian"}, "night", NOW) == 1


def told(store: Store) -> list[str]:
    entries = (decode_leaf(one) for one in store.owed.entries())
    return [str(one.fields["commitment"]) for one in entries if one.kind == "authority"]


def facts(store: Store, leaves: list[str] | None = None) -> AuthorityFacts:
    found = store.authority.entries()
    leaves = told(store) if leaves is None else leaves
    return facts_of(found, leaves, [one.commitment() for one in found], len(store.authority.loose()))


def test_each_act_is_kept_with_its_account_and_owes_a_leaf_that_its_salt_opens(store: Store) -> None:
    acts(store)
    found = store.authority.entries()
    assert [(one.book, one.act, one.whom, one.by, one.account) for one in found] == [
        (Book.OFFICE, "delegated", "Ann", "Ann", "ann"),
        (Book.OFFICE, "absent", "Ann", "Mo", "mo-at-desk"),
        (Book.ACCOUNT, "invited", "Dee", "Ann", "ann"),
        (Book.ACCOUNT, "set up", "Dee", "Dee", ""),
        (Book.ACCOUNT, "disabled", "Dee", "Ann", "ann"),
        (Book.ACCOUNT, "rights", "Ann", "the site file", "night"),
    ]
    assert told(store) == [one.commitment() for one in found]
    assert all(decode_leaf(one).at == day_of(NOW) for one in store.owed.entries())
    assert all(name not in entry for name in (b"Ann", b"Mo", b"absent") for entry in store.owed.entries())
    assert len({one.salt for one in found}) == len(found)
    assert facts(store) == AuthorityFacts(entries=6, absences=1, by_others=1, delegations=1)
    assert "until" in found[0].words()
    assert "by Mo at the account mo-at-desk" in found[1].words()


def test_what_is_said_again_is_one_act_wherever_it_is_said(store: Store) -> None:
    turn(store, AWAY)
    turn(store, replace(AWAY, at=NOW + timedelta(minutes=1), starts=NOW + timedelta(minutes=1), account=""))
    assert len(store.authority.entries()) == len(told(store)) == 1
    rights = {"Ann": "role director; may custodian"}
    assert [store.authority.see_rights(rights, "", NOW + timedelta(days=n)) for n in range(3)] == [1, 0, 0]
    assert store.authority.see_rights({}, "", NOW) == 1, "whoever is out of the file is told once"
    assert store.authority.see_rights({}, "", NOW) == 0
    assert store.authority.entries()[-1].terms == {"rights": "not in the site file"}


def test_neither_the_act_nor_its_leaf_is_there_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.staff_accounts.invite("Dee", "Ann", NOW)
    before = facts(store)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(authority_record, "owe", cut)
    for act in (
        lambda: turn(store, AWAY),
        lambda: store.staff_accounts.disable("Dee", "Ann", NOW),
        lambda: store.authority.see_rights({"Ann": "role director"}, "", NOW),
    ):
        with pytest.raises(KeyboardInterrupt):
            act()
    assert facts(store) == before
    assert store.staff_accounts.get("Dee").disabled_at is None  # type: ignore[union-attr]


PUT_IN = (
    "INSERT INTO disclosure_office (id, turn, office, holder, by, at, starts, alternate, account) SELECT 0, turn, "
    "office, holder, 'Bo', at, starts, alternate, account FROM disclosure_office WHERE turn = 'absent'"
)
TAMPERED = (
    "UPDATE disclosure_office SET by = 'Ann' WHERE turn = 'absent'",
    "UPDATE disclosure_office SET ends = NULL WHERE turn = 'delegated'",
    "UPDATE disclosure_office SET account = '' WHERE turn = 'absent'",
    "UPDATE disclosure_office SET salt = NULL WHERE turn = 'absent'",
    "DELETE FROM disclosure_office WHERE turn = 'absent'",
    "UPDATE disclosure_office SET id = 99 WHERE turn = 'delegated'",
    PUT_IN,
    "UPDATE staff_event SET act = 'enabled' WHERE act = 'disabled'",
    "DELETE FROM staff_event WHERE act = 'invited'",
    "UPDATE staff_event SET act = 'signed in', salt = NULL WHERE act = 'disabled'",
    "UPDATE staff_event SET says = 'role director; may everything' WHERE act = 'rights'",
    "UPDATE staff_account SET disabled_at = NULL",
    "INSERT INTO staff_account (name, step) VALUES ('Eve', 0)",
    "UPDATE staff_account SET began_at = NULL",
)


@pytest.mark.parametrize("statement", TAMPERED)
def test_what_was_changed_moved_taken_out_or_put_in_is_told(store_place: StorePlace, statement: str) -> None:
    with store_place.open() as store:
        acts(store)
        assert facts(store).wrong == 0
        by = '"by"' if store_place.is_file else "by"
        store_place.rows(statement.replace(" by", f" {by}"))
        assert facts(store).wrong >= 1, statement


def test_a_leaf_that_is_gone_from_what_is_owed_is_told(store: Store) -> None:
    acts(store)
    assert facts(store, told(store)[1:]).unfit == 1
    assert facts(store, [*told(store), "0" * 64]).lost == 1


def test_what_changed_who_may_act_stays_when_signing_in_is_forgotten(store: Store) -> None:
    acts(store)
    store.staff_accounts.note("Dee", "refused", "", NOW + EVENTS_LAST + timedelta(days=1))
    assert [one.act for one in store.staff_accounts.events("Dee", 9)] == ["refused", "disabled", "set up", "invited"]
    assert facts(store).wrong == 0


def tables_until(revision: str) -> set[str]:
    """The tables that a store of a revision has."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        command.upgrade(config, revision)
        found = set(sa.inspect(connection).get_table_names())
    engine.dispose()
    return found


def test_entries_of_before_are_committed_when_the_store_is_brought_up(no_store_yet: StorePlace) -> None:
    with no_store_yet.open() as store:
        acts(store)
        store.staff_accounts.invite("Eve", "Ann", NOW)
        store.staff_accounts.invite("Fay", "Ann", NOW)
        store.staff_accounts.disable("Fay", "Ann", NOW)  # its code goes
        store.staff_accounts.enable("Fay", "Ann", NOW)
    for table in tables.metadata.tables.keys() - tables_until("0022"):
        no_store_yet.rows(f"DROP TABLE {table}")
    for table, columns in (("disclosure_office", "account salt"), ("staff_event", "account salt says")):
        for column in columns.split():
            no_store_yet.rows(f"ALTER TABLE {table} DROP COLUMN {column}")
    no_store_yet.rows(
        "DELETE FROM staff_event WHERE name IN ('Eve', 'Fay') OR act IN ('rights', 'set up')"
    )  # as after 180 days
    no_store_yet.rows("DELETE FROM owed_leaf")
    no_store_yet.rows("UPDATE alembic_version SET version_num = '0022'")
    with no_store_yet.open() as store:
        after = store.authority.entries()
        assert facts(store) == AuthorityFacts(entries=7, absences=1, by_others=1, delegations=1)
        assert sorted((one.act, one.whom, one.by) for one in after) == [
            ("absent", "Ann", "Mo"), ("delegated", "Ann", "Ann"), ("disabled", "Dee", "Ann"), ("invited", "Dee", "Ann"),
            ("invited", "Eve", ""), ("invited", "Fay", ""), ("set up", "Dee", ""),
        ]  # fmt: skip
        assert len(told(store)) == len(after)
