"""``carrel disclose``, each verb killed between any two steps: given again, the state is that of one run."""

from __future__ import annotations

import json
import secrets
from datetime import date, timedelta
from typing import Any

import click
import pytest

from carrel.cli.disclose import disclose
from tests.breadth import CRASH_ROUNDS
from tests.integration.run import library
from tests.integration.run.disclose_kills import ONLY, verb_of
from tests.integration.run.test_consent import policy
from tests.integration.run.test_disclose import PEOPLE
from tests.integration.run.test_disclose_forget import old_case
from tests.integration.run.test_disclose_whole import GATHERS
from tests.integration.run.test_production import CARD, PASSPHRASE, SCOPE, loan, person
from tests.integration.run.warm_start import called
from tests.store_place import StorePlace

TODAY = date.today()  # noqa: DTZ011  (days around it are the same in every zone)
SECONDS = 1800
ADA, LOU, DEE, MO = ("--as Ann Example", "--as Lou Example", "--as Dee Example", "--as Mo Example")
OPEN = "open subpoena --served-on an~employee --sender a~law~firm --from 2026-03-01 --until 2026-03-31"
STEPS = (
    f"record {{case}} tell~the~board {ADA}", f"record {{case}} tell~the~patron {ADA}",
    f"record {{case}} counsel~on~form {LOU}", f"record {{case}} counsel~on~showing {LOU}",
)  # fmt: skip
PAPER = f"document add {{case}} {{site}}/in/scan.pdf --paper the~subpoena {DEE}"


def _words(line: str, *more: str) -> list[str]:
    """A line as words: a name after ``--as`` is one, and so is what ``~`` holds together."""
    line, _, who = line.partition("--as ")
    return ["disclose", *(one.replace("~", " ") for one in line.split()), *(["--as", who] if who else []), *more]


def _done(*lines: str) -> list[list[str]]:
    return [_words(one, ONLY) for one in lines]


# By the policy that leads them. What is said twice here differs in what it does; each verb stands in one of them.
WALKS: dict[str, dict[str, list[list[str]]]] = {
    "worcester": {
        "a release": [
            *map(_words, (
                f"{OPEN} --card {{site}}/in/card.txt --words {{site}}/in/words.txt {DEE}",
                f"preserve {{case}} --item 1 {DEE}", f"note {{case}} --because they~rang {ADA}",
                f"name {{case}} Bea~Example {ADA}",
                (f"silence {{case}} --basis order --court a~court --starts {TODAY} --ends {TODAY + timedelta(days=90)} "
                f"--may-tell Lou~Example --may-tell Ann~Example {DEE}"),
                f"silence {{case}} --lift --because it~was~lifted {LOU}", f"defect {{case}} --what no~seal {LOU}",
                f"cure {{case}} d2 --because a~new~paper {LOU}", f"challenge {{case}} --because no~cause {LOU}",
                f"challenge {{case}} --ruling upheld --because by~the~court {LOU}", STEPS[0],
            )),
            *_done(*STEPS[1:]),
            *map(_words, (
                PAPER, f"document get {{case}} {{document}} --out {{site}}/out/scan.pdf {LOU}",
                (f"produce {{site}}/in/scope.yaml --case {{case}} --out {{site}}/out/release.age "
                f"--age-passphrase-file {{site}}/in/passphrase.txt {ADA}"),
                "verify {site}/out/release.age --age-passphrase-file {site}/in/passphrase.txt",
                f"list --all {ADA}", f"show {{case}} --words --salts {ADA}", "report", "script subpoena",
                "drill --json", f"sign {{case}} {ADA}", f"release {{case}} {DEE}",
            )),
        ],
        "nothing": [
            *_done(f"{OPEN} --item 1 {DEE}", *STEPS, PAPER),
            *map(_words, (f"by-hand {{case}} --because on~paper {ADA}", f"nothing {{case}} {ADA}")),
        ],
        "no": [
            *_done(f"open informal~ask --served-on an~employee --sender an~officer --item 1 {DEE}"),
            _words(f"refuse {{case}} --ground no~legal~process --because no~paper {DEE}"),
            *_done(f"open informal~ask --served-on an~employee --sender an~officer --item 2 {DEE}"),
            _words(f"withdraw {{case}} --because they~left {DEE}"),
        ],
        "gone": [
            *_done(f"forget {ADA}"),
            *map(_words, (f"forget --approve {{plan}} {ADA}", f"forget --apply {LOU}")),
        ],
    },
    "manhattan": {
        "offices": [*map(_words, (
            f"delegate custodian --to Bea~Example --until {TODAY + timedelta(days=30)} {ADA}",
            f"absence custodian --of Ann~Example {DEE}", f"absence custodian --of Ann~Example --over {DEE}",
            f"delegate custodian --to Bea~Example --revoke {ADA}",
        ))],
    },
    "mit-libraries": {
        "student": [
            *_done(f"{OPEN} --item 1 {DEE}"), _words(f"exempt {{case}} no~student --because a~visitor {LOU}"),
        ],
    },
}  # fmt: skip


