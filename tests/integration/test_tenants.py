"""Many tenants on one host: each night by itself, whatever becomes of the others."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from carrel.cli import tenant_process, tenants
from carrel.cli.main import cli
from carrel.errors import CarrelError, Exit
from carrel.inventory.tenant import clashes
from carrel.store.store import FILE, Store
from carrel.systems import site_file, tenant_files
from tests.docs import sample_site
from tests.integration.run import library

LIMIT = timedelta(minutes=3)


def called(*words: object):
    done = CliRunner().invoke(cli, [*map(str, words), "--json"], standalone_mode=False)
    assert done.exception is None, (done.exception, done.output)
    return done.return_value, {one["tenant"]: one for one in json.loads(done.stdout)["tenants"]}


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "tenants"
    folder.mkdir()
    return folder


def tenant(root: Path, name: str, more: str = "") -> Path:
    (root / name).mkdir()
    return sample_site.make(root / name, more=more)


@pytest.fixture
def silent():
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def hang(site: Path, port: int) -> None:
    (site / "koha.dsn").write_text(f"mariadb+pymysql://carrel:a-secret-word@127.0.0.1:{port}/koha\n")


def kill_when_it_runs(site: Path) -> threading.Thread:
    """Kill the tenant's process, and no other, as soon as it is there."""

    def watch() -> None:
        for _ in range(600):
            if running := nights_of(site):
                os.kill(running[0], signal.SIGKILL)
                return
            time.sleep(0.05)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@pytest.mark.slow
def test_each_night_by_itself(root, silent):
    good, other = tenant(root, "elm"), tenant(root, "oak")
    broken = tenant(root, "ash")
    (broken / "carrel.yaml").write_text("library: [")
    gone = tenant(root, "fir")
    (gone / "koha.dsn").write_text(f"sqlite:///{root}/nothing-here.db\n")
    killed = tenant(root, "yew")
    hang(killed, silent)
    (root / "lost+found").mkdir()
    (root / "link").symlink_to(good)
    (root / "aaa").mkdir()
    (root / "aaa" / "carrel.yaml").symlink_to(good / "carrel.yaml")
    old = {"at": (datetime.now(UTC) - timedelta(days=3)).isoformat()}
    (other / "health").mkdir()
    (other / "health" / "health.json").write_text(json.dumps(old))
    watch = kill_when_it_runs(killed)
    code, found = called("run-due", "--sites", root)
    watch.join()
    assert code == int(Exit.FAILED)
    assert {name: one["exit"] for name, one in found.items()} == {
        "elm": 6, "oak": 6, "ash": 2, "fir": 1, "yew": 1, "lost+found": 2, "link": 2, "aaa": 2,
    }  # fmt: skip
    assert found["elm"]["systems"][0]["went"] == "waits for approval"
    assert found["elm"]["systems"][0]["pending_file"] == str(good / "pending-plan-koha.json")
    assert found["elm"]["codes"] == []
    assert found["oak"]["codes"] == ["TEN-005"]
    assert found["ash"]["codes"] == ["SIT-001"]
    assert found["yew"]["codes"] == ["TEN-004"]
    assert found["link"]["codes"] == found["aaa"]["codes"] == ["TEN-002"]
    assert found["lost+found"]["codes"] == ["SIT-002"]
    for site in (good, other):
        assert (site / "pending-plan-koha.json").exists()
        assert json.loads((site / "health" / "health.json").read_text())["state"] == "attention"
    again = CliRunner().invoke(
        cli, ["run-due", "--sites", str(broken), "--sites", str(root / "link")], standalone_mode=False
    )
    assert again.return_value == 2
    assert max(map(len, again.output.splitlines())) <= 100
    assert all(
        line.split(":")[0] in {"ash", "link"}
        for line in again.output.splitlines()
        if "(SIT-" in line or "(TEN-" in line
    )


def test_one_that_hangs_is_ended_in_its_time(root, silent, monkeypatch):
    monkeypatch.setattr(tenant_process, "GRACE", timedelta(seconds=5))
    site = tenant(root, "yew")
    hang(site, silent)
    before = time.monotonic()
    [night] = tenants.run_sites((site,), timedelta(seconds=3), 1, datetime.now(UTC))
    assert time.monotonic() - before < 30
    assert (night.exit, night.codes) == (Exit.FAILED, ("TEN-003",))
    assert night.faults[0].fix


