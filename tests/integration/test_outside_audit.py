"""Logs, mail, files and backups that a site declares, in the audit and the night: each clause is broken on disk once."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from carrel.accountability.clause_standing import standing_of
from carrel.accountability.evidence import State
from carrel.accountability.facts import AuditFacts
from carrel.accountability.policy_facts import policy_facts
from carrel.accountability.registry import evidence_for
from carrel.cli.main import main
from carrel.systems import policy_files, site_file
from carrel.systems.outside_facts import outside_facts
from carrel.systems.outside_looking import look
from tests.docs import sample_site
from tests.unit.accountability.library import FACTS

NOW = datetime.now(UTC)
PURPOSE = {"mit-libraries": "improve", "worcester": "improve", "manhattan": "count use"}
MORE = """\
logs:
  - {{name: web, root: {at}/logs, patterns: ["*.log.*"], record: website visits, purpose: {purpose}, zone: UTC,
     format: ezproxy-session, keys: {at}/log-keys, counts: {at}/counts.json}}
{more}"""
WORCESTER = """\
  - {{name: tags, root: {at}/logs, patterns: ["tags.*"], record: rfid logs, purpose: improve, format: common}}
mailboxes:
  - {{name: desk, kind: maildir, place: {at}/mail, folders: [
      {{folder: INBOX, record: reference questions, purpose: provide}}]}}
folders:
  - {{name: bookings, root: {at}/bookings, patterns: ["*.csv"], record: computer bookings, purpose: provide,
     time: inside, zone: UTC, lines: true}}
backups:
  - {{name: nightly, tool: dump folder, place: {at}/dumps, files: ["*.sql"], systems: [koha]}}
"""
MANHATTAN = """\
mailboxes:
  - {{name: desk, kind: maildir, place: {at}/mail, folders: [
      {{folder: INBOX, record: correspondence, purpose: provide, until: made}}]}}
