"""Every page keeps its word: links lead somewhere, commands and settings are documented and exist, nothing points home."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from carrel.inventory.site import Site
from carrel.inventory.timetable import Part
from carrel.policy import grammar, record_grammar
from carrel.systems import map_files
from tests.docs import command_reference, console, process_reference, record_reference

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMANDS = {context.command_path: context.command for context in command_reference.verbs()}


def prose(text: str) -> str:
    return FENCE.sub("", text)


def anchors(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


LINKS = [
    (page, link)
    for page, text in TEXTS.items()
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(text))
    if not link.startswith(("http://", "https://", "mailto:"))
]


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_somewhere(page: str, link: str) -> None:
    place, _, anchor = link.partition("#")
    file = (ROOT / page).parent / place if place else ROOT / page
    assert file.exists(), link
    if anchor:
        assert anchor in anchors(file.read_text(encoding="utf-8")), link


def test_each_page_begins_with_one_title() -> None:
    for page, text in TEXTS.items():
        assert text.startswith("# "), page
        assert len(re.findall(r"^# ", prose(text), re.MULTILINE)) == 1, page


@pytest.mark.parametrize("name", map_files.names())
def test_what_becomes_of_each_record_is_documented_as_it_is(name: str) -> None:
    assert record_reference.PAGES[name].read_text(encoding="utf-8") == record_reference.page(name), (
        "python -m tests.docs.record_reference writes it anew"
    )


def test_how_each_policy_leads_a_case_is_drawn_as_it_is() -> None:
    assert process_reference.PAGE.read_text(encoding="utf-8") == process_reference.page(), (
        "python -m tests.docs.process_reference writes it anew"
    )


def test_the_commands_are_documented_as_they_are() -> None:
    assert command_reference.PAGE.read_text(encoding="utf-8") == command_reference.page(), (
        "python -m tests.docs.command_reference writes it anew"
    )


def used() -> Iterator[tuple[str, list[str]]]:
    """Every line of every block that calls carrel, as words."""
    for page, text in TEXTS.items():
        for kind, body in FENCE.findall(text):
            if kind not in {"console", "sh", ""} or page == "docs/commands.md":
                continue
            for raw in body.replace("\\\n", " ").splitlines():
                line = raw.removeprefix("$ ").split("   #")[0].split(" > ")[0].split(" | ")[0].strip()
                if line.startswith("carrel "):
                    yield page, shlex.split(line)


@pytest.mark.parametrize(
    ("page", "words"), list(used()), ids=lambda one: one if isinstance(one, str) else " ".join(one)
)
def test_a_command_on_a_page_exists_with_its_options(page: str, words: list[str]) -> None:
    depth = max((n for n in range(2, len(words) + 1) if " ".join(words[:n]) in COMMANDS), default=0)
    assert depth, f"{page}: {words}"
    command = COMMANDS[" ".join(words[:depth])]
    options = {name for param in command.params if isinstance(param, click.Option) for name in param.opts}
    for word in words[depth:]:
        if word.startswith("-") and not word.startswith("->"):
            assert word.split("=")[0] in {*options, "--help", "-h"}, f"{page}: {' '.join(words)}: {word}"
    assert isinstance(command, click.Group) is False or words[depth:] in ([], ["--help"]), f"{page}: {words}"


@pytest.mark.parametrize("name", sorted({name.split()[1] for name in COMMANDS}))
def test_every_verb_is_told_on_a_page_that_people_read(name: str) -> None:
    others = "".join(text for page, text in TEXTS.items() if page not in {"docs/commands.md", "CHANGELOG.md"})
    assert f"carrel {name}" in others


# Written in a form of their own: 2026-12-24 to 2027-01-02, 09:00-12:00, not used.
SHAPES = {"format_version", "first", "last", "since", "not_used"}


def settings() -> set[str]:
    """Every key that a site file may have, at any depth."""
    parts = [one for one in Part.__subclasses__() if one.__module__.startswith("carrel.inventory.")]
    assert Site in parts
    return {field.alias or name for one in parts for name, field in one.model_fields.items()} - SHAPES


@pytest.mark.parametrize("key", sorted(settings()))
def test_every_setting_of_the_site_file_is_documented(key: str) -> None:
    assert re.search(rf"`{key}`|\b{key}:|`{key} ", TEXTS["docs/site.md"]), key


def policy_keys() -> set[str]:
    return {
        field.alias or name
        for one in (*vars(grammar).values(), *vars(record_grammar).values())
        if isinstance(one, type) and issubclass(one, BaseModel)
        for name, field in one.model_fields.items()
    }


@pytest.mark.parametrize("key", sorted(policy_keys()))
def test_every_key_of_the_policy_is_documented(key: str) -> None:
    assert re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", TEXTS["docs/policy.md"]), key


# Written in two parts, so that this file does not hold what it looks for.
HOME = [
    "/" + "work/",
    "/" + "root/",
    "sub" + "agent",
    "hand" + "back",
    "issues " + "show",
    "/tmp/" + "lab",
    "/tmp/" + "brief",
]


def test_no_path_or_host_of_a_workplace_stands_in_the_tree() -> None:
    folders = ("src", "tests", "docs", "bench", "schema")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "requirements.lock")]
    for file in files:
        if file.suffix in {".pyc", ".gz", ".db", ".png"} or "__pycache__" in file.parts:
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        for word in HOME:
            assert word not in text, f"{file.relative_to(ROOT)}: {word}"
        assert "index-url" not in text or file.name == "test_pages.py", file


def test_the_changelog_has_a_part_for_what_is_not_released() -> None:
    text = TEXTS["CHANGELOG.md"]
    assert re.search(r"^## \[Unreleased\]$", text, re.MULTILINE)
    assert re.search(r"^### Added$", text, re.MULTILINE)


def test_make_targets_on_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z]+)\b", TEXTS["README.md"]):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_pages_that_are_run_are_not_empty() -> None:
    for page in ("README.md", "docs/tutorial.md"):
        assert console.steps(TEXTS[page])


def test_the_number_of_tables_that_are_not_covered_is_the_maps() -> None:
    from carrel.retention.records import in_force
    from carrel.systems import map_files, policy_files

    koha = map_files.load("koha")
    ruled = in_force(koha, policy_files.load("mit-libraries").record_schedules())
    counts = {str(len(one.not_yet_covered)) for one in (koha, ruled)}  # of the map, and under the pages' policy
    for page in ("README.md", "CHANGELOG.md", "docs/tutorial.md"):
        assert set(re.findall(r"(\d+) (?:other )?tables(?! covered|;)", TEXTS[page])) <= counts, page
