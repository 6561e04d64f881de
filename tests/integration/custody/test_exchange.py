"""The whole exchange between a library and its custodian, and what the library's audit says of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

from carrel.accountability.bundle_archive import pack, unpack
from carrel.accountability.evidence_bundle import open_bundle
from carrel.accountability.plan_request import open_request
from tests.integration.custody.two_sites import changed, custody_leaves


def clause(site, name="WPL-2.5"):
    told = site.run("audit", "--json").told
    return next(one for one in told["clauses"] if one["clause"] == name)


def test_before_anything_was_asked_the_audit_is_red_and_the_custodian_plans_nothing(sites):
    assert clause(sites.library)["standing"] == "finding"
    request = sites.request()
    assert clause(sites.library)["standing"] == "cannot tell"
    told = sites.accept(request)["request"]
    plan = json.loads(sites.host.plan().read_text())
    assert (plan["request"], plan["basis"]["policy_digest"]) == (told["digest"], told["policy_digest"])
    assert custody_leaves(sites.library.folder) == [("requested", told["digest"])]
    assert custody_leaves(sites.host.folder) == [("accepted", told["digest"])]


def test_what_was_asked_is_done_and_the_library_proves_it_offline(done):
    bundle = done.mail / "evidence.tar"
    checked = done.check(bundle)
    assert [one["state"] for one in checked["runs"]] == ["verified there"]
    assert (checked["not_as_asked"], checked["holds"], checked["kept"]) == (0, True, True)
    assert checked["not_covered"]["koha"]
    done.host.assert_no_leak(bundle.read_bytes().decode("latin-1"))
    found = clause(done.library)
    assert found["standing"] == "carried out by the custodian"
    assert checked["carried_out"][:10] in found["evidence"]["says"]
    assert clause(done.library, "WPL-8.8")["standing"] == "cannot tell"  # what no rule of the policy carries out
    for verb in ("verify", "check"):
        assert done.library.ok(verb)["state"] == "carried out by the custodian"
    assert done.library.run("custodian", "show").code == 0
    page = done.mail / "audit.html"
    assert done.library.run("audit", "--html", page).code == 3
    assert "carried out by the custodian" in page.read_text().lower()
    # Anybody checks it with the two public keys and nothing else.
    keys = [part for who in ("library", "host") for part in (f"--{who}-key", done.keys[who].vkey)]
    alone = done.library.run("custodian", "check", bundle, *keys, "--json", site=False)
    assert (alone.code, alone.told["kept"], alone.told["digest"]) == (0, False, checked["digest"])
    # It is a plain tar.
    listed = subprocess.run(["tar", "tf", bundle], capture_output=True, text=True, check=True).stdout.split()
    assert {"manifest.note", "request.note", "checkpoint.note", "runs.json"} < set(listed)
    # A second check of the same bundle changes nothing.
    size = custody_leaves(done.library.folder)
    assert done.check(bundle)["digest"] == checked["digest"]
    assert custody_leaves(done.library.folder) == size
    assert (
        done.library.run(
            "ledger",
            "verify",
            done.library.folder / "ledger",
            "--key",
            done.library.folder / "keys" / "ledger.vkey",
            site=False,
        ).code
        == 0
    )


def test_the_next_bundle_follows_and_an_older_one_is_refused(done):
    first = done.mail / "evidence.tar"
    second = done.bundle(name="second.tar")
    done.library.refused("custodian", "check", second, code=5, error="CUS-012")  # the first was never seen
    done.check(first)
    done.check(second)
    told = done.library.ok("audit", code=3)
    assert told["counts"]["carried out by the custodian"] >= 1
    (
        done.library.folder / "custodian" / "bundles" / f"{open_bundle(first.read_bytes(), done.parties).digest}.tar"
    ).unlink()
    done.library.refused("custodian", "check", first, code=5, error="CUS-012")
    # The library lost what it kept: the custodian gives everything again.
    shutil.rmtree(done.library.folder / "custodian" / "bundles")
    third = done.bundle("--since", "0", name="third.tar")
    assert done.check(third)["leaves"]["since"] == 0


def test_a_system_of_the_hosts_that_was_never_run_is_named_and_nothing_reads_as_carried_out(done):
    first = done.mail / "evidence.tar"
    done.check(first)
    assert clause(done.library)["standing"] == "carried out by the custodian"
    host, system = done.host, "  - name: koha\n"
    dsn = host.secret("second.dsn", host.koha.url)
    more = f"  - {{name: second, map: koha, dsn_file: {dsn.name}, time_zone: America/New_York, mode: window}}\n"
    host.edit(system, more + system)
    second = done.bundle(name="second.tar")
    answer = done.library.run("custodian", "check", second)
    assert (answer.code, "Carried out by" in answer.out) == (0, False), answer.text
    assert "Not shown, a whole run that was asked for and verified there: second." in " ".join(answer.out.split())
    told = done.check(second)
    assert (told["carried_out"], told["no_whole_run_of"], told["newest"]) == (None, ["second"], True)
    found = clause(done.library)
    assert (found["standing"], "a whole run on second yet" in found["evidence"]["says"]) == ("cannot tell", True)
    shown = done.library.ok("custodian", "show", code=3)
    assert (shown["state"], shown["figures"]["no whole run shown of"]) == ("cannot tell", "second")
    # The bundle before holds still, and is not taken for the newest.
    again = done.library.run("custodian", "check", first)
    assert (again.code, "Kept before, and not the newest" in again.out) == (0, True)
    assert "Carried out by" not in again.out
    assert done.check(first)["newest"] is False


def test_a_byte_that_changed_on_the_way_is_told_and_nothing_is_kept(done):
    raw = (done.mail / "evidence.tar").read_bytes()
    files = unpack(raw)
    bad = done.mail / "bad.tar"
    changes = {
        "cut": raw[: len(raw) // 2],
        "figures": pack({**files, "runs.json": files["runs.json"].replace(b'"loans": ', b'"loans": 9')}),
        "one byte": raw[:40_000] + bytes([raw[40_000] ^ 1]) + raw[40_001:],
        "no tar": b"PK\x03\x04" + raw,
    }
    for what, content in changes.items():
        bad.write_bytes(content)
        answer = done.library.run("custodian", "check", bad)
        assert (answer.code, set(answer.codes) <= {"CUS-010", "CUS-011"}) == (5, True), (what, answer.text)
        assert not (done.library.folder / "custodian" / "bundles").exists()


def test_a_bundle_that_was_given_is_not_written_over(done):
    place = done.mail / "evidence.tar"
    before = place.read_bytes()
    again = done.host.ok("custodian", "bundle", "--out", place)  # nothing has run since: it is there already
    assert (place.read_bytes(), again["digest"], len(again["runs"])) == (
        before,
        open_bundle(before, done.parties).digest,
        1,
    )
    # What it does not tell is never told as it: another beginning, a newer request, leaves since.
    words = ("custodian", "bundle", "--out", place)
    assert done.host.ok(*words, "--since", str(again["since"]))["digest"] == again["digest"]
    done.host.refused(*words, "--since", str(again["since"] + 1), code=2, error="CUS-016")
    done.accept(done.request(name="again.note"))
    done.host.refused(*words, code=2, error="CUS-016")
    assert place.read_bytes() == before
    newer = done.bundle(name="newer.tar")
    assert open_bundle(newer.read_bytes(), done.parties).manifest.request != again["request"]
    done.host.refused(*words, code=2, error="CUS-016")  # a newer bundle was given
    assert done.host.ok("custodian", "bundle", "--out", newer)["file"] == str(newer)
    other = done.mail / "other.tar"
    other.write_bytes(b"not a bundle")
    done.host.refused("custodian", "bundle", "--out", other, code=2, error="CUS-016")
    assert other.read_bytes() == b"not a bundle"


def test_kept_evidence_that_is_changed_later_turns_the_audit_red(done):
    done.check(done.mail / "evidence.tar")
    [kept] = (done.library.folder / "custodian" / "bundles").iterdir()
    raw = bytearray(kept.read_bytes())
    raw[-5000] ^= 1
    kept.write_bytes(bytes(raw))
    found = clause(done.library)
    assert found["standing"] == "finding"
    assert "does not hold" in found["evidence"]["says"]


def test_the_audit_turns_red_when_the_next_bundle_is_overdue(done, monkeypatch):
    from click.testing import CliRunner

    from carrel.cli import premises
    from carrel.cli.main import cli

    done.check(done.mail / "evidence.tar")
    for days, standing in ((30, "carried out by the custodian"), (36, "finding")):
        later = datetime.now(UTC) + timedelta(days=days)
        monkeypatch.setattr(premises, "now", lambda later=later: later)
        told = CliRunner().invoke(cli, ["audit", "--site", str(done.library.folder), "--json"], standalone_mode=False)
        found = {one["clause"]: one for one in json.loads(told.stdout)["clauses"]}["WPL-2.5"]
        assert found["standing"] == standing
        night = CliRunner().invoke(
            cli, ["run-due", "--site", str(done.library.folder), "--json"], standalone_mode=False
        )
        late = standing == "finding"
        assert (night.return_value, json.loads(night.stdout)["findings"]) == ((3, ["CUS-018"]) if late else (0, []))
    assert "overdue" in found["evidence"]["says"]


def test_a_run_that_was_never_ended_does_not_read_as_verified(sites):
    """A run is interrupted, and a newer request comes in: the night ends that run, and the bundle tells it as it is."""
    from carrel.cli import plan_file, premises, run_opening

    host, first = sites.host, sites.request()
    sites.accept(first)
    place = host.approved()
    with premises.enter(host.folder, None, read_only=False) as here:
        plan = plan_file.read(here.store, place)
        here.store.leases.acquire("koha", "killed", timedelta(minutes=5), premises.now())
        run_opening.begin(here, plan, "killed")
        here.store.leases.release("koha", "killed", premises.now())
    issued = open_request(first.read_text(), sites.parties).issued_at
    sites.accept(changed(sites, first, "second.note", issued_at=issued + timedelta(seconds=30), nonce="2" * 32))
    assert host.ok("run-due", code=6)["systems"][0]["went"] == "waits for approval"
    told = sites.check(sites.bundle(), code=3)
    [run] = told["runs"]
    assert (run["state"], run["led_back"]) == ("applied, not verified", "not swept")
    assert (told["carried_out"], told["not_as_asked"]) == (None, 1)
    assert run["request"] == plan.request != told["request"]
    assert clause(sites.library)["standing"] == "finding"
    shown = sites.library.run("custodian", "show")
    assert shown.code == 3
    assert "verified" not in shown.out.replace("not verified", "")
