"""``carrel approve`` and ``carrel stop`` as a person runs them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carrel.errors import Exit
from carrel.ledger.note import Verifier, open_note
from carrel.store.key_file import read_verifier
from tests.integration.site_folder import Place, make


@pytest.fixture
def site(tmp_path: Path) -> Place:
    return make(tmp_path)


def as_(site: Place, who: str) -> tuple[object, ...]:
    return ("--as", f"{who.title()} Example", "--key", site.key(who))


def approvals(site: Place) -> tuple[str, ...]:
    with site.store as store:
        return tuple(given.note for given in store.approvals.of_system("koha"))


def test_a_second_person_sees_the_plan_and_signs_it(site: Place) -> None:
    out = site.ok("approve", site.plan_file(), *as_(site, "ada"), "--yes")
    assert "1,234 loans are due" in out
    assert "old_issues" in out
    assert "kept: period still running: 40,000" in out
    assert "kept: other reasons" in out
    assert "legal hold" not in out  # four loans: nobody is to see that somebody is looked at
    assert "What the desk will notice:\n  - reading history" in out
    assert "Why a person must look:\n  - first run on this system" in out
    assert "still needed: no rehearsal on a copy" in out
    assert max(len(line) for line in out.splitlines() if str(site.folder) not in line) <= 100  # a path stays whole
    (note,) = approvals(site)
    assert "approver: Ada Example" in open_note(note, [read_verifier(str(site.key("ada")))])


def test_json_says_what_was_signed_and_what_is_left(site: Place) -> None:
    told = site.told("approve", site.plan_file(), *as_(site, "ada"), "--yes", "--waive-rehearsal", "no second server")
    assert [one["kind"] for one in told["approvals"]] == ["plan", "rehearsal waiver"]
    assert told["still_needed"] == []


def test_the_planner_cannot_approve(site: Place) -> None:
    plan = site.plan_file(made_by="Ben Example")
    refused = site.refused("approve", plan, *as_(site, "ben"), "--yes")
    assert (refused.code, refused.exit) == ("APR-002", Exit.REFUSED)
    assert approvals(site) == ()


def test_who_has_not_the_right_cannot_approve(site: Place) -> None:
    plan = site.plan_file(made_by="Ben Example")
    assert site.refused("approve", plan, *as_(site, "cal"), "--yes").code == "APR-003"
    words = ("--as", "Nobody", "--key", site.key("ada"))
    assert site.refused("approve", plan, *words, "--yes").code == "APR-003"
    assert approvals(site) == ()


def test_somebody_elses_key_does_not_sign_for_a_person(site: Place) -> None:
    words = ("--as", "Ada Example", "--key", site.key("ben"))
    assert site.refused("approve", site.plan_file(), *words, "--yes").code == "APR-004"
    assert approvals(site) == ()


@pytest.mark.parametrize("what", ["changed count", "changed digest", "no json", "unknown plan"])
def test_a_plan_file_that_was_not_recorded_as_it_is_is_refused(site: Place, what: str) -> None:
    place = site.plan_file()
    body = json.loads(place.read_text())
    match what:
        case "changed count":
            body["paths"][0]["bound"] = 10**9
        case "changed digest":
            body["digest"] = "0" * 64
        case "no json":
            body = None
        case "unknown plan":
            from carrel.retention.plan import Plan

            body = Plan.from_dict(body).with_bounds({"loan": 1}).as_dict()
    place.write_text("{" if body is None else json.dumps(body))
    refused = site.refused("approve", place, *as_(site, "ada"), "--yes")
    assert refused.code == {"unknown plan": "STO-005", "no json": "RUN-007"}.get(what, "APR-001")
    assert refused.exit is (Exit.USAGE if what == "no json" else Exit.REFUSED)
    assert approvals(site) == ()


def test_without_a_terminal_nothing_is_approved_unasked(site: Place) -> None:
    refused = site.refused("approve", site.plan_file(), *as_(site, "ada"))
    assert (refused.code, refused.exit) == ("APR-009", Exit.REFUSED)
    assert approvals(site) == ()


def test_a_plan_with_blockers_or_a_stale_one_cannot_be_approved(site: Place) -> None:
    blocked = site.plan_file(blockers=("delete_patrons --not_borrowed_since: deletes readers",))
    refused = site.refused("approve", blocked, *as_(site, "ada"), "--yes")
    assert refused.code == "APR-012"
    assert '\nconsumers:\n  "delete_patrons --not_borrowed_since": not used\n' in refused.faults[0].fix
    old = site.plan_file(made_at=datetime.now(UTC) - timedelta(hours=25))
    assert site.refused("approve", old, *as_(site, "ada"), "--yes").code == "APR-007"
    assert approvals(site) == ()


def test_a_standing_approval_lasts_as_long_as_the_site_lets_it(site: Place) -> None:
    plan = site.plan_file()
    told = site.told("approve", plan, *as_(site, "ada"), "--standing", "--yes")
    (one,) = told["approvals"]
    assert one["kind"] == "standing"
    left = datetime.fromisoformat(one["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=59) < left <= timedelta(days=60)
    assert "first run on this system" in told["still_needed"]
    later = (datetime.now(UTC) + timedelta(days=70)).date()
    words = ("approve", plan, *as_(site, "ada"), "--standing", "--until", later, "--yes")
    refused = site.refused(*words)
    assert (refused.code, refused.exit) == ("APR-011", Exit.USAGE)
    assert len(approvals(site)) == 1


def test_an_end_is_the_end_of_that_day_at_the_library(site: Place) -> None:
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    told = site.told("approve", site.plan_file(), *as_(site, "ada"), "--until", day, "--yes")
    end = datetime.fromisoformat(told["approvals"][0]["expires_at"])
    assert end.hour in (4, 5)  # midnight in New York
    assert end.date() == day + timedelta(days=1)


def test_what_is_recorded_verifies_with_the_public_key_alone(site: Place) -> None:
    site.ok("approve", site.plan_file(), *as_(site, "ada"), "--yes")
    vkey = (site.folder / "keys" / "ada.vkey").read_text()
    assert open_note(approvals(site)[0], [Verifier.parse(vkey)]).startswith("carrel approval 1\n")


def test_anybody_stops_and_somebody_with_the_right_starts_again(site: Place) -> None:
    assert "stopped since" in site.ok("stop", "--reason", "the catalogue is slow", "--as", "Somebody")
    told = site.told("stop")
    assert told["stopped"] is True
    for words in (("stop", "--clear"), ("stop", "--clear", "--as", "Cal Example"), ("stop", "--clear", "--as", "X")):
        refused = site.refused(*words)
        assert (refused.code, refused.exit) == ("HLD-006", Exit.REFUSED)
    with site.store as store:
        assert store.signals.stopped() is not None
    assert "may start again" in site.ok("stop", "--clear", "--as", "Ben Example")
    with site.store as store:
        assert store.signals.stopped() is None


def test_a_clock_is_accepted_only_together_with_a_clear(site: Place) -> None:
    future = datetime.now(UTC) + timedelta(days=400)
    with site.store as store:
        store.leases.acquire("koha", "x", timedelta(seconds=1), future)
    assert site.refused("approve", site.plan_file(), *as_(site, "ada"), "--yes").code == "STO-004"
    assert site.run("stop", "--accept-clock").exit_code == int(Exit.USAGE)
    site.ok("stop", "--clear", "--accept-clock", "--as", "Ben Example")
    site.ok("approve", site.plan_file(), *as_(site, "ada"), "--yes")


LOOKS_LIKE_ADA = ["\u0410da Example", "ada example", "Ada  Example", "A\u200bda Example", "\u00c1da Example"]


@pytest.mark.parametrize("name", LOOKS_LIKE_ADA)
def test_a_name_that_only_looks_like_a_persons_is_refused_by_every_verb(site: Place, name: str) -> None:
    plan = site.plan_file()
    why = ("--reason", "preservation letter", "--authority", "County court")
    for words in (
        ("approve", plan, "--key", site.key("ada"), "--yes"),
        ("hold", "place", "--item", "7", *why),
        ("stop",),
        ("stop", "--clear"),
    ):
        refused = site.refused(*words, "--as", name)
        # Anybody may stop, so there a name is refused already for signs that nobody sees.
        assert refused.code == ("CLI-004" if words[0] == "stop" and "\u200b" in name else "APR-013")
    with site.store as store:
        assert store.signals.stopped() is None


def test_nobody_approves_a_plan_of_whom_the_site_knows_nothing(site: Place) -> None:
    """So that a plan under a name that is only like the approver's cannot be approved, however it came into the store."""
    for planner, code in (("Somebody", "APR-007"), ("\u0410da Example", "APR-002")):
        refused = site.refused("approve", site.plan_file(made_by=planner), *as_(site, "ada"), "--yes")
        assert (refused.code, refused.exit) == (code, Exit.REFUSED)
    site.ok("approve", site.plan_file(made_by="carrel run-due"), *as_(site, "ada"), "--yes")


@pytest.mark.parametrize(
    ("once", "twice"),
    [
        ('"made_by": "Cal Example"', '"made_by": "Ada Example", "made_by": "Cal Example"'),
        ('"rows": 1234', '"rows": 12, "rows": 1234'),
        ('"borrowernumber": "clear"', '"borrowernumber": "same", "borrowernumber": "clear"'),
        ('"due": 1234', '"due": 1234, "due": 1234'),
    ],
)
def test_a_plan_file_in_which_a_key_stands_twice_is_refused(site: Place, once: str, twice: str) -> None:
    """The later one is what the store recorded, the earlier one what a person sees."""
    place = site.plan_file()
    text = place.read_text()
    assert text.count(once) == 1
    place.write_text(text.replace(once, twice))
    refused = site.refused("approve", place, *as_(site, "ada"), "--yes")
    assert (refused.code, refused.exit) == ("APR-001", Exit.REFUSED)
    assert approvals(site) == ()
    place.write_text("[" * 100_000)
    assert site.refused("approve", place, *as_(site, "ada"), "--yes").code == "RUN-007"