@pytest.mark.slow
def test_a_host_that_is_killed_leaves_no_night_behind(root, silent):
    """A night without its host would have no time limit; it ends by itself, and the next call finds nobody at work."""
    site = tenant(root, "yew")
    hang(site, silent)
    words = [sys.executable, "-m", "carrel", "run-due", "--sites", str(root), "--json"]
    host = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=library.environment())
    try:
        within(60, lambda: nights_of(site))
        time.sleep(2)  # it is on the line to the silent server
        assert nights_of(site)
    finally:
        host.kill()
        host.wait()
    within(tenant_process.GRACE.total_seconds() + 60, lambda: not nights_of(site))  # it is killed when that is over
    with Store.open(site / FILE) as store:
        assert store.leases.holder("koha", datetime.now(UTC)) is None


def nights_of(site: Path) -> list[int]:
    """The processes of a tenant's night."""
    found = []
    for one in Path("/proc").iterdir():
        with suppress(OSError):
            words = (one / "cmdline").read_bytes().split(b"\0")
            if b"run-due" in words and str(site / "carrel.yaml").encode() in words:
                found.append(int(one.name))
    return found


def within(seconds: float, is_so) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def keep_in_schema(site: Path, where: str, schema: str) -> None:
    """Have a site name a store on a server; what nobody connects to need not be there."""
    (site / "store.dsn").write_text(f"postgresql+psycopg://{where}\n")
    (site / "store.dsn").chmod(0o600)
    with (site / "carrel.yaml").open("a") as file:
        file.write(f"store: {{dsn_file: store.dsn, schema: {schema}}}\n")


def test_two_schemas_of_one_server_are_two_stores_and_no_secret_is_told(root):
    sites = [tenant(root, name) for name in ("elm", "oak", "ash")]
    for site, schema in zip(sites, ("elm", "oak", "elm"), strict=True):
        keep_in_schema(site, "ann:a-secret-word@localhost/stores", schema)
    found = [tenant_files.tenant_of(one) for one in tenant_files.find_sites([root])]
    assert [(one.one, one.other, one.what) for one in clashes(found)] == [("ash", "elm", "the store")]
    (root / "ash" / "store.dsn").write_text("no address at all\n")
    assert not clashes(map(tenant_files.tenant_of, tenant_files.find_sites([root])))
    assert "secret" not in repr(found)


@pytest.mark.parametrize("shared", ["folder", "database", "database by the other account", "key", "store", "schema"])
def test_two_that_share_a_thing_are_refused_before_any_runs(root, shared):
    one, two = tenant(root, "elm"), tenant(root, "oak")
    if shared == "folder":
        with (two / "carrel.yaml").open("a") as file:
            file.write(f"folder: {one}\n")
    elif shared == "database":
        (two / "koha.db").unlink()
        os.link(one / "koha.db", two / "koha.db")  # another name, the same file
    elif shared == "database by the other account":
        shared = "database"
        text = (one / "carrel.yaml").read_text()
        more = f"dsn_file: koha.dsn, apply_dsn_file: {two / 'koha.dsn'}"
        (one / "carrel.yaml").write_text(text.replace("dsn_file: koha.dsn", more))
    elif shared == "key":
        for site in (one, two):
            (site / "keys").mkdir()
            (site / "keys" / "ledger.vkey").write_text(f"{site.name}.example/ledger+00000000+AQ+the+same+key\n")
    elif shared == "schema":
        shared = "store"
        keep_in_schema(one, "ann:a-word@localhost/stores", "libraries")
        keep_in_schema(two, "ben:other-word@127.0.0.1:5432/stores", "libraries")
    else:
        (one / "carrel.sqlite3").write_bytes(b"")
        os.link(one / "carrel.sqlite3", two / "carrel.sqlite3")
    code, found = called("run-due", "--sites", root)
    assert not any("word" in str(one) for one in found.values())
    assert code == int(Exit.REFUSED)
    assert {name: (one["exit"], one["codes"]) for name, one in found.items()} == {
        "elm": (4, ["TEN-001"]), "oak": (4, ["TEN-001"]),
    }  # fmt: skip
    assert shared in found["elm"]["faults"][0]["found"]
    assert "oak" in found["elm"]["faults"][0]["found"]
    for site in (one, two):
        assert not (site / "pending-plan-koha.json").exists()
        assert not (site / "health").exists()


