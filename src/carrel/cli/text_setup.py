"""What free text is looked through by, put together from a document and options."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.cli.progress import phase
from carrel.errors import fault

if TYPE_CHECKING:
    from carrel.deidentification.text.knowledge import Knowledge
    from carrel.deidentification.text.recognizer import Recognizer
    from carrel.deidentification.text.text_settings import TextSettings


_NAMES = {"system": "--system"}
_SMALL = 2_000_000  # bytes of a text and its lists that are read sooner than rules are compiled


@dataclass(frozen=True, slots=True)
class Given:
    """The options as they were given."""

    document: Path | None
    rosters: tuple[Path, ...] = ()
    catalogues: tuple[Path, ...] = ()
    system: str | None = None
    cards: tuple[str, ...] = ()
    student_ids: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    conversation: str | None = None
    unit: str | None = None
    leave: tuple[str, ...] = ()
    recognizers: tuple[str, ...] = ()


def settings_of(given: Given) -> TextSettings:
    """The document, with what options add to it.

    Raises:
        CarrelError: SRC-007.
        click.UsageError: options that name no list.
    """
    from carrel.cli.option_model import of_options
    from carrel.deidentification.text.text_settings import Catalogue, Roster, TextSettings
    from carrel.systems.analytics.document import load

    said = TextSettings() if given.document is None else load(given.document, TextSettings)
    base = Path() if given.document is None else given.document.parent
    rosters = [_placed(one, base) for one in said.roster] + [
        of_options(Roster, {"records": {"file": one}}) for one in given.rosters
    ]
    catalogues = [_placed(one, base) for one in said.catalogue] + [
        of_options(Catalogue, {"records": {"file": one}}) for one in given.catalogues
    ]
    if given.system is not None:
        rosters.append(of_options(Roster, {"system": given.system}, _NAMES))
        catalogues.append(of_options(Catalogue, {"system": given.system}, _NAMES))
    more: dict[str, Any] = {
        "cards": (*said.cards, *given.cards), "student_ids": (*said.student_ids, *given.student_ids),
        "columns": given.columns or said.columns, "conversation": given.conversation or said.conversation,
        "unit": given.unit or said.unit, "leave": (*said.leave, *given.leave),
        "recognizers": (*said.recognizers, *given.recognizers), "roster": tuple(rosters),
        "catalogue": tuple(catalogues),
    }  # fmt: skip
    return said.model_copy(update=more)


def _placed(listed: Any, base: Path) -> Any:
    """A list whose files are taken from the folder of the document."""
    return listed if listed.records is None else listed.model_copy(update={"records": listed.records.relative_to(base)})


@dataclass(frozen=True, slots=True)
class Lists:
    """What the lists taught.

    Attributes:
        rosters: how many there were.
        people, authors, titles: of them.
        warnings: what somebody should know of them.
    """

    rosters: int
    people: int
    authors: int
    titles: int
    warnings: tuple[str, ...]


def knowledge_of(settings: TextSettings, site_path: Path, source: Path) -> tuple[Knowledge, Lists]:
    """What is known by the settings, forms, roster, catalogue, and what is to be told of the lists.

    Args:
        settings: with the lists.
        site_path: of the site whose systems they name.
        source: the text, by whose size it is told whether rules are compiled for it.

    Raises:
        CarrelError: TXT-001, TXT-015, of the SRC, SIT and SQL codes.
    """
    from carrel.cli.at_site import open_site
    from carrel.deidentification.text import number_format
    from carrel.deidentification.text.knowledge import Knowledge
    from carrel.deidentification.text.text_settings import source_of
    from carrel.systems.text.code_folder import running
    from carrel.systems.text.named_lists import learn_catalogue, learn_roster

    formats = [
        *(number_format.parsed(one, "card") for one in settings.cards),
        *(number_format.parsed(one, "student id", student=True) for one in settings.student_ids),
    ]
    wants_site = any(one.system is not None for one in (*settings.roster, *settings.catalogue))
    site = open_site(site_path) if wants_site else None
    listed = [one.records.file for one in (*settings.roster, *settings.catalogue) if one.records is not None]
    size = sum(one.stat().st_size for one in (source, *listed) if one is not None and one.exists())
    with phase("making the rules ready"):
        knowledge = Knowledge(formats, running(compiling=wants_site or size > _SMALL))
    with phase("learning the roster and the catalogue"):
        warnings = []
        for roster in settings.roster:
            before = knowledge.learnt.people
            learn_roster(knowledge, roster, site)
            if knowledge.learnt.people == before:
                at = f"system {roster.system}" if roster.system is not None else source_of(roster).at
                warnings.append(f"{at}: this roster has no name that could be used.")
        for catalogue in settings.catalogue:
            learn_catalogue(knowledge, catalogue, site)
    learnt = knowledge.learnt
    return knowledge, Lists(len(settings.roster), learnt.people, learnt.authors, learnt.titles, tuple(warnings))


def recognizers_of(settings: TextSettings) -> tuple[Recognizer, ...]:
    """Recognizers of others, made ready.

    Raises:
        CarrelError: TXT-017.
    """
    from carrel.systems.text import faults

    made = []
    for name in settings.recognizers:
        module, _, kind = name.partition(":")
        try:
            one = getattr(importlib.import_module(module), kind)()
        except Exception:  # noqa: BLE001  (whatever a module of others does as it begins)
            one = None
        if not hasattr(one, "analyze") or not hasattr(one, "supported_entities"):
            raise fault(
                faults.RECOGNIZER,
                at=name if len(name) < 100 else "--recognizer",  # noqa: PLR2004  (as much as fits on a line)
                wanted="module:Class with `supported_entities` and `analyze(text, entities, nlp_artifacts)`",
                found="a module that cannot be imported, or something else in it",
                fix="install it beside Carrel, and write its name",
            )
        made.append(one)
    return tuple(made)
