"""Log services as an audit is told of them: each kind of record by its own indices, and one bad folder ends nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from carrel.accountability.attestation import Attestation, sign_attestation
from carrel.accountability.count_report import RecordCount
from carrel.accountability.log_services import LogFacts
from carrel.cli.signed_services import log_facts, signed_checks, signed_services
from carrel.inventory.log_service import FoundIndex, LogService
from carrel.inventory.site import Site
from carrel.ledger.note import Signer
from carrel.policy.duration import Duration
from carrel.policy.schedule import Disposition, Period, RecordEvent, RecordRule
from carrel.retention.clearing import Standing, Tally
from carrel.store.attestation_folder import AttestationFolder
from carrel.systems.check import State
from carrel.systems.log_services.surroundings import Around
from carrel.systems.outside_looking import Seen, SeenPart
from carrel.systems.policy_files import load
from carrel.systems.site_file import load_site

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
POLICY = load("mit-libraries")
IDA = Signer.generate("elm.example/ida", bytes(range(32)))
SITE = f"""\
library: Elm Library
policy: mit-libraries
systems:
  - {{name: koha, map: koha, dsn_file: koha.dsn, time_zone: America/New_York, mode: window}}
people:
  - {{name: Ida, role: privacy officer, may: [audit], public_key: '{IDA.vkey}'}}
"""
MIXED = (
    "log_services:\n"
    "  - name: vendor\n"
    "    interface: elasticsearch\n"
    "    url: https://logs.example\n"
    "    api_key_file: logs.dsn\n"
    "    indices:\n"
    "      - {index: 'web-*', record: access logs, purpose: improve, until: sent}\n"
    "      - {index: 'door-*', record: door records, purpose: improve, until: sent}\n"
)


def site(folder: Path, more: str) -> Site:
    (folder / "carrel.yaml").write_text(SITE + more)
    return load_site(folder)


def seen(service: LogService, *parts: tuple[str, str, int], wrong: tuple[str, ...] = ()) -> Seen:
    """A service with indices: the kind of record, the name, the days that its rule keeps; each has 5 events past them."""
    found = []
    for record, name, days in parts:
        rule = RecordRule("r", (), RecordEvent.SENT, (Period(Duration.parse(f"{days} days"), date(2026, 1, 1)),),
                          Disposition.DELETE)  # fmt: skip
        index = FoundIndex(record=record, purpose="improve", index=name, found=name, uuid=name)
        late = 5 if record == "door records" else 0
        found.append(SeenPart(name, index, rule, Tally(stands=Counter({Standing.DUE: late}), overdue=late)))
    return Seen(service, tuple(found), None, Around(wrong))


def test_in_a_service_with_several_kinds_of_record_each_is_judged_by_its_own_indices(tmp_path: Path) -> None:
    here = site(tmp_path, MIXED)
    [service] = here.log_services
    lines = ("door-1: no lifecycle deletes it", "door-1 is closed: nobody can look into it", "'door-*' names no index")
    looked = seen(service, ("access logs", "web-1", 14), ("door records", "door-1", 90), wrong=lines)
    facts = log_facts(here, POLICY, [looked], NOW)
    assert facts is not None
    web, doors = facts.of(frozenset({"access logs"})), facts.of(frozenset({"door records"}))

    def told(one: LogFacts) -> list[tuple[float, int, int]]:
        return [(line.longest_days, line.late, line.wrong) for line in one.looked]

    assert (told(web), told(doors)) == ([(14.0, 0, 0)], [(90.0, 5, 3)])
    assert (facts.count, facts.names) == (1, ("vendor",))
    # What names no index, or several, speaks of every kind of record.
    looked = seen(service, ("access logs", "web-1", 14), wrong=("door-1 and 2 further indices: no lifecycle",))
    facts = log_facts(here, POLICY, [looked], NOW)
    assert facts is not None
    assert sum(one.wrong for one in facts.of(frozenset({"access logs"})).looked) == 1
    assert facts.further == ["log services: 1 further finding"]


SIGNED = "log_services:\n" + "".join(
    f"  - {{name: {name}, interface: none, attested_by: Ida, indices: "
    "[{record: access logs, purpose: improve, until: sent}]}\n"
    for name in ("campus-it", "other")
)


def keep(folder: Path, as_of: date, overdue: int, minute: int, service: str = "campus-it") -> None:
    """Ida signs for a count."""
    signed_at = datetime(2026, 11, 26, 11, minute, tzinfo=UTC)
    made = Attestation("Elm Library", service, POLICY.name, POLICY.digest, "Ida", "privacy officer", "5" * 64, 1,
                       (RecordCount("access logs", overdue, None, None, as_of, 0),), signed_at,
                       signed_at + timedelta(days=20))  # fmt: skip
    AttestationFolder(folder, service).keep(made.digest, sign_attestation(made, IDA))


def test_an_older_count_that_is_signed_later_does_not_hide_a_newer_one(tmp_path: Path) -> None:
    here = site(tmp_path, SIGNED)
    keep(tmp_path, date(2026, 11, 1), 0, 1)
    assert [one.wrong for one in signed_services(here, POLICY, NOW)] == ["", "Ida has not signed for it yet"]
    keep(tmp_path, date(2026, 11, 25), 7, 2)
    keep(tmp_path, date(2026, 11, 2), 0, 3)
    assert "7 records are past their period" in signed_services(here, POLICY, NOW)[0].wrong
    keep(tmp_path, date(2026, 11, 25), 0, 4)  # of the same day: what was signed last
    assert signed_services(here, POLICY, NOW)[0].wrong == ""


def test_a_folder_that_cannot_be_read_is_told_of_its_service_and_the_others_are_judged(tmp_path: Path) -> None:
    here = site(tmp_path, SIGNED)
    keep(tmp_path, date(2026, 11, 25), 0, 1, "other")
    (tmp_path / "log-services" / "campus-it").symlink_to("campus-it")
    first, second = signed_services(here, POLICY, NOW)
    assert (first.wrong, second.wrong) == ("what was signed for it cannot be read (CUS-016)", "")
    checks = signed_checks(here, POLICY, NOW)
    assert [one.state for one in checks] == [State.FINDING, State.OK]
    assert "CUS-016" in checks[0].detail


def test_a_text_of_figures_that_are_none_is_refused(tmp_path: Path) -> None:
    here = site(tmp_path, SIGNED)
    keep(tmp_path, date(2026, 11, 25), 0, 1)
    [place] = (tmp_path / "log-services" / "campus-it").glob("*.note")
    for value in ('"seven"', "null", "[]", "-1", "true"):
        place.write_text(place.read_text().replace('"overdue": 0', f'"overdue": {value}'))
        assert "a file there does not hold (CUS-015)" in signed_services(here, POLICY, NOW)[0].wrong, value
        place.write_text(place.read_text().replace(f'"overdue": {value}', '"overdue": 0'))