def test_one_tenant_sees_no_variable_of_another(tmp_path, monkeypatch):
    for name in ("elm", "oak"):
        (tmp_path / name).mkdir()
        site = sample_site.make(tmp_path / name)
        said = f"dsn_env: {name.upper()}_DSN, replica: {{dsn_env: {name.upper()}_REPLICA}}"
        text = (site / "carrel.yaml").read_text().replace("dsn_file: koha.dsn", said, 1)
        store = f"store: {{dsn_env: {name.upper()}_STORE, schema: {name}}}\n"
        (site / "carrel.yaml").write_text(text + store)
    environment = {
        "PATH": "/bin",
        "LC_TIME": "C",
        "ELM_DSN": "a",
        "OAK_DSN": "b",
        "ELM_STORE": "d",
        "OAK_STORE": "e",
        "ELM_REPLICA": "f",
        "CARREL_PERSON": "Ben",
        "AWS_TOKEN": "c",
    }
    seen = tenant_process.environment_of(site_file.load_site(tmp_path / "elm"), environment)
    assert seen == {"PATH": "/bin", "LC_TIME": "C", "ELM_DSN": "a", "ELM_STORE": "d", "ELM_REPLICA": "f"}


def test_no_tenant_at_all_and_options_that_do_not_go_together(root):
    with pytest.raises(CarrelError) as wrong:
        tenants.run_sites((root,), LIMIT, 1, datetime.now(UTC))
    assert wrong.value.code == "TEN-002"
    for words in (("--system", "koha"), ("--site", str(root))):
        done = CliRunner().invoke(cli, ["run-due", "--sites", str(root), *words])
        assert done.exit_code == 2
    done = CliRunner().invoke(cli, ["run-due", "--sites", str(root), "--time-limit", "soon"])
    assert isinstance(done.exception, CarrelError)
    assert done.exception.code == "CLI-005"


def test_one_template_unit_for_all_of_them(root):
    tenant(root, "elm", more="outside_copies:\n  - folder: /mnt/copy\n")
    tenant(root, "oak")
    done = CliRunner().invoke(cli, ["run-due", "--sites", str(root), "--print-units", "--json"], standalone_mode=False)
    found = json.loads(done.stdout)["units"]
    assert sorted(found) == ["carrel@.service", "carrel@.timer", "carrel@elm.service.d/outside.conf", "enable"]
    service = found["carrel@.service"]
    assert f"run-due --site {root}/%i\n" in service
    assert f"ReadWritePaths={root}/%i\n" in service
    assert "NoNewPrivileges=yes" in service
    assert found["carrel@elm.service.d/outside.conf"] == "[Service]\nReadWritePaths=-/mnt/copy\n"
    assert found["enable"] == "systemctl enable --now carrel@elm.timer carrel@oak.timer\n"
    (root.parent / "far").mkdir()
    far = sample_site.make(root.parent / "far")
    wrong = CliRunner().invoke(cli, ["run-due", "--sites", str(root), "--sites", str(far), "--print-units"])
    assert isinstance(wrong.exception, CarrelError)
    assert wrong.exception.code == "ACC-001"


def test_each_refusal_has_a_line_and_an_odd_name_passes_for_nothing_else(root):
    elm, oak, long = tenant(root, "elm"), tenant(root, "oak"), tenant(root, "x" * 200)
    hang(elm, 1)  # nothing listens there
    for site in (oak, long):
        (site / "koha.dsn").write_text(f"sqlite:///{site.name[:3]}-is-not-here.db\n")
    for odd in ("fir\nelm: all is well", "yew\x1b[31m"):
        tenant(root, odd)
    words = ["run-due", "--sites", str(root), "--sites", str(elm), "--sites", str(elm)]
    done = CliRunner().invoke(cli, words, standalone_mode=False)
    assert done.return_value == int(Exit.FAILED)
    lines = done.output.splitlines()
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in done.output
    assert not any(line.startswith("elm: all is well") for line in lines)
    told = " ".join(done.output.split())
    assert "elm: koha: The database server cannot be reached (SQL-003): " in told
    assert "oak: koha: There is no such database (SQL-004): " in told
    assert told.count("elm: This is no tenant's site (TEN-002)") == 1  # named three times, told once
    assert "fir\\x0aelm: all is well: This is no tenant's site (TEN-002)" in told
    assert "secret-word" not in told
    _, found = called("run-due", "--sites", oak)
    assert found["oak"]["systems"][0]["faults"][0]["fix"]


def test_two_that_share_several_things_are_told_of_all_in_one_line(root):
    tenant(root, "elm")
    other = tenant(root, "oak")
    with (other / "carrel.yaml").open("a") as file:
        file.write(f"folder: {root / 'elm'}\n")
    (root / "elm" / "carrel.sqlite3").write_bytes(b"")
    _, found = called("run-due", "--sites", root)
    [fault] = found["oak"]["faults"]
    assert "the folder, the store" in fault["found"]
    assert "which are also those of elm" in fault["found"]
