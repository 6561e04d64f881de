"""The nightly run as a timer calls it: with approval and without, twice, interrupted, in opening hours, in trouble."""

from __future__ import annotations

import json
import socket
import warnings
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

from carrel.ledger.leaf import decode_leaf
from carrel.store.ledger_folder import LedgerFolder
from tests.integration import nightly_site

MAIL = (
    "mail:\n  host: 127.0.0.1\n  port: {}\n  encryption: none\n  from: carrel@elm.example\n  to: [head@elm.example]\n"
)


class Inbox:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  (aiosmtpd's name)
        self.mails.append((message_from_bytes(envelope.content, policy=policy.default), list(envelope.rcpt_tos)))
        return "250 taken"

    def subjects(self):
        return [mail["Subject"] for mail, _ in self.mails]


@pytest.fixture
def inbox():
    """A real mail server on loopback."""
    box = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


def linked(koha):
    [(count,)] = koha.rows(
        f"SELECT count(*) FROM old_issues WHERE borrowernumber IS NOT NULL AND borrowernumber <> {koha.sample.anonymous_patron}"
    )
    return count


def runs_told(site):
    """The leaves of runs in the ledger, oldest first."""
    ledger = LedgerFolder(site.folder / "ledger")
    leaves = [decode_leaf(entry) for entry in ledger.entries()] if (ledger.path / "checkpoint").exists() else []
    return [leaf.fields for leaf in leaves if leaf.kind == "run"]


def health(site):
    return json.loads((site.folder / "health" / "health.json").read_text())


def approved_night(site):
    """A first night that waits, its approval, and nights until the first run has gone through all its stages."""
    site.ok("run-due", code=6)
    pending = site.folder / "pending-plan-koha.json"
    for _ in range(8):
        site.approve(pending, "--waive-rehearsal", "this library is invented")
        told = site.ok("run-due")
        if not health(site)["overdue_rows"]:
            return told
        site.ok("run-due", code=6)
    raise AssertionError("the first run does not end")


def test_without_approval_nothing_is_changed_and_the_people_are_told(koha, tmp_path, inbox):
    site = nightly_site.make(tmp_path, koha, more=MAIL.format(inbox.port))
    before = linked(koha)
    told = site.ok("run-due", code=6)
    assert linked(koha) == before
    [system] = told["systems"]
    assert system["went"] == "waits for approval"
    assert any("first run" in line for line in system["why"])
    assert runs_told(site) == [], "the ledger is told who may act, and of no run"
    assert json.loads((tmp_path / "pending-plan-koha.json").read_text())["digest"] == system["pending_plan"]
    assert inbox.subjects() == ["[Carrel] Elm Library: a plan for koha waits for approval"]
    seen = health(site)
    assert (seen["state"], seen["plans_awaiting_approval"]) == ("attention", 1)
    assert seen["overdue_rows"] > 1000
    assert seen["last_verified_night"] is None
    assert 'carrel_plans_awaiting_approval{system="koha"} 1' in (tmp_path / "health" / "carrel.prom").read_text()


@pytest.mark.slow
@pytest.mark.whole_run
def test_approved_it_runs_and_a_second_call_finds_nothing_to_do(koha, tmp_path, inbox):
    outside = tmp_path / "outside"
    more = f"outside_copies:\n  - folder: {outside}\n  - mail: board@elm.example\n" + MAIL.format(inbox.port)
    site = nightly_site.make(tmp_path, koha, more=more)
    told = approved_night(site)
    assert told["findings"] == []
    assert told["ledger"]["size"] % 64 == 0
    assert linked(koha) < 400
    seen = health(site)
    assert (seen["state"], seen["overdue_rows"], seen["plans_awaiting_approval"]) == ("ok", 0, 0)
    assert not (tmp_path / "pending-plan-koha.json").exists()
    copies = list((outside / "checkpoints").glob("*.note"))
    checkpoint = (tmp_path / "ledger" / "checkpoint").read_text()
    assert checkpoint in [copy.read_text() for copy in copies]
    board = [mail for mail, to in inbox.mails if to == ["board@elm.example"]]
    assert checkpoint in board[-1].get_content().replace("\r\n", "\n")

    [page] = (tmp_path / "reports").glob("night-*-koha.html")
    assert page.stat().st_mode & 0o777 == 0o600
    assert "parted from the reader" in page.read_text()

    size, again = told["ledger"]["size"], site.ok("run-due")
    assert [one["went"] for one in again["systems"]] == ["nothing due, and verified already"]
    assert again["ledger"] is None
    assert int((tmp_path / "ledger" / "checkpoint").read_text().splitlines()[1]) == size


@pytest.mark.slow
@pytest.mark.deep
def test_what_becomes_due_later_waits_only_for_a_standing_approval(koha_sqlite, tmp_path):
    site = nightly_site.make(tmp_path, koha_sqlite)
    approved_night(site)
    stand_in = koha_sqlite.sample.anonymous_patron
    site.sql(
        "UPDATE old_issues SET borrowernumber = (SELECT min(borrowernumber) FROM borrowers WHERE privacy <> 0), "
        "issuedate = '2026-08-01 10:00:00', returndate = '2026-08-09 10:00:00' WHERE issue_id = "
        f"(SELECT min(issue_id) FROM old_issues WHERE borrowernumber = {stand_in})"
    )
    assert site.ok("run-due", code=6)["systems"][0]["why"] == ["no standing approval covers tonight"]
    assert health(site)["overdue_rows"] > 0
    site.approve(tmp_path / "pending-plan-koha.json", "--standing")
    [night] = site.ok("run-due")["systems"]
    assert sum(run["loans"] for run in night["runs"]) == 1
    assert health(site)["state"] == "ok"


@pytest.mark.parametrize(
    ("system", "why"),
    [
        ("    blackout: ['{today}']\n", "blackout day"),
        ("    opening_hours: {{{weekday}: ['00:00-24:00']}}\n", "the desk is open"),
    ],
)
def test_it_keeps_opening_hours_and_blackout_days(koha_sqlite, tmp_path, system, why):
    now = datetime.now(UTC).astimezone(nightly_site.zone_of(koha_sqlite))
    lines = system.format(today=now.date(), weekday=now.strftime("%A").lower())
    site = nightly_site.make(tmp_path, koha_sqlite, system=lines)
    before = linked(koha_sqlite)
    [night] = site.ok("run-due")["systems"]
    assert night["went"] == "not run at this time"
    assert why in night["why"][0]
    assert linked(koha_sqlite) == before
    assert health(site)["overdue_rows"] > 1000


def test_a_database_that_is_gone_is_told_and_leaves_no_clean_health(koha_sqlite, tmp_path, inbox):
    site = nightly_site.make(tmp_path, koha_sqlite, more=MAIL.format(inbox.port))
    (tmp_path / "koha.dsn").write_text(f"sqlite:///{tmp_path}/nothing-here.db\n")
    result = site.run("run-due", "--json")
    assert result.return_value == 1
    [night] = json.loads(result.stdout)["systems"]
    assert night["went"] == "failed"
    assert night["codes"]
    [(mail, _)] = inbox.mails
    assert "failed on koha" in mail["Subject"]
    assert night["codes"][0] in mail.get_content()
    seen = health(site)
    assert (seen["state"], seen["overdue_rows"]) == ("failed", None)


def test_what_is_past_its_time_outside_is_mailed_once_and_again_when_another_place_is(koha_sqlite, tmp_path, inbox):
    logs = f"logs:\n  - {{name: web, root: {tmp_path}/w, patterns: ['*.1'], record: access logs, purpose: improve}}\n"
    logs += f"  - {{name: opac, root: {tmp_path}/o, patterns: ['*.1'], record: access logs, purpose: improve}}\n"
    site = nightly_site.make(tmp_path, koha_sqlite, more=MAIL.format(inbox.port) + logs)
    (tmp_path / "koha.dsn").write_text(f"sqlite:///{tmp_path}/nothing-here.db\n")  # the nights themselves fail at once
    line = '10.0.0.1 - ishmael [01/Feb/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5\n'
    for name in ("w", "o"):
        (tmp_path / name).mkdir()
    (tmp_path / "w" / "a.1").write_text(line * 30)

    def told():
        site.run("run-due")
        return [mail.get_content() for mail, _ in inbox.mails if "outside the databases" in mail["Subject"]]

    [once] = told()
    assert "log web:" in once
    assert "1 past their time" in once
    assert "ishmael" not in once
    assert told() == [once], "nobody needs the same line every night"
    (tmp_path / "o" / "a.1").write_text(line * 30)
    assert len(told()) == 2


def test_a_dead_mail_server_is_a_finding_and_fails_nothing(koha_sqlite, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    site = nightly_site.make(tmp_path, koha_sqlite, more=MAIL.format(port))
    told = site.ok("run-due", code=6)
    assert told["findings"] == ["ACC-002"]
    assert health(site)["systems"][0]["findings"] == ["ACC-002"]


@pytest.mark.slow
def test_an_interrupted_run_is_gone_on_with_first(koha_sqlite, tmp_path):
    from carrel.cli import plan_file, premises, run_opening

    site = nightly_site.make(tmp_path, koha_sqlite)
    site.ok("run-due", code=6)
    pending = tmp_path / "pending-plan-koha.json"
    site.approve(pending, "--waive-rehearsal", "this library is invented")
    with premises.enter(tmp_path, None, read_only=False) as here:
        plan = plan_file.read(here.store, pending)
        here.store.leases.acquire("koha", "killed", timedelta(minutes=5), premises.now())
        killed, _ = run_opening.begin(here, plan, "killed")
        here.store.leases.release("koha", "killed", premises.now())
    # The interrupted stage is ended first; the next stage of a first run waits for a person again.
    [done] = site.ok("run-due", code=6)["systems"]
    assert [run["id"] for run in done["runs"]] == [killed.id]
    assert done["runs"][0]["loans"] == 1000
    with site.store as store:
        assert store.runs.get(killed.id).state == "finished"


def test_a_stale_interrupted_run_is_ended_and_a_new_plan_made(koha_sqlite, tmp_path):
    from carrel.cli import plan_file, premises, run_opening

    site = nightly_site.make(tmp_path, koha_sqlite)
    site.ok("run-due", code=6)
    pending = tmp_path / "pending-plan-koha.json"
    site.approve(pending, "--waive-rehearsal", "this library is invented")
    with premises.enter(tmp_path, None, read_only=False) as here:
        plan = plan_file.read(here.store, pending)
        here.store.leases.acquire("koha", "killed", timedelta(minutes=5), premises.now())
        killed, _ = run_opening.begin(here, plan, "killed")
        here.store.leases.release("koha", "killed", premises.now())
    site.sql("CREATE INDEX a_new_index ON old_issues (note)", "ALTER TABLE old_issues ADD COLUMN local_flag int")
    assert site.ok("run-due", code=6)["systems"][0]["went"] == "waits for approval"
    with site.store as store:
        run = store.runs.get(killed.id)
        assert run.state == "abandoned"
    [leaf] = runs_told(site)
    assert (leaf["outcome"], leaf["reason"], leaf["applied"]) == ("unverified", "abandoned", 0)
    assert leaf["plan_digest"] == run.plan_digest


@pytest.mark.slow
@pytest.mark.deep
def test_what_a_killed_run_owed_the_ledger_is_told_by_the_next_call_with_nothing_else_to_do(koha_sqlite, tmp_path):
    from carrel.cli import night, premises

    site = nightly_site.make(tmp_path, koha_sqlite)
    approved_night(site)
    before = len(runs_told(site))
    place = site.plan()
    site.approve(place)
    with premises.enter(tmp_path, None, read_only=False) as here:
        report = night.run_plan(here, here.store.plans.check(json.loads(place.read_text()), "plan.json"))
        # The process ends here: the run has, and the ledger was told nothing.
        assert here.store.runs.get(report.run).state == "finished"
        assert here.store.owed.count() == 3
    assert len(runs_told(site)) == before
    assert "3 leaves of earlier runs wait" in site.run("doctor").output
    told = site.ok("run-due")
    assert [one["went"] for one in told["systems"]] == ["nothing due, and verified already"]
    assert told["ledger"]["size"] % 64 == 0
    assert len(runs_told(site)) == before + 1
    with site.store as store:
        assert store.owed.count() == 0
    assert site.ok("run-due")["ledger"] is None
    with site.store as store:
        store.signals.stop("Ada", premises.now())
    [stopped] = site.ok("run-due")["systems"]
    assert stopped["went"] == "nothing due, and verified already"
    assert "a stop stands" in stopped["why"][0]


def test_a_ledger_that_cannot_grow_keeps_nothing_from_being_told_later(koha_sqlite, tmp_path):
    site = nightly_site.make(tmp_path, koha_sqlite)
    site.ok("run-due", code=6)
    pending = tmp_path / "pending-plan-koha.json"
    site.approve(pending, "--waive-rehearsal", "this library is invented")
    (tmp_path / "ledger").rename(tmp_path / "away")
    (tmp_path / "ledger").write_text("a file stands in the way")
    refused = site.refused("apply", pending)
    assert refused.code == "LED-021"
    assert "the run is recorded" in refused.faults[0].changed
    (tmp_path / "ledger").unlink()
    (tmp_path / "away").rename(tmp_path / "ledger")
    site.approve(site.plan())
    site.ok("apply", tmp_path / "plan.json")
    assert [leaf["stage"] for leaf in runs_told(site)] == ["thousand", "rest"]


def test_another_run_is_left_alone(koha_sqlite, tmp_path):
    from carrel.cli import premises

    site = nightly_site.make(tmp_path, koha_sqlite)
    site.ok("run-due", code=6)
    site.approve(tmp_path / "pending-plan-koha.json", "--waive-rehearsal", "this library is invented")
    (tmp_path / "health" / "health.json").unlink()
    before = linked(koha_sqlite)
    with site.store as store:
        store.leases.acquire("koha", "another", timedelta(minutes=5), premises.now())
        told = site.ok("run-due", code=4)
    assert told["systems"][0]["went"] == "another run holds the system"
    assert told["health"] is None
    assert not (tmp_path / "health" / "health.json").exists()
    assert linked(koha_sqlite) == before


def test_nothing_of_a_patron_stands_in_what_a_night_writes(koha_sqlite, tmp_path, inbox):
    site = nightly_site.make(tmp_path, koha_sqlite, more=MAIL.format(inbox.port))
    site.run("run-due")
    names = {
        str(name)
        for row in koha_sqlite.rows("SELECT cardnumber, surname, email FROM borrowers")
        for name in row
        if name and len(str(name)) > 5
    }
    texts = [path.read_text() for path in [*(tmp_path / "health").iterdir(), tmp_path / "pending-plan-koha.json"]]
    texts += [mail.get_content() for mail, _ in inbox.mails]
    assert len(texts) == 4
    assert [name for name in names for text in texts if name in text] == []
