"""``carrel hold`` and ``carrel exception`` as a person runs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from carrel.errors import Exit
from carrel.retention.legal_hold import Keeping, Scope
from carrel.store.placement import Kind, Order
from tests.integration.site_folder import Place, make

ADA = ("--as", "Ada Example")
WHY = ("--reason", "preservation letter", "--authority", "County court 26-117")
PATRON = "31415926"


@pytest.fixture
def site(tmp_path: Path) -> Place:
    return make(tmp_path)


def kept(site: Place) -> tuple[tuple[Keeping, ...], tuple[Keeping, ...]]:
    with site.store as store:
        found = store.keepings.current("koha", datetime.now(UTC))
    return found.legal_holds, found.exceptions


def test_a_hold_is_in_force_and_never_says_the_number_again(site: Place) -> None:
    said = site.ok("hold", "place", "--patron", PATRON, "--branch", "CPL", "--from", "2025-01-01", *WHY, *ADA)
    assert "in force from" in said
    assert "Disposed before, in the run or erasure under way: 0 rows of 0 loans" in said
    (hold,) = kept(site)[0]
    assert hold.scope.persons == (int(PATRON),)
    assert hold.scope.branches == ("CPL",)
    assert hold.scope.opened_from == datetime(2025, 1, 1)  # noqa: DTZ001  (local to the system)
    listed = site.ok("hold", "list")
    assert site.told("hold", "list")["legal_holds"][0]["loans"] == "patrons under 10, branch CPL, a range of days"
    for out in (said, listed, str(site.told("hold", "list")), repr(hold)):
        assert PATRON not in out


def test_numbers_come_from_a_file_so_that_no_shell_keeps_them(site: Place) -> None:
    file = site.folder / "named.txt"
    file.write_text("# from the letter\n" + "\n".join(str(number) for number in range(100, 115)) + "\n\n")
    told = site.told("hold", "place", "--patron-file", file, *WHY, *ADA)
    assert told["disposed_before"] == {"loans": 0, "rows": 0}
    assert len(kept(site)[0][0].scope.persons) == 15
    assert site.told("hold", "list")["legal_holds"][0]["loans"] == "patrons 15"


def test_a_released_hold_forgets_the_numbers_also_in_the_file(site: Place) -> None:
    number = 0x5A5B5C5D5E
    identity = site.told("hold", "place", "--patron", number, *WHY, *ADA)["id"]
    needle = number.to_bytes(6, "big").lstrip(b"\0")
    assert any(needle in path.read_bytes() for path in site.folder.glob("carrel.sqlite3*"))
    assert "deleted" in site.ok("hold", "release", identity, *ADA)
    assert kept(site) == ((), ())
    assert not any(needle in path.read_bytes() for path in site.folder.glob("carrel.sqlite3*"))
    refused = site.refused("hold", "release", identity, *ADA)
    assert (refused.code, refused.exit) == ("HLD-004", Exit.USAGE)


@pytest.mark.parametrize(
    "words",
    [
        ("--patron", "Acevedo"),
        ("--patron", "12 34"),
        ("--patron", "9" * 30),
        ("--item", "-5"),
        ("--from", "Acevedo"),
        (),
        ("--all", "--item", "77777"),
        ("--from", "2025-06-02", "--until", "2025-06-01"),
        ("--item", "77777", "--from", "2025-12-31", "--until", "2024-12-31"),
    ],
)
def test_a_scope_that_cannot_be_read_is_refused_without_repeating_it(site: Place, words: tuple[str, ...]) -> None:
    refused = site.refused("hold", "place", *words, *WHY, *ADA)
    assert (refused.code, refused.exit) == ("HLD-003", Exit.USAGE)
    assert not any(word in str(refused) for word in words if not word.startswith("--"))
    assert kept(site) == ((), ())


def test_a_patron_file_that_holds_no_numbers_is_refused(site: Place) -> None:
    for content in (b"", b"\xff\xfe\x00", b"Henry Acevedo\n"):
        (site.folder / "named.txt").write_bytes(content)
        refused = site.refused("hold", "place", "--patron-file", site.folder / "named.txt", *WHY, *ADA)
        assert refused.code == "HLD-003"
        assert "Acevedo" not in str(refused)


def test_every_loan_can_be_held_when_it_is_said_so(site: Place) -> None:
    site.ok("hold", "place", "--all", *WHY, *ADA)
    assert site.told("hold", "list")["legal_holds"][0]["loans"] == "every loan"


def test_a_sealed_hold_shows_in_no_list(site: Place) -> None:
    nobody = site.ok("hold", "list"), site.told("hold", "list")
    assert nobody[0] == "no open legal hold to list\n"
    identity = site.told("hold", "place", "--loan", "7", "--sealed", *WHY, *ADA)["id"]
    assert (site.ok("hold", "list"), site.told("hold", "list")) == nobody
    assert kept(site)[0][0].reason == "preservation letter"
    assert kept(site)[0][0].sealed
    # Whoever may place one finds it again, to release it; reason and authority stay sealed.
    for words in ((), ("--as", "Cal Example")):
        assert site.refused("hold", "list", "--sealed", *words).code == "HLD-006"
    for out in (site.ok("hold", "list", "--sealed", *ADA), str(site.told("hold", "list", "--sealed", *ADA))):
        assert identity in out
        assert "preservation" not in out
        assert "26-117" not in out


def test_who_has_not_the_right_places_nothing(site: Place) -> None:
    refused = site.refused("hold", "place", "--loan", "7", *WHY, "--as", "Cal Example")
    assert (refused.code, refused.exit) == ("HLD-006", Exit.REFUSED)
    assert kept(site) == ((), ())


def test_an_empty_reason_is_no_reason(site: Place) -> None:
    refused = site.refused("hold", "place", "--loan", "7", "--reason", " ", "--authority", "x", *ADA)
    assert (refused.code, refused.exit) == ("HLD-002", Exit.USAGE)
    assert kept(site) == ((), ())


def exception_words(**changes: Any) -> list[str]:
    values = {
        "branch": "MUSIC",
        "reason": "insurance claim",
        "approver": "Ben Example",
        "expires": (datetime.now(UTC) + timedelta(days=30)).date().isoformat(),
        "as": "Ada Example",
        **changes,
    }
    return [word for name, value in values.items() if value for word in (f"--{name}", value)]


def test_an_exception_names_scope_reason_approver_and_end(site: Place) -> None:
    identity = site.told("exception", "add", *exception_words())["id"]
    (one,) = kept(site)[1]
    assert (one.reason, one.authority, one.scope.branches) == ("insurance claim", "Ben Example", ("MUSIC",))
    assert one.until is not None
    assert "insurance" in site.ok("exception", "list")
    assert site.refused("hold", "release", identity, *ADA).code == "HLD-004"
    site.ok("exception", "revoke", identity, *ADA)
    assert kept(site) == ((), ())


@pytest.mark.parametrize(("verb", "words"), [("exception", exception_words), ("hold", lambda **_: [])])
def test_it_shows_the_last_day_on_which_it_holds_and_not_the_day_after(site: Place, verb: str, words: Any) -> None:
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    given = words(expires=None) or ["--loan", 7, *WHY, *ADA]
    act = "add" if verb == "exception" else "place"
    assert f"to the end of {day}\n" in site.ok(verb, act, *given, "--expires", day)
    told = site.told(verb, act, *given, "--expires", day)
    assert told["last_day"] == day.isoformat()
    listed = site.ok(verb, "list")
    assert listed.count(day.isoformat()) == 2
    assert (day + timedelta(days=1)).isoformat() not in listed
    entries = site.told(verb, "list")
    (one, _) = next(value for value in entries.values() if isinstance(value, list))
    # The system stands in New York: its day ends some hours into the next one of UTC, and the bound is exclusive.
    assert one["last_day"] == day.isoformat()
    assert one["ends"].startswith((day + timedelta(days=1)).isoformat())


def test_a_hold_without_an_end_says_so(site: Place) -> None:
    assert site.told("hold", "place", "--loan", "7", *WHY, *ADA)["last_day"] is None
    assert "open" in site.ok("hold", "list")
    assert site.told("hold", "list")["legal_holds"][0]["last_day"] is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"expires": None}, "HLD-001"),
        ({"expires": "2020-01-01"}, "HLD-001"),
        ({"approver": "Cal Example"}, "HLD-006"),
        ({"branch": None}, "HLD-003"),
        ({"reason": "  "}, "HLD-002"),
    ],
)
def test_an_exception_without_one_of_them_is_refused(site: Place, changes: dict[str, Any], code: str) -> None:
    assert site.refused("exception", "add", *exception_words(**changes)).code == code
    assert kept(site) == ((), ())


BAD = "a question\x1b[2J\x1b[1;1H\u202e"


def test_what_steers_a_terminal_is_no_reason(site: Place) -> None:
    for words in (
        ("hold", "place", "--loan", "7", "--reason", BAD, "--authority", "x", *ADA),
        ("hold", "place", "--loan", "7", "--reason", "x", "--authority", BAD, *ADA),
        ("hold", "place", "--branch", BAD, *WHY, *ADA),
        ("exception", "add", *exception_words(reason=BAD)),
        ("stop", "--reason", BAD),
        ("stop", "--as", BAD),
        ("approve", site.plan_file(), *ADA, "--key", site.key("ada"), "--yes", "--waive-rehearsal", BAD),
    ):
        refused = site.refused(*words)
        assert (refused.code, refused.exit) == ("CLI-004", Exit.USAGE), words
        assert "\x1b" not in str(refused)
    assert kept(site) == ((), ())
    with site.store as store:
        assert store.signals.stopped() is None


def test_what_an_older_carrel_took_in_is_shown_without_steering(site: Place) -> None:
    at = datetime.now(UTC)
    with site.store as store:
        for kind in Kind:
            until = at + timedelta(days=9)
            store.keepings.place(Order(kind, "koha", Scope(branches=(BAD,)), BAD, BAD, BAD, until), lambda: at)
        store.signals.stop(BAD, at, BAD)
    site.plan_file(made_by=BAD, notices=(BAD,))
    for words in (("hold", "list"), ("exception", "list"), ("stop",)):
        for more in ((), ("--json",)):
            out = site.ok(*words, *more)
            assert "\x1b" not in out
            assert "\u202e" not in out
    assert "\\x1b" in site.ok("hold", "list")


def test_whoever_the_environment_names_has_stopped_it(site: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARREL_PERSON", "Ben Example")
    assert "by Ben Example" in site.ok("stop")
    assert "workers may start again" in site.ok("stop", "--clear")
    monkeypatch.setenv("CARREL_PERSON", "Cal Example")
    assert site.refused("stop", "--clear").code == "HLD-006"
    assert "by Ada Example" in site.ok("stop", "--as", "Ada Example")


def test_a_hold_is_in_force_where_nobody_can_look_whether_it_fits(site: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KOHA_DSN", raising=False)
    told = site.told("hold", "place", "--loan", "7", *WHY, *ADA)
    assert told["warnings"] == ["koha cannot be read now (SIT-004): nobody looked whether these loans are there"]
    assert "warning: koha cannot be read" in site.ok("hold", "place", "--loan", "7", *WHY, *ADA)
    assert len(kept(site)[0]) == 2
