"""`carrel serve` as it is started, and what stands in its way."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from carrel.systems.site_file import load_site
from tests.integration.run.library import environment
from tests.integration.run.warm_start import called
from tests.integration.web.conftest import pages_of


@pytest.fixture
def folder(koha_sqlite, tmp_path: Path) -> Path:
    with pages_of(tmp_path, koha_sqlite.url, "koha"):
        return tmp_path


def refused(folder: Path, *more: str) -> tuple[int, list[str]]:
    code, out, err = called(["serve", "--site", str(folder), *more], folder, environment(None))
    assert out == ""
    return code, re.findall(r"^error\[([A-Z]+-[0-9]+)\]", err, re.MULTILINE)


def test_pages_are_served_until_it_is_stopped(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = (folder / "carrel.yaml").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    (folder / "carrel.yaml").write_text(text)
    process = subprocess.Popen(
        [sys.executable, "-m", "carrel", "serve", "--port", str(port), "--site", str(folder)],
        env={**environment(None), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert (
            process.stderr.readline()
            == f"http://127.0.0.1:{port}, listening at 127.0.0.1 port {port} (Ctrl-C to stop)\n"
        )
        told = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/policy", timeout=30))
        assert told["library"] == "Elm Library"
        assert refused(folder, "--port", str(port)) == (1, ["WEB-003"])
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[1]
    assert rest == "", "nothing is told of who asked for what"
    assert process.returncode in {0, -signal.SIGTERM}


def test_what_stands_in_its_way_has_a_code(folder: Path) -> None:
    text = (folder / "carrel.yaml").read_text()
    (folder / "carrel.yaml").write_text(text.partition("portal:")[0])
    assert refused(folder) == (2, ["WEB-001"])
    for wrong in ("{address: 'http://privacy.elm.example'}", "{address: 'https://x.example/path'}", "{address: nothing}",
                  "{address: 'https://u:p@x.example'}", "{address: 'https://x.example', sign_in: [nowhere]}",
                  "{address: 'https://x.example', languages: []}", "{address: 'https://x.example', languages: [tlh]}",
                  "{address: 'https://x.example', idle: 5 hours}", "{address: 'https://x.example:99999'}"):  # fmt: skip
        (folder / "carrel.yaml").write_text(text.partition("portal:")[0] + f"portal: {wrong}\n")
        code, codes = refused(folder)
        assert code == 2, wrong
        assert codes, wrong
        assert all(one.startswith("SIT-") for one in codes), (wrong, codes)


def test_a_map_without_accounts_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from carrel.errors import CarrelError
    from carrel.store.store import Store
    from carrel.systems import map_files, policy_files
    from carrel.web.premises import enter

    without = map_files.load("koha").model_copy(update={"sign_in": None})
    monkeypatch.setattr(map_files, "load", lambda _: without)  # no map that ships lacks them
    site = load_site(folder)
    with Store.open(folder) as store, pytest.raises(CarrelError) as wrong:
        enter(site, policy_files.load("worcester"), store, lambda: None, None, None)  # type: ignore[arg-type, return-value]
    assert wrong.value.code == "WEB-002"