def every_verb(group: click.Group = disclose, before: str = "") -> set[str]:
    """Every verb under ``carrel disclose``, as its command line has it."""
    found = set[str]()
    for name, one in group.commands.items():
        found |= every_verb(one, f"{before}{name} ") if isinstance(one, click.Group) else {f"{before}{name}"}
    return found


def test_each_verb_stands_in_a_walk_that_is_killed() -> None:
    """A verb that is new has to be added to `WALKS`."""
    killed = {
        verb_of(words) for walks in WALKS.values() for walk in walks.values() for words in walk if ONLY not in words
    }
    assert killed == every_verb()


def _killed(elm: library.Library, name: str, walk: list[list[str]], rounds: int) -> dict[str, Any]:
    policy(elm, name)
    people = PEOPLE.replace("[custodian, authorised officer]", GATHERS)
    elm.edit("people:\n", people)
    seed, number = person(elm)
    loan(seed, number, "2026-03-15 12:00:00")
    for folder in ("in", "out"):
        (elm.folder / folder).mkdir()
    for place, text in (
        ("card.txt", CARD),
        ("words.txt", "every loan"),
        ("scope.yaml", SCOPE),
        ("passphrase.txt", PASSPHRASE),
    ):
        (elm.folder / "in" / place).write_text(f"{text}\n")
        (elm.folder / "in" / place).chmod(0o600)
    (elm.folder / "in" / "scan.pdf").write_bytes(b"%PDF-1.7 not really " * 9000)
    if any("--apply" in words for words in walk):
        old_case(elm)
    told = {"site": str(elm.folder), "kept": str(elm.folder.parent / "kept"), "rounds": rounds, "walk": walk}
    if elm.store_place is not None:
        told["store"] = elm.store_place.words[1:]
    place = elm.folder.parent / "told.json"
    place.write_text(json.dumps(told))
    program = "tests.integration.run.disclose_kills:begin"
    code, out, err = called([str(place)], elm.folder.parent, library.environment(), SECONDS, program)
    assert code == 0, (out[-2000:], err[-4000:])
    return json.loads(out)


@pytest.fixture(params=["file", pytest.param("server", marks=pytest.mark.postgresql)])
def elm(request: pytest.FixtureRequest, small_sqlite, tmp_path):
    """A small library whose store is a file, or a database of its own on a server."""
    made = library.make(tmp_path / "site", small_sqlite)
    if request.param == "file":
        yield made
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"kills_{secrets.token_hex(4)}"
    server.sql(f"CREATE DATABASE {name}")
    made.keep_store_in(StorePlace(made.folder, server.url(name), "carrel", server))
    yield made
    for one in (name, f"{name}_kept"):
        server.sql(f"DROP DATABASE IF EXISTS {one} WITH (FORCE)")


@pytest.mark.deep
@pytest.mark.slow
@pytest.mark.parametrize(("name", "walk"), [(name, walk) for name, walks in WALKS.items() for walk in walks])
def test_killed_between_any_two_steps_and_given_again_it_is_one_run(elm, name, walk) -> None:
    """No half file, no hold without a case, no case without its hold, no paper without its seal, no leaf twice."""
    found = _killed(elm, name, WALKS[name][walk], max(4, CRASH_ROUNDS))
    assert found["wrong"] == [], json.dumps(found["wrong"], indent=1)
    assert sum(found["killed"].values()) > 3
