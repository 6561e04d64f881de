"""A site's own additions to a product's map: plugin tables, local columns, jobs of its own. They only ever add."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from carrel.errors import CarrelError, Fault
from carrel.inventory import faults
from carrel.inventory.category import Category
from carrel.inventory.labels import Labels
from carrel.inventory.map_path import Path
from carrel.inventory.person_map import PersonMap, PersonTable
from carrel.inventory.record_path import RecordPath
from carrel.inventory.system_map import Consumer, SystemMap
from carrel.inventory.version_change import joined

# Words of the grammar that not every product needs. Where a product's own map has none of a kind, no run was ever made
# with it there, and one that overlooked it would cut more than the site meant.
_SELDOM = frozenset({"among", "aged", "further", "then", "told", "own_key", "moved"})


class Overlay(BaseModel):
    """What ``maps/local.yaml`` may hold.

    Attributes:
        columns: columns, by table, that the site has beyond the product's and that hold nothing of a person, unless
            `labels` names their category.
        labels: columns, as ``table.column``, by the category of personal data that they hold.
        person_columns: columns, by table, that name a person.
        no_person: tables of the site's that hold nothing of a person.
        not_yet_covered: tables of the site's that do, with a line on what they hold; they take the word *clean*.
        triggers: triggers of the site's, by table, with what they do; each was looked at by whoever wrote this.
        paths: further ways from a loan to its reader, with their cut.
        records: further records of other kinds, such as a plugin's.
        consumers: further jobs that read what a plan changes.
        person: what erasing one person does in further tables, before everything of the product's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int = Field(default=1, ge=1, le=1)
    columns: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    labels: dict[Category, tuple[str, ...]] = Field(default_factory=dict)
    person_columns: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    no_person: tuple[str, ...] = ()
    not_yet_covered: dict[str, str] = Field(default_factory=dict)
    triggers: dict[str, dict[str, str]] = Field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    records: tuple[RecordPath, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    person: dict[str, PersonTable] = Field(default_factory=dict)


def overlay(product: SystemMap, extra: Overlay) -> SystemMap:
    """A product's map with a site's additions.

    Args:
        product: as it ships.
        extra: as the site wrote it.

    Returns:
        A map with everything of both.

    Raises:
        CarrelError: MAP-002, an addition would replace or weaken something of the product's map, or is written with a
            word that the product's map was never proved with.

    Guarantees:
        Every path, cut, person column and consumer of the product's map is in the result unchanged.
    """
    problems = _problems(product, extra)
    if problems:
        raise CarrelError(tuple(problems))
    beyond = {name for name in product.columns_beyond if name not in product.columns}
    return product.model_copy(
        update={
            "columns": joined(product.columns, {n: c for n, c in extra.columns.items() if n not in beyond}),
            "columns_beyond": joined(product.columns_beyond, {n: c for n, c in extra.columns.items() if n in beyond}),
            "labels": _labels(product.labels, extra),
            "person_columns": joined(product.person_columns, extra.person_columns),
            "no_person": (*product.no_person, *(name for name in extra.no_person if name not in product.no_person)),
            "not_yet_covered": {**extra.not_yet_covered, **product.not_yet_covered},
            "triggers": {**product.triggers, **extra.triggers},
            "consumers": (*product.consumers, *extra.consumers),
            "person": _person(product, extra),
            "records": (*product.records, *extra.records),
            "loans": product.loans.model_copy(update={"paths": (*product.loans.paths, *extra.paths)}),
        }
    )


def _labels(ours: Labels, extra: Overlay) -> Labels:
    """The product's labels, and the site's: its own columns say nothing of a person unless it says which category."""
    categories = dict(ours.categories)
    for category, names in extra.labels.items():
        categories[category] = (*categories.get(category, ()), *names)
    said = {name for names in extra.labels.values() for name in names}
    named = {f"{table}.{name}" for table, names in extra.person_columns.items() for name in names}
    ids = tuple(sorted(named - said))
    categories[Category.INSTITUTIONAL_ID] = (*categories.get(Category.INSTITUTIONAL_ID, ()), *ids)
    plain = (f"{table}.{name}" for table, names in extra.columns.items() for name in names)
    return Labels(categories=categories, nothing=(*ours.nothing, *(one for one in plain if one not in said | named)))


def _person(product: SystemMap, extra: Overlay) -> PersonMap | None:
    if product.person is None or not extra.person:
        return product.person
    return product.person.model_copy(update={"tables": {**extra.person, **product.person.tables}})


def _problems(product: SystemMap, extra: Overlay) -> list[Fault]:
    at = "maps/local.yaml"
    taken = {*product.person_columns, *product.not_yet_covered, *product.columns, *product.kept_tables}
    found = [
        Fault(
            faults.OVERLAY,
            at=f"{at}: no_person: {name}",
            because="the product's map knows patron data there",
            fix="take this line out",
        )
        for name in extra.no_person
        if name in taken
    ]
    for table, names in extra.columns.items():
        harmless = set(names) & set(product.person_columns.get(table, ()))
        found.extend(
            Fault(
                faults.OVERLAY,
                at=f"{at}: columns: {table}.{name}",
                because="the column names a person",
                fix="take this column out",
            )
            for name in sorted(harmless)
        )
    found.extend(
        Fault(
            faults.OVERLAY,
            at=f"{at}: {word}",
            because=f"the map of {product.title} does without it, so it was never carried out there",
            fix="say it with the words of the product's map",
        )
        for word in sorted(_unproved(product, extra))
    )
    ours_by_name = {path.name for path in product.loans.paths} | {one.name for one in product.records}
    for kind, ours, theirs in (
        ("person", set(product.person.tables if product.person else ()), list(extra.person)),
        ("paths", ours_by_name, [path.name for path in extra.paths]),
        ("records", ours_by_name | {path.name for path in extra.paths}, [one.name for one in extra.records]),
        ("consumers", {one.name for one in product.consumers}, [one.name for one in extra.consumers]),
    ):
        found.extend(
            Fault(
                faults.OVERLAY,
                at=f"{at}: {kind}: {name}",
                because="the product's map has one of that name",
                fix="give it another name; to declare how the product's own is used, see 'consumers' in carrel.yaml",
            )
            for name in theirs
            if name in ours
        )
    return found


def _unproved(product: SystemMap, extra: Overlay) -> frozenset[str]:
    """Words of a site with which the product's map was never carried out: erasures are tried apart from all else."""
    ours, site = product.model_dump(), extra.model_dump()
    person = _seldom(site.pop("person")) - _seldom(ours.pop("person"))
    return person | (_seldom(site) - _seldom(ours))


def _seldom(node: Any) -> frozenset[str]:
    """Which of the words that not every product needs are used in a part."""
    if isinstance(node, dict):
        used = {name for name, part in node.items() if name in _SELDOM and part}
        return frozenset(used).union(*(_seldom(part) for part in node.values()))
    return frozenset().union(*(_seldom(part) for part in node)) if isinstance(node, (list, tuple)) else frozenset()
