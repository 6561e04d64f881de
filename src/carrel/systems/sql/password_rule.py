"""What a product asks of somebody's new password, read as it stands now and told in parts that can be put in words."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, column, select

from carrel.inventory.map_part import NOWHERE, Lookup
from carrel.inventory.password_rules import PatternOfUnit, RulesOfGroup
from carrel.inventory.schema import LiveSchema
from carrel.inventory.sign_in_map import Password
from carrel.inventory.system_map import SystemMap
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.live import look_up
from carrel.systems.sql.named_table import table

DIGIT, LETTER, SMALL, CAPITAL = "digit", "letter", "small letter", "capital letter"
_IN_IT = {DIGIT: r"\d", LETTER: "[A-Za-z]", SMALL: "[a-z]", CAPITAL: "[A-Z]"}
_MIXED = (DIGIT, SMALL, CAPITAL)
_HIGHEST = 50  # units above one another; a chain that is longer runs in a circle
# Lookaheads for one sign each, and then so many signs: what such an expression asks can be said in words.
_PLAIN = re.compile(r"\^?((?:\(\?=\.\*[^()]+?\))*)(\.|\\d|\[0-9\])\{(\d+)(?:,(\d*))?\}\$?")
_AHEAD = re.compile(r"\(\?=\.\*([^()]+?)\)")
_SIGNS = {
    r"\d": DIGIT, "[0-9]": DIGIT, "[a-z]": SMALL, "[A-Z]": CAPITAL, "[A-Za-z]": LETTER, "[a-zA-Z]": LETTER,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PasswordRule:
    """What is asked of one person's new password.

    Attributes:
        shortest: signs at least; 0 for any number.
        longest: signs at most, where a library says so; 0 for any number.
        needs: signs of which there has to be one each.
        trimmed: none that begins or ends with a space.
        pattern: an expression that it has to fit and that cannot be put in words; empty for none.
        is_known: whether all that is asked can be tried here; an expression that only the product can read cannot.
    """

    shortest: int = 0
    longest: int = 0
    needs: tuple[str, ...] = ()
    trimmed: bool = False
    pattern: str = ""
    is_known: bool = True

    def leaves_room(self, shortest: int) -> bool:
        """Whether a password of so many signs can fit: a library that wants a PIN of four digits leaves none."""
        return self.is_known and (not self.longest or self.longest >= shortest)

    def missing(self, new: str) -> tuple[str, ...]:
        """What a password lacks: ``short``, ``long``, a sign of `needs`, ``space``, ``pattern``; empty for nothing."""
        found = [*(["short"] if len(new) < self.shortest else []),
                 *(["long"] if self.longest and len(new) > self.longest else []),
                 *(one for one in self.needs if not re.search(_IN_IT[one], new)),
                 *(["space"] if self.trimmed and new != new.strip() else []),
                 *(["pattern"] if self.pattern and not re.search(self.pattern, new) else [])]  # fmt: skip
        return tuple(found)


def rule_of(connection: Connection, schema: LiveSchema, system_map: SystemMap, number: int) -> PasswordRule:
    """What the product asks of one person's new password.

    Args:
        connection: reads only.
        schema: live.
        system_map: of the system.
        number: of the person.

    Guarantees:
        Nothing is kept from one page to the next: a library that asks for more is heeded at once.
    """
    password = None if system_map.sign_in is None else system_map.sign_in.password
    rules = None if password is None else password.rules
    if password is None or rules is None:
        return PasswordRule()
    if rules.pattern is not None:
        return _of_pattern(_pattern(connection, rules.pattern, system_map, number), trimmed=rules.trimmed)
    own = (None, None) if rules.of_group is None else _of_group(connection, schema, password, rules.of_group, number)
    shortest, mixed = (
        mine if mine is not None else _setting(connection, one)
        for mine, one in zip(own, (rules.shortest, rules.mixed), strict=True)
    )
    return PasswordRule(_number(shortest), needs=_MIXED if _number(mixed) else (), trimmed=rules.trimmed)


def _setting(connection: Connection, one: Lookup) -> str | None:
    return None if one == NOWHERE else look_up(connection, one)


def _number(said: object) -> int:
    """A setting as the product reads it: what is no number asks for nothing."""
    text = "" if said is None else str(said).strip()
    return int(text) if text.isdecimal() else 0


def _of_group(
    connection: Connection, schema: LiveSchema, password: Password, own: RulesOfGroup, number: int
) -> Sequence[Any]:
    there = schema.tables.get(own.table)
    names = [one if there is not None and there.column(one) is not None else "" for one in (own.shortest, own.mixed)]
    if not any(names):
        return (None, None)
    groups = table(own.table, column(own.key), *(column(one) for one in names if one))
    people = table(password.table, column(password.person), column(own.equals))
    wanted = [groups.c[one] for one in names if one]
    query = select(*wanted).join_from(groups, people, groups.c[own.key] == people.c[own.equals])
    row = connection.execute(query.where(people.c[password.person] == number)).first()
    values = iter(row or [None] * len(wanted))
    return [next(values) if one else None for one in names]


def _pattern(connection: Connection, place: PatternOfUnit, system_map: SystemMap, number: int) -> str:
    """The expression of the nearest unit that has one, from the person's own upwards."""
    units, people = system_map.branches, system_map.people
    if units is None or not people.home or not units.parent:
        return place.otherwise
    rows = table(place.table, column(place.unit), column(place.column), *(column(one.column) for one in place.where))
    found = {
        row[0]: str(row[1])
        for row in connection.execute(select(rows.c[place.unit], rows.c[place.column]).where(
            all_hold(rows.c, place.where)))
    }  # fmt: skip
    if not found:
        return place.otherwise
    who = table(people.table, column(people.key), column(people.home))
    tree = table(units.table, column(units.key), column(units.parent))
    unit = connection.execute(select(who.c[people.home]).where(who.c[people.key] == number)).scalar_one_or_none()
    for _ in range(_HIGHEST):
        if unit is None:
            break
        if unit in found and (said := _text(found[unit])):
            return said
        unit = connection.execute(select(tree.c[units.parent]).where(tree.c[units.key] == unit)).scalar_one_or_none()
    return place.otherwise


def _text(said: str) -> str:
    try:
        value = json.loads(said)
    except ValueError:
        return said
    return "" if value is None else str(value)


def _of_pattern(said: str, *, trimmed: bool) -> PasswordRule:
    plain = _PLAIN.fullmatch(said)
    ahead = [one.removesuffix(".*").removesuffix("+") for one in _AHEAD.findall(plain[1])] if plain else []
    if plain and all(one in _SIGNS for one in ahead):
        whole = said.startswith("^") and said.endswith("$")  # otherwise more signs may stand around those
        longest = int(plain[4] if plain[4] is not None else plain[3]) if whole and plain[4] != "" else 0
        needs = tuple(dict.fromkeys(_SIGNS[one] for one in ahead))
        return PasswordRule(int(plain[3]), longest, needs, trimmed, "" if plain[2] == "." else said)
    try:
        re.compile(said)
    except re.error:
        return PasswordRule(trimmed=trimmed, pattern=said, is_known=False)
    return PasswordRule(trimmed=trimmed, pattern=said)
