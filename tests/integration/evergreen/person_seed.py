"""A patron with a trace in every table of Evergreen in which the map knows one, written behind the product's back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from carrel.inventory.person_map import Act, Holds

if TYPE_CHECKING:
    from carrel.inventory.map_part import Condition
    from carrel.inventory.person_map import Through, Trace
    from carrel.inventory.system_map import SystemMap
    from tests.integration.evergreen.conftest import Evergreen

CARD, SECOND, USER = "29990000000777", "29990000000778", "quirina-77"
MAIL, PHONE = "q.person77@elm.example", "617-555-7777"
FIRST, LAST = "Quirina", "Okonkwo-Vale"
STREET = "77 Nowhere Lane"
TEXT = f"Called about card {CARD}, mail {MAIL}; ask at desk 3."
NEEDLES = (CARD, SECOND, USER, MAIL, PHONE, FIRST, LAST, STREET)
_COLUMNS = """
    SELECT table_schema || '.' || table_name, column_name, data_type, is_nullable = 'NO' AND column_default IS NULL
    FROM information_schema.columns ORDER BY table_schema, table_name, ordinal_position
"""
_VALUES = {
    "integer": 1, "bigint": 1, "smallint": 1, "numeric": 0, "boolean": False, "text": "x", "name": "x",
    "date": "2026-01-02", "timestamp with time zone": "2026-01-02 03:04:05+00", "interval": "1 day", "inet": "10.0.0.1",
    "timestamp without time zone": "2026-01-02 03:04:05", "USER-DEFINED": "x", "ARRAY": "{}", "jsonb": "{}", "json": "{}",
    "character": "x", "character varying": "x", "double precision": 0, "real": 0, "xml": "<x/>", "tsvector": "",
}  # fmt: skip
# Columns in which only certain words may stand.
_WORDS = {
    ("action.fieldset", "status"): "PENDING",
    ("action.circulation", "checkin_time"): "2026-01-02 03:04:05+00",
    ("action.circulation", "stop_fines"): "CHECKIN",
    ("actor.toolbar", "layout"): "{}",
    ("actor.usr_saved_search", "target"): "record",
    ("config.filter_dialog_filter_set", "filters"): "{}",
}


class Seeder:
    """Writes rows whose other columns hold the least that their table asks for."""

    def __init__(self, evergreen: Evergreen, system_map: SystemMap) -> None:
        assert system_map.person is not None
        self.evergreen, self.map, self.person = evergreen, system_map, system_map.person
        self.somebody = evergreen.one("SELECT min(id) FROM actor.usr WHERE id > 1 AND NOT deleted")
        self.made = 0
        self.columns: dict[str, dict[str, tuple[str, bool]]] = {}
        for table, column, kind, wanted in evergreen.rows(_COLUMNS):
            self.columns.setdefault(table, {})[column] = (kind, wanted)
        self.number = evergreen.one("SELECT max(id) + 5000 FROM actor.usr")

    def patron(self, **values: object) -> int:
        """A record with two cards, an address and a number for text messages."""
        number = self.number
        told = {
            "id": number, "profile": 4, "usrname": USER, "email": MAIL, "passwd": "x", "ident_type": 1, "dob": "1971-03-09",
            "first_given_name": FIRST, "family_name": LAST, "home_ou": 4, "day_phone": PHONE, "usrgroup": number,
            "mailing_address": number, "billing_address": number, "card": number, "expire_date": "2031-01-01",
            "create_date": "2020-01-01",
        }  # fmt: skip
        self.add("actor.usr_address", id=number, usr=number, street1=STREET, city="Fallowfield", post_code="02140")
        self.add("actor.usr", **{**told, **values})
        self.add("actor.card", id=number, usr=number, barcode=CARD)
        self.add("actor.card", id=number + 1, usr=number, barcode=SECOND)
        self.add("actor.usr_setting", usr=number, name="opac.default_sms_notify", value='"617-555-7779"')
        return number

    def add(self, table: str, *, replica: bool = True, **values: object) -> dict[str, Any]:
        """One row, with no key or trigger of the product's unless wanted; the whole row."""
        known = self.columns[table]
        least = {name: _VALUES[kind] for name, (kind, wanted) in known.items() if wanted}
        for name in (
            set(least)
            & set(self.map.person_columns.get(table, ()))
            & {one for one in known if known[one][0] == "integer"}
        ):
            least[name] = self.somebody
        least |= {name: word for (where, name), word in _WORDS.items() if where == table}
        told = {**least, **values}
        names = ", ".join(f'"{name}"' for name in told)
        marks = ", ".join(f"CAST(CAST(:{name} AS text) AS {self._type(table, name)})" for name in told)
        texts = {
            name: None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in told.items()
        }
        connection = self.evergreen.connection
        if replica:
            connection.exec_driver_sql("SET session_replication_role = replica")
        (row,) = connection.execute(
            sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING *"), texts
        ).mappings()
        connection.exec_driver_sql("SET session_replication_role = origin")
        connection.commit()
        return dict(row)

    def _type(self, table: str, column: str) -> str:
        return self.evergreen.one(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = cast(:t AS regclass) AND attname = :c",
            t=table, c=column,
        )  # fmt: skip

    # -- by the map -------------------------------------------------------------------------------------------------

    def traces(self) -> set[str]:
        """One row for each trace that goes or is changed; the tables."""
        done: set[str] = set()
        for table, told in self.person.tables.items():
            if table in self.columns and not table.startswith("actor.usr_address"):
                done |= {table for trace in told.traces if self._trace(table, trace)}
        return done

    def _trace(self, table: str, trace: Trace) -> bool:
        if trace.act not in {Act.DELETE, Act.CHANGE} or table in {
            "actor.usr",
            "sip.session",
        }:  # a machine is not erased
            return False
        values: dict[str, object] = self._conditions(trace.only)
        if trace.column:
            held = {Holds.NUMBER: self.number, Holds.CARD: CARD, Holds.USER: USER}[trace.holds]
            values[trace.column] = held
        else:
            assert trace.through is not None
            values |= self._linked(trace.through)
        for step in trace.among[-1:]:
            kind = next(one.equals for one in step.where)
            values["event_def"] = self.evergreen.one(
                "SELECT min(d.id) FROM action_trigger.event_definition d JOIN action_trigger.hook h ON h.key = d.hook WHERE h.core_type = :kind",
                kind=kind,
            )  # fmt: skip
            if values["event_def"] is None:
                return False
        self._keyed(table, values)
        for name in trace.set:
            if self.columns[table][name][0] == "text":
                values.setdefault(name, "x")
        self.add(table, **values)
        return True

    def _linked(self, way: Through) -> dict[str, object]:
        values: dict[str, object] = self._conditions(way.only)
        if way.person:
            values[way.person] = self.number
        elif way.then is not None:
            values |= self._linked(way.then)
        parent = way.table if way.table != "money.billable_xact" else "money.grocery"
        if parent == "money.grocery":
            values["xact_finish"] = "2026-01-02 03:04:05+00"
        if parent == "action.circulation":
            values["xact_finish"] = "2026-01-02 03:04:05+00"
        self._keyed(parent, values)
        for theirs in way.pairs.values():
            if theirs.endswith("_output"):
                values[theirs] = 900_000 + self.made
        row = self.add(parent, **values)
        return {own: row[theirs] for own, theirs in way.pairs.items()}

    def _keyed(self, table: str, values: dict[str, object]) -> None:
        """A value of its own for texts, and for numbers of a key that the table does not give out."""
        self.made += 1
        fresh = {
            "barcode": f"S{self.made:06}",
            "key": f"k{self.made}",
            "session": f"s{self.made}",
            "uuid": f"u{self.made}",
        }
        for name, (kind, wanted) in self.columns[table].items():
            if name in values:
                continue
            if name in fresh and wanted:
                values[name] = fresh[name]
            elif wanted and name in {"id", "audit_id", "xact"} and kind in {"bigint", "integer"}:
                values[name] = 900_000 + self.made
            elif name == "name" and wanted and kind == "text":
                values[name] = f"x{self.made}"
        if table in {"action.circulation", "money.grocery", "booking.reservation"}:
            values.setdefault("xact_finish", "2026-01-02 03:04:05+00")

    @staticmethod
    def _conditions(some: tuple[Condition, ...]) -> dict[str, object]:
        found: dict[str, object] = {}
        for one in some:
            if one.equals is not None:
                found[one.column] = one.equals
            elif one.one_of:
                found[one.column] = one.one_of[0]
            elif one.empty is False:
                found[one.column] = "2026-01-02 03:04:05+00"
            elif one.empty:
                found[one.column] = None
        return found
