"""The site file: every fault at once with its line and column, nothing guessed, nothing relative left."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.inventory.consumer import NotUsed, Waiver
from carrel.inventory.site import NAME, May, Mode
from carrel.inventory.site_lines import copy_of, second_system
from carrel.inventory.undo_key import key_text, read_key_text
from carrel.ledger.key import Signer
from carrel.systems.site_file import json_schema, load_site, parse_site, system_map
from carrel.systems.site_systems import copy_for, system_of, system_or_copy

ADA = Signer.generate("library.example/staff/ada", bytes(range(32))).vkey
UNDO = key_text(bytes(range(32)))
GOOD = f"""\
format_version: 1
library: Example Public Library
policy: policy.yaml
folder: state
systems:
  - name: koha
    map: koha
    dsn_file: koha.dsn
    time_zone: America/New_York
    mode: window
    opening_hours:
      monday: ["09:00-12:00", "13:00-24:00"]
    blackout: [2026-12-24 to 2027-01-02]
    max_plan_age: 5 hours
    undo: 48 hours
    undo_key: {UNDO}
people:
  - {{name: Ada, role: director, public_key: {ADA}, may: [approve, hold]}}
  - {{name: Ben, role: systems librarian, may: [run]}}
consumers:
  delete_patrons.pl --not_borrowed_since: not used
  last seen: {{waived: {{by: Ada, reason: known, until: 2027-01-01}}}}
outside_copies:
  - folder: /srv/copies
  - mail: board@library.example