"""


def carrel(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([*map(str, words), "--json"])
    told = capsys.readouterr()
    assert "jane.doe" not in told.out + told.err
    return int(str(left.value.code)), json.loads(told.out)


def made(folder: Path, policy: str) -> Path:
    """A site on the tiny sample under a policy, with a scrubbed log, mail, bookings and a dump that are all in time."""
    more = {"worcester": WORCESTER, "manhattan": MANHATTAN}.get(policy, "").format(at=folder)
    sample_site.make(folder, MORE.format(at=folder, purpose=PURPOSE[policy], more=more))
    text = (folder / "carrel.yaml").read_text().replace("policy: mit-libraries", f"policy: {policy}")
    (folder / "carrel.yaml").write_text(text)
    for name in ("logs", "bookings", "dumps", "mail/cur", "mail/new", "mail/tmp"):
        (folder / name).mkdir(parents=True)
    write_log(folder / "logs/web.log.1", 0.1)
    (folder / "logs/tags.scrubbed").write_bytes(b"")
    letter(folder, 1)
    (folder / "bookings/b.csv").write_text(f"at,pc\n{NOW - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ},pc-1\n")
    (folder / "dumps/a.sql").write_bytes(b"dump")
    return folder


def write_log(path: Path, days: float, sessions: int = 30, user: str = "-") -> None:
    at = f"{NOW - timedelta(days=days):%d/%b/%Y:%H:%M:%S} +0000"
    line = '192.0.2.{n} s{n} {user} [{at}] "GET http://www.jstor.org/ HTTP/1.1" 200 12\n'
    path.write_text("".join(line.format(n=n, user=user, at=at) for n in range(1, sessions + 1)))


def letter(folder: Path, days: float, name: str = "1") -> Path:
    place = folder / "mail/cur" / f"{name}:2,RS"
    place.write_text(f"From: jane.doe@x.example\nDate: {format_datetime(NOW - timedelta(days=days))}\n\nDear desk\n")
    return place


def aged(path: Path, days: float) -> None:
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))


def facts_of(site: Path) -> AuditFacts:
    """What lies outside, read anew; the database of the audit is left out."""
    here = site_file.load_site(site)
    policy = policy_files.load(here.policy)
    now = datetime.now(UTC)
    return replace(
        FACTS, policy=policy_facts(policy), outside=outside_facts(here, policy, look(here, policy, now), now)
    )


def judged(site: Path) -> dict[str, str]:
    """The clauses by that."""
    facts = facts_of(site)
    return {one.id: standing_of(one, facts).standing.value for one in facts.policy.clauses}


def audited(site: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, str], list[str]]:
    _, told = carrel(capsys, "audit", "--system", "koha", "--site", site)
    return {one["clause"]: one["standing"] for one in told["clauses"]}, told["process"]


def test_what_mit_libraries_say_of_identifiers_and_addresses_is_read_from_the_logs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = made(tmp_path, "mit-libraries")
    assert carrel(capsys, "scrub", "--site", site)[0] == 0
    clauses = judged(site)
    assert (clauses["MITL-2.5"], clauses["MITL-7.1"]) == ("holds", "not yet")
    log = site / "logs/web.log.2"
    write_log(log, 0.2, user="jane.doe")  # one name in thirty sessions
    clauses, process = audited(site, capsys)
    assert clauses["MITL-2.5"] == "finding"
    assert process.count("log web: 1 identifier stands in two sessions") == 1
    write_log(log, 40)  # raw for longer than any policy lets it
    clauses = judged(site)
    assert (clauses["MITL-2.5"], clauses["MITL-7.1"]) == ("finding", "finding")
    log.unlink()
    today = datetime.now().astimezone().date()
    (site / "log-keys" / f"{today - timedelta(days=4)}.key").write_bytes(bytes(32))
    assert judged(site)["MITL-2.5"] == "finding"
    (site / "logs").rename(site / "gone")
    assert judged(site)["MITL-2.5"] == "finding", "the key is there still"
    (site / "log-keys" / f"{today - timedelta(days=4)}.key").unlink()
    assert judged(site)["MITL-2.5"] == "cannot tell"


def test_gate_counts_that_tell_of_persons_go_against_what_mit_libraries_say(tmp_path: Path) -> None:
    site = made(tmp_path, "mit-libraries")
    assert judged(site)["MITL-2.7"] == "not yet"
    place = site / "gates"
    place.mkdir()
    entry = (
        f"{{name: gates, root: {place}, patterns: ['*.csv'], record: gate counts, purpose: improve, aggregate: true}}"
    )
    with (site / "carrel.yaml").open("a") as file:
        file.write(f"tables:\n  - {entry}\n")
    hours = "".join(f"2026-11-{day:02},{hour},{day * hour}\n" for day in range(1, 26) for hour in range(8, 20))
    (place / "november.csv").write_text(f"day,hour,count\n{hours}")
    assert judged(site)["MITL-2.7"] == "not yet"
    told = evidence_for("MITL-2.7", facts_of(site))
    assert told is not None
    assert told.state is State.HOLDS
    (place / "december.csv").write_text("day,hour,card,count\n2026-12-01,8,29341000123456,1\n")
    told = evidence_for("MITL-2.7", facts_of(site))  # files of two shapes cannot be judged as one
    assert told is not None
    assert told.state is State.CANNOT_TELL
    (place / "november.csv").unlink()
    assert judged(site)["MITL-2.7"] == "finding"


def test_what_worcester_says_of_mail_files_logs_and_backups_is_read_from_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = made(tmp_path, "worcester")
    carrel(capsys, "scrub", "--site", site, "--log", "web")
    clauses = judged(site)
    in_part = ("WPL-4.2", "WPL-5.1", "WPL-5.2", "WPL-8.3", "WPL-8.7")
    assert {clauses[one] for one in in_part} == {"not yet"}
    assert clauses["WPL-6.1"] == "holds"
    told = evidence_for("WPL-8.3", facts_of(site))
    assert told is not None
    assert (told.state, "what vendors collect" in told.partly) == (State.HOLDS, True), "a part that holds"
    old = f"at,pc\n{NOW - timedelta(hours=80):%Y-%m-%dT%H:%M:%SZ},pc-1\n"
    (site / "bookings/b.csv").write_text(old)  # 48 hours, and the day that a plan may take
    (site / "dumps/old.sql").write_bytes(b"dump")
    aged(site / "dumps/old.sql", 40)
    (site / "logs/tags.1").write_text(
        f'10.0.0.1 - 1234 [{NOW - timedelta(days=3):%d/%b/%Y:%H:%M:%S} +0000] "GET / HTTP/1.1" 200 1\n' * 30
    )
    clauses, process = audited(site, capsys)
    assert {clauses[one] for one in in_part} == {"finding"}
    assert any(line.startswith("backup nightly: 1 copy is older") for line in process)
    edit(site, "record: reference questions, purpose: provide", "record: reference questions, purpose: improve")
    assert judged(site)["WPL-6.1"] == "finding"


def edit(site: Path, before: str, after: str) -> None:
    text = (site / "carrel.yaml").read_text()
    assert before in text
    (site / "carrel.yaml").write_text(text.replace(before, after))


def test_what_manhattan_says_of_mail_and_of_its_website_is_read_from_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = made(tmp_path, "manhattan")
    carrel(capsys, "scrub", "--site", site)
    clauses, process = audited(site, capsys)
    assert (clauses["MPL-8"], clauses["MPL-9"]) == ("holds", "holds"), process
    late = letter(site, 100, "2")
    write_log(site / "logs/web.log.2", 3)  # its lines go the next night
    clauses = judged(site)
    assert (clauses["MPL-8"], clauses["MPL-9"]) == ("finding", "finding")
    late.unlink()
    carrel(capsys, "scrub", "--site", site)
    assert judged(site)["MPL-9"] == "holds"
    (site / "counts.json").unlink()
    assert judged(site)["MPL-9"] == "finding"


def test_the_night_tells_what_lies_outside_destroys_keys_and_deletes_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = made(tmp_path, "manhattan")
    carrel(capsys, "scrub", "--site", site)
    late = letter(site, 100, "2")
    write_log(site / "logs/web.log.2", 3)
    raw = (site / "logs/web.log.2").read_bytes()
    day = datetime.now().astimezone().date() - timedelta(days=2)
    key = site / "log-keys" / f"{day}.key"
    key.write_bytes(bytes(32))
    near = key.with_name(f"{day + timedelta(days=1)}.key")  # of a log that may be written still
    near.write_bytes(bytes(32))
    link = key.with_name(f"{day - timedelta(days=9)}.key")
    link.symlink_to(near)
    (site / "released").mkdir(mode=0o700)
    due, stands = (site / "released" / f"loans.{period}.kept0.key" for period in ("2026-01", f"{NOW:%Y-%m}"))
    for one in (due, stands):
        one.write_bytes(bytes(32))
    text = (site / "carrel.yaml").read_text()
    (site / "carrel.yaml").write_text(f"{text}pseudonym_keys: [released, nowhere]\n")
    _, night = carrel(capsys, "run-due", "--site", site)
    assert (night["period_keys_destroyed"], due.exists(), stands.exists()) == (["loans 2026-01"], False, True)
    assert "REC-010" in night["findings"], "one folder is not there"
    assert night["day_keys_destroyed"] == [day.isoformat()]
    assert "LOG-017" in night["findings"]
    link.unlink()
    assert near.read_bytes() == bytes(32)
    assert not key.exists()
    assert night["outside"]["past_their_time"] == {"mailbox desk, INBOX": 1, "log web": 1}
    assert any("1 message is older than the policy allows" in line for line in night["outside"]["findings"])
    assert "CLR-008" in night["findings"]
    assert (late.exists(), (site / "logs/web.log.2").read_bytes()) == (True, raw), "nobody approved a plan"
    health = json.loads((site / "health/health.json").read_text())
    assert {"place": "log web", "overdue": 1} in health["outside"]
    assert "CLR-008" in health["systems"][0]["findings"]
    assert 'carrel_outside_overdue{place="log web"} 1' in (site / "health/carrel.prom").read_text()
    for verb in ("check", "doctor"):
        words = ["--system", "koha"] if verb == "check" else []
        _, told = carrel(capsys, verb, "--site", site, *words)
        checks = {one["name"]: one for one in told["checks"]}
        assert "1 raw log holds lines older than the policy allows" in checks["log web"]["detail"]
        assert checks["mailbox desk"]["state"] == "finding"
