"""A database, a mailbox or a file that goes away in the middle of a production: told, never taken for everything."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from carrel.cli.at_site import open_site
from carrel.cli.disclose_rules import process_rules, viewer_of
from carrel.disclosure.event import Act
from tests.breadth import CRASH_ROUNDS
from tests.integration.run import library
from tests.integration.run.mail_site import on_server
from tests.integration.run.ready_case import ready_case
from tests.integration.run.test_production import CAL, CARD, MAIL, SCOPE, loan, person, scoped, words
from tests.integration.run.test_production_outside import LETTERS, LINES, message
from tests.integration.servers.dovecot import PASSWORD

MARCH = datetime(2026, 3, 16, 10, tzinfo=UTC)
ROUNDS = max(4, CRASH_ROUNDS)


class Desk:
    """One case, gathered again and again while something is cut off."""

    def __init__(self, elm: library.Library, text: str, what: str) -> None:
        self.elm, self.what, self.case = elm, what, ready_case(elm, text)
        self.out = elm.folder.parent / "release.age"
        self.words = ("disclose", "produce", scoped(elm, text), "--out", self.out, "--age-passphrase-file", words(elm),
                      "--case", self.case, *CAL, "--json")  # fmt: skip

    def cut(self, fatal: int) -> tuple[int, dict, str]:
        """Exit code, what was told, and the last line of stderr: how many steps there were."""
        said = [*map(str, self.words), "--site", str(self.elm.folder)]
        done = subprocess.run(
            [sys.executable, "-m", "tests.integration.run.production_cuts", str(fatal), self.what, *said],
            cwd=library.TREE, env=library.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.elm.assert_no_leak(done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, done.stderr
        told = json.loads(done.stdout) if done.stdout.strip() else {}
        return done.returncode, told, done.stderr.strip().splitlines()[-1]

    def made(self) -> int:
        """How many packages the case was told of."""
        site = open_site(self.elm.folder)
        with self.elm.store as store:
            case, _ = store.disclosures.case(self.case, viewer_of(site, store, process_rules(site), "Cal Example"))
        return sum(one.act is Act.PRODUCED for one in case.events)

    def steps(self) -> list[int]:
        """Some of the steps of a production that nothing disturbs."""
        code, told, last = self.cut(0)
        assert (code, told["production"]["not_read"], self.made()) == (0, [], 1)
        self.out.unlink()
        total = int(last)
        assert total > 3
        return sorted({1 + n * (total - 1) // ROUNDS for n in range(ROUNDS + 1)})


@pytest.mark.slow
@pytest.mark.everywhere
@pytest.mark.deep
def test_a_database_that_goes_away_leaves_no_package_and_no_event_and_the_next_try_has_all(small) -> None:
    seed, number = person(small)
    for day in range(10, 30):
        loan(seed, number, f"2026-03-{day} 12:00:00")
    desk = Desk(small, SCOPE, "database")
    if small.koha.dialect == "sqlite":
        pytest.skip("a file has no line that could be cut")
    for fatal in desk.steps():
        code, told, _ = desk.cut(fatal)
        if code == 3:  # it was gone before it was opened: the package says so
            assert {one["table"] for one in told["production"]["not_read"]} == {"*"}
            desk.out.unlink()
            continue
        assert code != 0, fatal
        assert told["errors"][0]["code"].startswith("SQL-"), (fatal, told)
        assert not desk.out.exists()
    before = desk.made()
    code, told, _ = desk.cut(0)
    assert (code, told["production"]["records"], told["production"]["not_read"]) == (0, 20, [])
    assert desk.made() == before + 1


@pytest.mark.slow
@pytest.mark.deep
def test_a_mailbox_that_goes_away_is_told_as_not_read(small_sqlite, tmp_path, dovecot_server) -> None:
    elm = library.make(tmp_path / "site", small_sqlite)
    on_server(dovecot_server)
    (elm.folder / "mail.dsn").write_text(f"{PASSWORD}\n")
    (elm.folder / "mail.dsn").chmod(0o600)
    entry = dovecot_server.entry("{folder: INBOX, record: correspondence, purpose: answer, until: sent}", "desk")
    place = elm.folder / "carrel.yaml"
    place.write_text(place.read_text() + entry)
    person(elm)
    march = "Mon, 16 Mar 2026 10:00:00 +0000"
    for n in range(3):
        dovecot_server.add("INBOX", MARCH, message(MAIL, "desk@elm.example", march, f"a question {n}"), r"\Seen")
    desk = Desk(elm, LETTERS, "mailbox")
    for fatal in desk.steps():
        code, told, _ = desk.cut(fatal)
        if code == 3:
            assert told["production"]["not_read"], fatal
            assert told["production"]["kind"] == "production" or told["production"]["records"] == 0
        assert (code, desk.out.exists()) in {(3, True), (4, False), (0, True)}, (fatal, told)
        if code == 0:  # everything had come by then
            assert told["production"]["records"] == 3
        desk.out.unlink(missing_ok=True)
    assert desk.cut(0)[1]["production"]["records"] == 3


def test_a_log_that_is_rotated_while_it_is_read_is_told_as_not_read(small_sqlite, tmp_path) -> None:
    elm = library.make(tmp_path / "site", small_sqlite)
    door = tmp_path / "door"
    door.mkdir()
    place = elm.folder / "carrel.yaml"
    place.write_text(
        place.read_text() + f"folders:\n  - {{name: door, root: {door}, patterns: ['*.log'], record: access logs, "
        "purpose: provide, time: inside, zone: UTC}\n"
    )  # fmt: skip
    person(elm)
    for name in ("a.log", "b.log"):
        (door / name).write_text(f"2026-03-15 12:00:00 in {CARD}\n")
    desk = Desk(elm, LINES, f"{door / 'a.log'},{door / 'b.log'}")
    code, told, _ = desk.cut(1)
    assert (code, told["production"]["records"]) == (3, 1)
    assert [one["code"] for one in told["production"]["not_read"]] == ["DSC-061"]
    assert len(list(door.glob("*.log"))) == 1