mail: {{host: mail.library.example, from: carrel@library.example, to: [ada@library.example]}}
"""


def test_a_site_is_read_and_its_paths_are_absolute(tmp_path):
    (tmp_path / "carrel.yaml").write_text(GOOD)
    site = load_site(tmp_path)
    assert site == load_site(tmp_path / "carrel.yaml")
    assert site.folder == tmp_path / "state"
    assert site.policy == str(tmp_path / "policy.yaml")
    system = system_of(site, None)
    assert system.dsn_file == tmp_path / "koha.dsn"
    assert (system.mode, system.undo, system.max_plan_age) == (Mode.WINDOW, timedelta(hours=48), timedelta(hours=5))
    assert [person.name for person in site.allowed(May.APPROVE)] == ["Ada"]
    assert site.declarations["delete_patrons.pl --not_borrowed_since"] == NotUsed()
    assert isinstance(site.declarations["last seen"], Waiver)
    assert site.mail is not None
    assert site.mail.sender == "carrel@library.example"
    assert system_map(system).system == "koha"


@pytest.mark.parametrize(
    ("local", "closed"),
    [
        ("2026-11-23 08:59", False),
        ("2026-11-23 09:00", True),
        ("2026-11-23 12:00", False),
        ("2026-11-23 23:59", True),
        ("2026-11-24 10:00", False),
        ("2026-12-24 03:00", True),
        ("2027-01-02 23:59", True),
        ("2027-01-03 03:00", False),
    ],
)
def test_when_nothing_may_run(local, closed):
    system = parse_site(GOOD, "carrel.yaml").systems[0]
    assert bool(system.closed_to_runs(datetime.fromisoformat(local))) is closed


def told(text):
    with pytest.raises(CarrelError) as error:
        parse_site(text, "carrel.yaml")
    return error.value


@pytest.mark.parametrize(
    ("old", "new", "at", "code"),
    [
        ("    time_zone: America/New_York\n", "", "carrel.yaml:6:5", "SIT-006"),
        ("America/New_York", "Mars/Olympus", "carrel.yaml:9:16", "SIT-006"),
        ("America/New_York", "EST", "carrel.yaml:9:16", "SIT-006"),
        ("mode: window", "mode: fast", "carrel.yaml:10:11", "SIT-001"),
        ("mode: window", "moode: window", "carrel.yaml:10:5", "SIT-001"),
        ("09:00-12:00", "9-12", "carrel.yaml:12:16", "SIT-001"),
        ("09:00-12:00", "12:00-09:00", "carrel.yaml:12:16", "SIT-001"),
        ("max_plan_age: 5 hours", "max_plan_age: 5", "carrel.yaml:14:19", "SIT-001"),
        ("dsn_file: koha.dsn", "dsn_env: A_B\n    dsn_file: koha.dsn", "carrel.yaml:6:5", "SIT-001"),
        ("name: Ben", "name: Ada", "carrel.yaml:19:", "SIT-001"),
        ("role: systems librarian,", f"role: staff, public_key: {ADA},", "carrel.yaml:19:", "SIT-001"),
        (ADA, "library.example/ada+1+2", "carrel.yaml:18:", "SIT-001"),
        (f"public_key: {ADA}, ", "", "carrel.yaml:18:", "SIT-001"),
        ("not used", "unused", "carrel.yaml:21:", "SIT-001"),
        ("by: Ada", "by: Eve", "carrel.yaml:22:", "SIT-001"),
        (f"    undo_key: {UNDO}\n", "", "carrel.yaml:15:11", "SIT-001"),
        (UNDO, UNDO[:-8], "carrel.yaml:16:15", "SIT-001"),
        (UNDO, UNDO.swapcase(), "carrel.yaml:16:15", "SIT-001"),
        ("undo: 48 hours", "undo: two days", "carrel.yaml:15:11", "SIT-001"),
        ("library: Example Public Library", "library: [", "carrel.yaml:", "SIT-001"),
        ("library: Example Public Library", 'library: "Example\\e[31m"', "carrel.yaml:2:10", "SIT-001"),
        ("name: Ben", 'name: "Ben\\u202E"', "carrel.yaml:19:12", "SIT-001"),
        ("reason: known", 'reason: "known\\u009B"', "carrel.yaml:22:", "SIT-001"),
    ],
)
def test_each_fault_is_told_where_it_stands(old, new, at, code):
    assert old in GOOD
    error = told(GOOD.replace(old, new, 1))
    assert code in {one.condition.code for one in error.faults}
    assert any(one.at.startswith(at) for one in error.faults), str(error)
    assert error.exit == 2


def test_every_fault_is_told_at_once():
    error = told(GOOD.replace("America/New_York", "Nowhere/Nope").replace("Ben", "Ada"))
    assert [one.condition.code for one in error.faults] == ["SIT-001", "SIT-006"]
    error = told(GOOD.replace("mode: window", "mode: fast").replace("max_plan_age: 5 hours", "max_plan_age: soon"))
    assert len(error.faults) == 2


def test_a_password_in_the_wrong_place_is_not_repeated():
    error = told(GOOD.replace("dsn_file: koha.dsn", "dsn: mariadb+pymysql://carrel:hunter2@db/koha"))
    assert "hunter2" not in str(error)


def test_no_file_and_no_such_system(tmp_path):
    with pytest.raises(CarrelError) as error:
        load_site(tmp_path)
    assert error.value.code == "SIT-002"
    with pytest.raises(CarrelError) as error:
        system_of(parse_site(GOOD, "carrel.yaml"), "evergreen")
    assert error.value.code == "SIT-007"
    assert "  - name: evergreen\n    map: koha\n    dsn_file: evergreen.dsn\n" in error.value.faults[0].fix


@given(st.text(max_size=50) | st.from_regex(NAME, fullmatch=True) | st.sampled_from(["true", "null", "1e5", "0x1"]))
def test_lines_for_a_further_system_can_always_be_pasted(name):
    site = parse_site(GOOD, "carrel.yaml")
    assume(site.system(name) is None)
    head, entry = second_system(site.systems[0], name).split("\n", 1)
    both = parse_site(GOOD.replace(f"{head}\n", f"{head}\n{entry}\n"), "carrel.yaml")
    assert len(both.systems) == len(site.systems) + 1
    assert both.systems[0].time_zone == site.systems[0].time_zone


COPY = """\
  - name: copy
    copy_of: koha
    map: koha
    dsn_file: copy.dsn
    time_zone: America/New_York
