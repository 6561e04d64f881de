"""PostgreSQL's catalogue, read table-wise in six statements; every account may read it, whatever its grants.

A table in the schema ``public`` goes by its bare name, any other as ``schema.table``.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, text

from carrel.inventory.schema import Column, ForeignKey, Index, LiveSchema, Table, TableKind, Trigger

_NAME = "CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END"
_OWN = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\\_temp\\_%'"
_HEAD = "SELECT current_setting('server_version'), current_setting('TimeZone'), current_setting('server_encoding')"
_TABLES = f"""
SELECT c.oid, {_NAME}, c.relkind::text, c.reltuples::bigint, c.relrowsecurity,
  ARRAY(SELECT i.inhparent::bigint FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno),
  ARRAY(SELECT concat_ws(' ', p.polname, p.polcmd, p.polpermissive, p.polroles, pg_get_expr(p.polqual, p.polrelid),
    pg_get_expr(p.polwithcheck, p.polrelid)) FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid ORDER BY p.polname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OWN} ORDER BY 2""".replace(":", "\\:")
_COLUMNS = f"""
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
  a.attidentity::text, a.attgenerated::text
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OWN}
ORDER BY a.attrelid, a.attnum""".replace(":", "\\:")
_INDEXES = f"""
SELECT i.indrelid, x.relname, i.indisprimary, i.indisunique, pg_get_expr(i.indpred, i.indrelid),
  ARRAY(SELECT coalesce(a.attname::text, pg_get_indexdef(i.indexrelid, k.at::int, true))
    FROM unnest(i.indkey) WITH ORDINALITY AS k(number, at)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0
    WHERE k.at <= i.indnkeyatts ORDER BY k.at)
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE i.indisvalid AND {_OWN} ORDER BY i.indrelid, x.relname""".replace(":", "\\:")
_KEYS = f"""
SELECT k.conrelid, k.conname, k.confrelid, k.confdeltype::text, k.confupdtype::text, k.condeferrable, k.condeferred,
  ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS o(number, at)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.number ORDER BY o.at),
  ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS o(number, at)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = o.number ORDER BY o.at)
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND {_OWN} ORDER BY k.conrelid, k.conname""".replace(":", "\\:")
_TRIGGERS = f"""
SELECT t.tgrelid, t.tgname, t.tgtype::int, t.tgenabled::text, pg_get_triggerdef(t.oid) || coalesce(p.prosrc, '')
FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND {_OWN}
UNION ALL
SELECT r.ev_class, r.rulename, -(r.ev_type::text::int), r.ev_enabled::text, pg_get_ruledef(r.oid)
FROM pg_catalog.pg_rewrite r
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND {_OWN} ORDER BY 1, 2""".replace(":", "\\:")
_RULES = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_KINDS = {"r": "", "p": "partitioned", "f": "foreign", "v": "", "m": "materialized"}
_BEFORE, _INSTEAD = 2, 64
_EVENTS = {4: "INSERT", 8: "DELETE", 16: "UPDATE", 32: "TRUNCATE"}
_REWRITTEN = {1: "SELECT", 2: "UPDATE", 3: "INSERT", 4: "DELETE"}
_FIRES = frozenset({"O", "A"})  # in an ordinary session; D is switched off, R runs only on a replica
# The server's own shorter names of its types.
_SHORT = (
    (re.compile(r"^character varying\b"), "varchar"),
    (re.compile(r"^character\b"), "char"),
    (re.compile(r"^(time(?:stamp)?)(\(\d\))? without time zone"), r"\1\2"),
    (re.compile(r"^(time(?:stamp)?)(\(\d\))? with time zone"), r"\1tz\2"),
)


def schema(connection: Connection) -> LiveSchema:
    """The schema of the connection's own database, all its schemas together."""
    version, zone, encoding = connection.execute(text(_HEAD)).one()
    listed = [tuple(row) for row in connection.execute(text(_TABLES))]
    names = {oid: name for oid, name, *_ in listed}
    columns, (primary, indexes) = _columns(connection), _indexes(connection)
    foreign, triggers = _foreign_keys(connection, names), _triggers(connection)
    tables = {
        name: Table(
            name=name,
            columns=tuple(columns[oid]),
            primary_key=primary.get(oid, ()),
            indexes=tuple(indexes[oid]),
            foreign_keys=tuple(foreign[oid]),
            triggers=tuple(triggers[oid]),
            kind=TableKind.VIEW if kind == "v" else TableKind.TABLE,  # one that is materialized holds rows of its own
            engine=_KINDS[kind],
            rows_estimate=rows if rows >= 0 and kind != "v" else None,
            inherits=tuple(names[one] for one in parents if one in names),
            policies=tuple(map(_sha256, policies)) if guarded else (),
        )
        for oid, name, kind, rows, guarded, parents, policies in listed
    }
    return LiveSchema("postgresql", version, "", zone, encoding, tables)


def _columns(connection: Connection) -> defaultdict[int, list[Column]]:
    found: defaultdict[int, list[Column]] = defaultdict(list)
    for oid, name, declared, not_null, default, identity, generated in connection.execute(text(_COLUMNS)):
        extra = {"a": "identity always", "d": "identity"}.get(identity, "")
        kept = None if generated else default
        found[oid].append(Column(name, _short(declared), not not_null, kept, "generated" if generated else extra))
    return found


def _short(declared: str) -> str:
    for pattern, name in _SHORT:
        declared = pattern.sub(name, declared)
    return declared


def _indexes(connection: Connection) -> tuple[dict[int, tuple[str, ...]], defaultdict[int, list[Index]]]:
    primary: dict[int, tuple[str, ...]] = {}
    found: defaultdict[int, list[Index]] = defaultdict(list)
    for oid, name, first, unique, only, columns in connection.execute(text(_INDEXES)):
        if first:
            primary[oid] = tuple(columns)
        else:
            found[oid].append(Index(name, unique, tuple(columns), _sha256(only) if only else ""))
    return primary, found


def _foreign_keys(connection: Connection, names: dict[int, str]) -> defaultdict[int, list[ForeignKey]]:
    found: defaultdict[int, list[ForeignKey]] = defaultdict(list)
    for oid, name, other, gone, changed, may_wait, waits, own, theirs in connection.execute(text(_KEYS)):
        late = "deferred" if waits else "deferrable" if may_wait else ""
        rules = (_RULES[gone], _RULES[changed])
        found[oid].append(ForeignKey(name, tuple(own), names.get(other, "unknown"), tuple(theirs), *rules, late))
    return found


def _triggers(connection: Connection) -> defaultdict[int, list[Trigger]]:
    found: defaultdict[int, list[Trigger]] = defaultdict(list)
    for oid, name, kind, enabled, body in connection.execute(text(_TRIGGERS)):
        told = [("RULE", _REWRITTEN[-kind])] if kind < 0 else _fired(kind)
        found[oid] += [Trigger(name, when, event, _sha256(body), enabled in _FIRES) for when, event in told]
    return found


def _fired(kind: int) -> Iterable[tuple[str, str]]:
    when = "BEFORE" if kind & _BEFORE else "INSTEAD OF" if kind & _INSTEAD else "AFTER"
    events: Iterator[str] = (event for bit, event in _EVENTS.items() if kind & bit)
    return [(when, event) for event in events]


def _sha256(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()
