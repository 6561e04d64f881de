"""A plan: what one apply would do, as data that a person can read, approve and compare (DESIGN 5)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from carrel.retention.plan_digest import Digested

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan was computed from; if any of it differs when the plan is applied, the plan is stale.

    Attributes:
        policy_digest, map_digest, schema_digest: SHA-256, hex.
        product_version: as the product tells it.
        carrel_version: of the engine that compiled the plan.
        site_digest: SHA-256 of what the site and the product's settings say of the system: who stands in for readers,
            and in which zone times are written.
        units_digest: SHA-256 of which policies govern which unit; empty where one policy is in force.
    """

    policy_digest: str
    map_digest: str
    schema_digest: str
    product_version: str
    carrel_version: str
    site_digest: str = ""
    units_digest: str = ""

    def body(self) -> dict[str, str]:
        """As JSON holds it: where one policy is in force, nothing is said of units."""
        return {name: value for name, value in asdict(self).items() if value or name != "units_digest"}


@dataclass(frozen=True, slots=True)
class PathCount:
    """How many rows of one path would be cut, and how.

    Attributes:
        path, table: of the map.
        act: ``update`` or ``delete``.
        methods: method per column.
        rows: of loans that are due now.
        strays: rows that still name a reader although their loan no longer does, or is gone.
        bound: the most rows that this apply may touch here.
        why: from the map.
    """

    path: str
    table: str
    act: str
    methods: dict[str, str]
    rows: int
    strays: int
    bound: int
    why: str


@dataclass(frozen=True, slots=True)
class RecordLine:
    """How many records of one path of another kind than loans are due and kept, as they may be shown.

    Attributes:
        record: kind of record, as the policy names it.
        path: of the map.
        due: their period has run out, and nothing keeps them; with those that the run itself makes such records.
        kept: for any other reason than the next.
        undated: they tell no usable time, so nobody can tell when they are due.
    """

    record: str
    path: str
    due: int
    kept: int | str
    undated: int | str


@dataclass(frozen=True, slots=True)
class CardLine:
    """How many cards have lapsed and are due, and why the others are kept, as it may be shown.

    Attributes:
        record: kind of record, as the policy names it.
        path: as the map calls them; the people stand among the paths of the plan under that name.
        due: people who are erased, with everything that the map says of a person.
        kept: by reason; small reasons are merged.
    """

    record: str
    path: str
    due: int
    kept: dict[str, int | str]


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One of several policies in force, and what is due under it, as it may be shown.

    Attributes:
        policy, version, digest: which.
        units: how many units it governs.
        due: due loans that were made in one of them; small numbers stand as a word.
        sooner: of these, those that are due only because they touch a unit with a stricter policy.
    """

    policy: str
    version: str
    digest: str
    units: int
    due: int | str
    sooner: int | str


@dataclass(frozen=True, slots=True)
class Plan(Digested):
    """One plan over the loans of one system. It holds counts, names and digests; never a patron's value.

    Attributes:
        system: name in the site file.
        policy: name of the policy.
        as_of: aware time at which periods are judged.
        made_at: aware time; a plan older than its site's ``max_age`` is stale.
        made_by: the person who planned.
        basis: what it was computed from.
        states: loans that are due, and those that are kept by reason, as they may be shown: small reasons are merged.
        branches: due loans per branch; small branches stand together.
        paths: rows per path, in the order in which they are cut; the loans' own table is the last.
        reach_back: due loans that only a later, shorter period made due (MITL-10.6).
        blockers: why it may not be applied as it stands.
        notices: what the desk will notice afterwards.
        sql: the statements, for readers; nothing executes them.
        records: other kinds for which the policy has a rule; their rows stand among the paths as well.
        cards: lapsed cards, where the policy has a rule for them.
        request: digest of the request of the library for which its custodian made the plan; else empty.
        policies: those in force, where there are several; the site's own first.
        stricter: whose records are treated more strictly than their policy writes, and why.
        asked: units that the request names, each with the digest of the policy that governs it and all below it.
    """

    system: str
    policy: str
    as_of: datetime
    made_at: datetime
    made_by: str
    basis: Basis
    states: dict[str, int | str]
    branches: dict[str, int]
    paths: tuple[PathCount, ...]
    reach_back: int = 0
    blockers: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    sql: tuple[str, ...] = ()
    kept_until: dict[str, str] = field(default_factory=dict)
    records: tuple[RecordLine, ...] = ()
    cards: CardLine | None = None
    request: str = ""
    policies: tuple[PolicyLine, ...] = ()
    stricter: tuple[str, ...] = ()
    asked: dict[str, str] = field(default_factory=dict)

    @property
    def due(self) -> int:
        """Loans that are due."""
        return int(self.states.get("due", 0))

    def body(self) -> dict[str, Any]:
        """The plan as JSON holds it, without its digest."""
        body = {"format_version": FORMAT_VERSION, **asdict(self), "basis": self.basis.body()}
        if not self.records:
            del body["records"]  # a policy that rules loans alone has the plans that it always had
        if self.cards is None:
            del body["cards"]
        if not self.request:
            del body["request"]
        if not self.policies:
            del body["policies"], body["stricter"]  # one policy for everything
        if not self.asked:
            del body["asked"]
        body["as_of"], body["made_at"] = self.as_of.isoformat(), self.made_at.isoformat()
        return body

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> Plan:
        """Read a plan back.

        Raises:
            ValueError: a field is missing, unknown or of the wrong kind, or the digest does not fit.
        """
        known = dict(body)
        digest, version = known.pop("digest", None), known.pop("format_version", None)
        try:
            plan = cls(
                **{
                    **known,
                    "as_of": datetime.fromisoformat(known["as_of"]),
                    "made_at": datetime.fromisoformat(known["made_at"]),
                    "basis": Basis(**known["basis"]),
                    "paths": tuple(PathCount(**path) for path in known["paths"]),
                    "records": tuple(RecordLine(**line) for line in known.get("records", ())),
                    "policies": tuple(PolicyLine(**line) for line in known.get("policies", ())),
                    "stricter": tuple(known.get("stricter", ())),
                    "cards": CardLine(**known["cards"]) if known.get("cards") else None,
                    **{name: tuple(known[name]) for name in ("blockers", "notices", "sql")},
                },
            )
        except (KeyError, TypeError, AttributeError) as wrong:
            raise ValueError(f"not a plan: {type(wrong).__name__}") from None
        if version != FORMAT_VERSION or digest != plan.digest:
            raise ValueError("the digest does not fit the plan")
        return plan

    def with_bounds(self, bounds: dict[str, int]) -> Plan:
        """The same plan with the most rows that each path may touch."""
        return replace(self, paths=tuple(replace(p, bound=bounds.get(p.path, p.bound)) for p in self.paths))


def plan_body(text: str) -> Any:
    """The JSON of a plan's file, read so that it can mean one thing only.

    Raises:
        RepeatedKeyError: a key stands twice in one object: a reader sees the first, a program takes the last.
        ValueError: it is no JSON, or nested deeper than any plan.
    """
    try:
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("nested too deep") from None


class RepeatedKeyError(ValueError):
    """One key stands twice in an object of a plan's file."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RepeatedKeyError
    return found