"""
TWO = GOOD.replace("people:\n", f"{COPY}people:\n", 1)


@pytest.mark.parametrize(
    ("old", "new", "at", "fix"),
    [
        ("copy_of: koha", "copy_of: evergreen", "18:14", "the name of one of the systems"),
        ("copy_of: koha", "copy_of: copy", "18:14", "no copy of itself"),
        (
            "copy_of: koha\n    map: koha",
            "copy_of: koha\n    map: other",
            "18:14",
            "the 'map' and the 'local_map' of koha",
        ),
        ("dsn_file: copy.dsn", "dsn_file: copy.dsn\n    local_map: maps/local.yaml", "18:14", "'local_map' of koha"),
        ("copy.dsn\n    time_zone: America/New_York", "copy.dsn\n    time_zone: Europe/Rome", "18:14", "New_York"),
        ("  - name: koha\n", "  - name: koha\n    copy_of: copy\n", "7:14", "that one is a copy too"),
        ("copy_of: koha", "copy_of: [koha]", "18:14", "write a text"),
    ],
)
def test_a_copy_is_one_of_a_system_and_like_it(old, new, at, fix):
    assert old in TWO
    found = told(TWO.replace(old, new, 1)).faults
    assert any(one.at == f"carrel.yaml:{at}" and fix in one.fix for one in found), found


def test_a_copy_is_no_system_of_the_site_but_for_what_only_looks():
    site = parse_site(TWO, "carrel.yaml")
    koha, copy = site.systems
    assert system_of(site, None) == system_or_copy(site, None) == koha
    assert system_or_copy(site, "copy") == copy
    assert (site.originals, site.original_of(copy), site.original_of(koha)) == ((koha,), koha, koha)
    with pytest.raises(CarrelError) as error:
        system_of(site, "copy")
    assert error.value.code == "SIT-010"
    assert "--rehearse-on copy" in error.value.faults[0].fix


@pytest.mark.parametrize(("name", "code"), [("koha", "SIT-011"), ("second", "SIT-007")])
def test_what_is_no_copy_of_the_plans_system_is_not_rehearsed_on(name, code):
    site = parse_site(TWO, "carrel.yaml")
    assert copy_for(site, "copy", "koha").name == "copy"
    with pytest.raises(CarrelError) as error:
        copy_for(site, name, "koha")
    assert error.value.code == code


@given(st.text(max_size=50) | st.from_regex(NAME, fullmatch=True))
def test_lines_for_a_copy_can_always_be_pasted(name):
    text = GOOD.replace("    map: koha\n", "    map: koha\n    local_map: maps/local.yaml\n")
    site = parse_site(text, "carrel.yaml")
    assume(site.system(name) is None)
    head, entry = copy_of(site.systems[0], name).split("\n", 1)
    both = parse_site(text.replace(f"{head}\n", f"{head}\n{entry}\n"), "carrel.yaml")
    assert both.systems[0].copy_of == "koha"
    assert both.systems[0].has_two_accounts == site.systems[0].has_two_accounts
    assert both.originals == site.systems


def test_editors_get_a_schema():
    schema = json_schema()
    assert "time_zone" in schema["$defs"]["System"]["required"]


@given(st.binary(min_size=32, max_size=32), st.data())
def test_the_line_of_an_undo_key_reads_back_and_a_slip_in_it_does_not(public, data):
    line = key_text(public)
    assert read_key_text(f" {line}\n") == public
    place = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.sampled_from("Aa0:+"))
    if other != line[place]:
        assert read_key_text(line[:place] + other + line[place + 1 :]) is None


@pytest.mark.parametrize("name", ["statistics", "old_issues", "charge", "accountlines", "last borrower"])
def test_a_bound_names_a_path_or_a_table(name):
    site = parse_site(
        GOOD.replace("    mode: window\n", f"    mode: window\n    bounds: {{{name}: 5}}\n"), "carrel.yaml"
    )
    assert site.systems[0].bounds == {name: 5}


@pytest.mark.parametrize(
    ("name", "meant"),
    [("statistic", "did you mean 'statistics'?"), ("Old_issues", "old_issues"), ("xyzzy", "carrel map show koha")],
)
def test_a_bound_for_something_else_is_told_with_its_place(name, meant):
    text = GOOD.replace("    mode: window\n", f"    mode: window\n    bounds:\n      charge: 5\n      {name}: 5\n")
    [fault] = told(text).faults
    assert (fault.condition.code, fault.at) == ("SIT-001", "carrel.yaml:13:7")
    assert meant in fault.fix


def test_a_bound_is_looked_for_in_the_sites_own_map_as_well(tmp_path):
    (tmp_path / "local.yaml").write_text("format_version: 1\nno_person: [plugin_lockers]\n")
    text = GOOD.replace(
        "    mode: window\n", "    mode: window\n    local_map: local.yaml\n    bounds: {charge: 5, lent: 5}\n"
    )
    (tmp_path / "carrel.yaml").write_text(text)
    with pytest.raises(CarrelError) as error:
        load_site(tmp_path)
    assert [one.found for one in error.value.faults] == ["'lent'"]


def test_folders_of_dumps_are_taken_from_the_folder_of_the_file(tmp_path):
    more = "    dumps: [{folder: spool, files: ['*.gz'], kept: 4 days}]\n    gateways: [Email]\n"
    (tmp_path / "carrel.yaml").write_text(GOOD.replace("    mode: window\n", f"    mode: window\n{more}"))
    [dumps] = load_site(tmp_path).systems[0].dumps
    assert (dumps.folder, dumps.kept) == (tmp_path / "spool", timedelta(days=4))


@pytest.mark.parametrize("files", ["['../*']", "[]"])
def test_patterns_of_dumps_stay_in_their_folder(files):
    text = GOOD.replace("    mode: window\n", f"    mode: window\n    dumps: [{{folder: spool, files: {files}}}]\n")
    [fault] = told(text).faults
    assert fault.condition.code == "SIT-001"
    assert "such as '*.sql.gz'" in fault.fix


def test_a_kind_of_record_that_no_policy_can_name_is_told():
    assert parse_site(f"{GOOD}records:\n  backups: not kept\n", "carrel.yaml").records == {"backups": "not kept"}
    [fault] = told(f"{GOOD}records:\n  backup: not kept\n").faults
    assert (fault.condition.code, fault.fix) == ("SIT-001", "did you mean 'backups'?")


def test_the_store_s_address_is_written_once_and_its_schema_is_the_site_s_own(tmp_path):
    text = GOOD + "store: {dsn_file: store.dsn, schema: elm}\n"
    (tmp_path / "carrel.yaml").write_text(text)
    store = load_site(tmp_path).store
    assert (store.dsn_file, store.tenant) == (tmp_path / "store.dsn", "elm")
    assert parse_site(GOOD + "store: {dsn_env: STORE}\n", "site").store.tenant == "carrel"
    for wrong in ("{}", "{dsn_file: a, dsn_env: B}", "{dsn_env: A, schema: public}", "{dsn_env: A, schema: 'x\"y'}"):
        with pytest.raises(CarrelError) as error:
            parse_site(f"{GOOD}store: {wrong}\n", "site")
        assert [one.condition.code for one in error.value.faults] == ["SIT-001"]
        assert error.value.faults[0].at.startswith("site:27")


FROM_THE_GRAMMAR = ("Input", "should be", "should have", "should match", "valid", "dictionary", "tuple", "Extra")


@pytest.mark.parametrize(
    ("lines", "at", "wanted", "found", "fix"),
    [
        ("branches: SYS1", "27:11", "a list", "another text", "write a list"),
        ("branches: [SYS1]", "27:12", "keys of its own", "another text", "keys of its own"),
        ("branches: [{unit: BR1}]", "27:12", "'policy:'", "none", "add 'policy:' here"),
        ("branches: [{unit: '', policy: a}]", "27:19", "at least 1 sign", "nothing", "at least 1 sign"),
        ("branches: [{unit: [BR1], policy: a}]", "27:19", "a text", "a list", "write a text"),
        (f"branches: [{{unit: {'x' * 121}, policy: a}}]", "27:19", "at most 120", "121 signs", "at most 120"),
        ("branches: [{unit: BR1, polcy: a}]", "27:24", "unit, policy, system", "'polcy'", "did you mean 'policy'?"),
        ("branches: [{unit: BR1, policy: a, system: 'X Y'}]", "27:43", "small letters", "another text", "write a name"),
        ("branches: [{unit: BR1, policy: a, system: ils}]", "27:43", "a system: koha", "'ils'", "write the name"),
        ("branches: [{unit: A, policy: a}, {unit: A, policy: b}]", "27:41", "once", "'A', named twice", "keep one"),
        ("store: [a]", "27:8", "keys of its own", "a list", "keys of its own"),
        ("store: {}", "27:8", "'dsn_file' or 'dsn_env'", "neither", "write 'dsn_file:'"),
        ("store: {dsn_file: a, dsn_env: B}", "27:8", "in one place", "both", "and not both"),
        ("store: {dsn: a}", "27:9", "dsn_file, dsn_env, schema", "'dsn'", "did you mean"),
        ("store: {dsn_file: [a]}", "27:19", "the path of a file", "a list", "write the path"),
        ("store: {dsn_env: A, schema: pg_x}", "27:29", "this site's records alone", "the server's own", "another one"),
        ("store: {dsn_env: A, schema: 'A B'}", "27:29", "the name of a schema", "another text", "small letters"),
    ],
)
def test_what_stands_wrong_is_told_in_the_words_of_the_file(lines, at, wanted, found, fix):
    faults = told(f"{GOOD}{lines}\n").faults
    one = next(one for one in faults if one.at == f"carrel.yaml:{at}")
    assert (wanted in one.wanted, found in one.found, fix in one.fix) == (True, True, True), one
    assert one.condition.code == "SIT-001"


@pytest.mark.parametrize(
    ("replica", "at", "wanted", "found"),
    [
        ("there", "11:14", "keys of its own", "another text"),
        ("{max_lag: 5 minutes}", "11:14", "'dsn_file' or 'dsn_env'", "neither"),
        ("{dsn_env: A, max_lag: soon}", "11:36", "a number and a unit", "another text"),
        ("{dsn_env: A, max_lag: [5]}", "11:36", "a number and a unit", "a list"),
        ("{dsn_env: A, lag: 5 minutes}", "11:27", "dsn_file, dsn_env, max_lag", "'lag'"),
    ],
)
def test_a_replica_that_cannot_be_meant_is_told_in_the_words_of_the_file(replica, at, wanted, found):
    [one] = told(GOOD.replace("    opening_hours:", f"    replica: {replica}\n    opening_hours:")).faults
    assert (one.at, wanted in one.wanted, found in one.found, bool(one.fix)) == (f"carrel.yaml:{at}", True, True, True)


PLACES = [
    "library", "policy", "folder", "store", "systems", "people", "consumers", "records", "outside_copies", "mail",
    "standing_approval", "archives", "custodian", "branches", "format_version",
]  # fmt: skip
IN_A_SYSTEM = [
    "name", "map", "dsn_file", "replica", "session_zone", "mode", "opening_hours", "blackout", "max_plan_age", "undo",
    "bounds", "sweep_sample", "counts", "dumps", "gateways",
]  # fmt: skip
ODD = st.sampled_from(
    ["", "~", "[]", "{}", "[[]]", "[{}]", "[x]", "{a: b}", "{a: {}}", "{a: []}", "true", "-1", "99999999999", "'!'"]
)


@given(st.sampled_from(PLACES) | st.sampled_from(IN_A_SYSTEM), ODD)
def test_no_fault_of_a_site_file_is_told_in_the_words_of_a_library(key, value):
    head = "library: L\npolicy: manhattan\n"
    system = "systems:\n  - {name: koha, map: koha, dsn_file: a, time_zone: UTC"
    if key in IN_A_SYSTEM:
        text = head + system.replace(f"{key}: koha, ", "").replace(f"{key}: a, ", "") + f", {key}: {value}" + "}\n"
    else:
        kept = [line for line in (*head.splitlines(), system + "}") if not line.startswith(f"{key}:")]
        text = "\n".join([*kept, f"{key}: {value}", ""])
    try:
        parse_site(text, "carrel.yaml")
    except CarrelError as wrong:
        for one in wrong.faults:
            assert one.at.startswith("carrel.yaml:")
            assert one.fix
            assert not [word for word in FROM_THE_GRAMMAR if word in one.wanted + one.found + one.fix], one


def test_a_policy_of_a_line_that_cannot_be_read_is_told_where_the_line_stands(tmp_path):
    from carrel.systems import branch_policies

    lines = "branches:\n  - {unit: A, policy: manhatten}\n  - {unit: B, policy: ./gone.yaml}\n"
    (tmp_path / "carrel.yaml").write_text(GOOD.replace("policy: policy.yaml", "policy: manhattan") + lines)
    site = load_site(tmp_path)
    with pytest.raises(CarrelError) as error:
        branch_policies.load(site, site.systems[0])
    place = tmp_path / "carrel.yaml"
    assert [(one.condition.code, one.at) for one in error.value.faults] == [
        ("POL-019", f"{place}:28:23"),
        ("POL-002", f"{place}:29:23"),
    ]
    assert all(one.fix for one in error.value.faults)
