"""`carrel staff`: who gives an account to whom, and who keeps whom out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from carrel.store.store import Store
from tests.integration.run.library import environment
from tests.integration.run.warm_start import called
from tests.integration.web.conftest import pages_of
from tests.integration.web.staff_site import people, rewrite

BEN = ("--as", "Ben Example")


@pytest.fixture
def folder(koha_sqlite, tmp_path: Path) -> Path:
    with pages_of(tmp_path, koha_sqlite.url, "koha", more=people()):
        return tmp_path


def staff(folder: Path, *words: str, code: int = 0) -> Any:
    done, out, err = called(["staff", *words, "--site", str(folder), "--json"], folder, environment(None))
    assert done == code, (out, err)
    return json.loads(out)


def refused(folder: Path, *words: str, code: int) -> str:
    return str(staff(folder, *words, code=code)["errors"][0]["code"])


def states(folder: Path) -> dict[str, str]:
    return {one["name"]: one["state"].split()[0] for one in staff(folder, "list")["accounts"]}


def test_an_account_from_invitation_to_the_end(folder: Path) -> None:
    assert set(states(folder).values()) == {"no"}
    told = staff(folder, "invite", "Dee Example", *BEN)
    assert re.fullmatch(r"(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}", told["code"])
    assert told["address"] == "http://127.0.0.1:8000/staff/begin"
    assert states(folder)["Dee Example"] == "invited,"
    with Store.open(folder) as store:
        from datetime import UTC, datetime

        at = datetime.now(UTC)
        assert store.staff_accounts.is_code("Dee Example", told["code"], at)
        store.staff_accounts.choose("Dee Example", "a hash", bytes(20), at)
        assert store.staff_accounts.finish("Dee Example", 1, at)
        store.staff_sessions.begin("Dee Example", "passkey", at)
    assert states(folder)["Dee Example"] == "open"
    assert refused(folder, "invite", "Dee Example", *BEN, code=4) == "STF-002"
    assert [one["name"] for one in staff(folder, "sessions")["sessions"]] == ["Dee Example"]
    assert staff(folder, "sessions", "Dee Example", "--end", *BEN)["ended"] == 1
    assert staff(folder, "sessions", "Dee Example")["sessions"] == []
    assert staff(folder, "disable", "Dee Example", *BEN)["state"] == "disabled"
    assert states(folder)["Dee Example"] == "disabled"
    assert staff(folder, "enable", "Dee Example", *BEN)["state"] == "enabled"
    again = staff(folder, "reset", "Dee Example", *BEN)["code"]
    assert again != told["code"]
    rewrite(folder, "  - {name: Dee Example, role: staff, may: [consent]}\n", "")
    assert states(folder)["Dee Example"] == "not"
    assert staff(folder, "disable", "Dee Example", *BEN)["state"] == "disabled", "also of who has left"


def test_what_is_refused(folder: Path) -> None:
    assert refused(folder, "invite", "Dee Example", "--as", "Dee Example", code=4) == "HLD-006"
    assert refused(folder, "invite", "Dee Example", "--as", "dee example", code=4) == "APR-013"
    assert refused(folder, "invite", "Nobody", *BEN, code=2) == "STF-001"
    assert refused(folder, "invite", "dee example", *BEN, code=4) == "APR-013"
    assert refused(folder, "reset", "Dee Example", *BEN, code=2) == "STF-001"
    staff(folder, "invite", "Ben Example", *BEN)
    assert refused(folder, "reset", "Ben Example", *BEN, code=4) == "STF-003"
    assert refused(folder, "sessions", "Dee Example", "--end", code=4) == "HLD-006"


def test_the_code_is_told_once_and_stands_nowhere(folder: Path) -> None:
    done, out, err = called(["staff", "invite", "Dee Example", *BEN, "--site", str(folder)], folder, environment(None))
    assert (done, err) == (0, "")
    code = re.search(r"^code: (\S+)$", out, re.MULTILINE)
    assert code
    for place in folder.rglob("*"):
        if place.is_file():
            content = place.read_bytes()
            assert code[1].encode() not in content
            assert code[1].replace("-", "").encode() not in content


def test_the_doctor_looks_at_the_key_of_the_codes(folder: Path) -> None:
    from carrel.systems.site_check import site_checks
    from carrel.systems.site_file import load_site

    def told() -> tuple[str, str] | None:
        found = {one.name: one for one in site_checks(load_site(folder))}.get("key of staff's codes")
        return None if found is None else (found.state.value, found.detail)

    assert told() is None, "nobody has an account yet"
    with Store.open(folder) as store:
        from datetime import UTC, datetime

        at = datetime.now(UTC)
        store.staff_accounts.invite("Dee Example", "Ben Example", at)
        store.staff_accounts.choose("Dee Example", "a hash", bytes(20), at)
        key = store.staff_accounts.key_file
    assert told() == ("ok", "staff/key: only its owner can read it")
    key.chmod(0o644)
    assert told() == ("refused", "staff/key can be read by others")
    key.unlink()
    state = told()
    assert state is not None
    assert state[0] == "finding"


def test_a_reset_is_on_record_with_who_gave_it_and_no_working_day_is(folder: Path) -> None:
    from datetime import UTC, datetime

    assert staff(folder, "record")["changes"] == []
    staff(folder, "invite", "Dee Example", *BEN)
    staff(folder, "disable", "Dee Example", *BEN)
    assert staff(folder, "reset", "Dee Example", *BEN)["disabled"], "its code does not count yet"
    staff(folder, "invite", "Flo Example", "--as", "Ada Example")
    with Store.open(folder) as store:
        for act in ("signed in", "refused"):
            store.staff_accounts.note("Dee Example", act, "Dee Example", datetime.now(UTC))
        store.staff_accounts.note("", "code refused", "", datetime.now(UTC))
    told = [(one["name"], one["act"], one["by"]) for one in staff(folder, "record")["changes"]]
    assert told == [
        ("Flo Example", "invited", "Ada Example"), ("Dee Example", "reset", "Ben Example"),
        ("Dee Example", "disabled", "Ben Example"), ("Dee Example", "invited", "Ben Example"),
    ]  # fmt: skip
    assert len(staff(folder, "record", "Flo Example")["changes"]) == 1
    done, out, err = called(["staff", "reset", "Dee Example", *BEN, "--site", str(folder)], folder, environment(None))
    assert (done, err) == (0, "")
    assert "The account is disabled: the code counts only after 'carrel staff enable'." in out
    done, out, err = called(["staff", "record", "--site", str(folder)], folder, environment(None))
    assert (done, err) == (0, "")
    assert "Ben Example" in out
