"""Every option and argument that takes a day, a file or a folder, tried with odd ones: each answer has a code of its own.

The table is made from the commands themselves, so that a new option is tried without anybody thinking of it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from carrel.cli.main import main
from carrel.cli.option_values import Day, Place
from tests import breadth
from tests.docs import command_reference, sample_site

SITE = "SITE"  # stands for the site's folder in the words below
# How each command is called rightly, but for the value in question.
BASE = {
    "access": ["SITE/card.txt", "--identity", "photo id", "--plain", "--out", "SITE/answer.zip", "--as", "Ada",
               "--system", "koha", "--site", SITE],
    "apply": ["SITE/plan.json", "--system", "koha", "--site", SITE],
    "approve": ["SITE/plan.json", "--as", "Ada", "--key", "SITE/ada.key", "--yes", "--site", SITE],
    "archive list": ["--site", SITE],
    "archive verify": ["--site", SITE],
    "audit": ["--system", "koha", "--site", SITE],
    "backup apply": ["SITE/plan.json", "--site", SITE],
    "backup list": ["--site", SITE],
    "backup plan": ["--as", "Ben", "--out", "SITE/out.json", "--site", SITE],
    "check": ["--system", "koha", "--site", SITE],
    "consent give": ["SITE/card.txt", "--purpose", "library news", "--channel", "desk", "--system", "koha", "--as", "Ada",
                     "--site", SITE],
    "consent list": ["--system", "koha", "--site", SITE],
    "consent show": ["SITE/card.txt", "--system", "koha", "--site", SITE],
    "consent texts": ["--site", SITE],
    "consent withdraw": ["SITE/card.txt", "--everything", "--channel", "desk", "--system", "koha", "--as", "Ada", "--site", SITE],
    "custodian accept": ["SITE/plan.json", "--as", "Ada", "--yes", "--site", SITE],
    "custodian attest": ["SITE/plan.json", "--as", "Ada", "--key", "SITE/ada.key", "--site", SITE],
    "custodian bundle": ["--out", "SITE/bundle.tar", "--site", SITE],
    "custodian check": ["SITE/plan.json", "--site", SITE],
    "custodian request": ["--key", "SITE/ada.key", "--out", "SITE/request.note", "--site", SITE],
    "custodian show": ["--site", SITE],
    "counts": ["--system", "koha", "--out", "SITE/counts", "--site", SITE],
    "demo": ["--size", "tiny", "--no-serve"],
    "deidentify keys": ["SITE/keys"],
    "deidentify records": ["SITE/release.yaml", "--out", "SITE/released.csv", "--force"],
    "deidentify review": ["SITE/asked.out.review.jsonl", "SITE/asked.txt"],
    "deidentify sample": ["SITE/asked.out"],
    "deidentify terms": ["SITE/searches.csv", "SITE/terms.csv", "--roster", "SITE/roster.csv", "--force"],
    "deidentify text": ["SITE/asked.txt", "SITE/again.txt", "--roster", "SITE/roster.csv", "--force"],
    "disclose produce": ["SITE/scope.yaml", "--case", "dsc-abcdefghijkl", "--out", "SITE/release.age", "--age-passphrase-file",
                         "SITE/words.txt", "--as", "Ada", "--system", "koha", "--site", SITE],
    "disclose verify": ["SITE/plan.json", "--key", "SITE/ada.vkey", "--site", SITE],
    "doctor": ["--site", SITE],
    "disclose absence": ["custodian", "--of", "Ben", "--as", "Ada", "--site", SITE],
    "disclose by-hand": ["dsc-abcdefghijkl", "--because", "so", "--as", "Ada", "--site", SITE],
    "disclose challenge": ["dsc-abcdefghijkl", "--because", "so", "--as", "Ada", "--site", SITE],
    "disclose cure": ["dsc-abcdefghijkl", "d1", "--because", "so", "--as", "Ada", "--site", SITE],
    "disclose defect": ["dsc-abcdefghijkl", "--what", "no seal", "--as", "Ada", "--site", SITE],
    "disclose delegate": ["custodian", "--to", "Ben", "--as", "Ada", "--site", SITE],
    "disclose document add": ["dsc-abcdefghijkl", "SITE/card.txt", "--as", "Ada", "--site", SITE],
    "disclose document get": ["dsc-abcdefghijkl", "doc-0123456789abcdef", "--out", "SITE/scan.pdf", "--as", "Ada", "--site", SITE],
    "disclose drill": ["--answers", "SITE/card.txt", "--site", SITE],
    "disclose exempt": ["dsc-abcdefghijkl", "no student", "--because", "so", "--as", "Ada", "--site", SITE],
    "disclose forget": ["--as", "Ada", "--site", SITE],
    "disclose list": ["--as", "Ada", "--site", SITE],
    "disclose name": ["dsc-abcdefghijkl", "Ben", "--as", "Ada", "--site", SITE],
    "disclose note": ["dsc-abcdefghijkl", "--because", "so", "--as", "Ada", "--site", SITE],
    "disclose nothing": ["dsc-abcdefghijkl", "--as", "Ada", "--site", SITE],
    "disclose open": ["subpoena", "--served-on", "the library", "--sender", "a court", "--as", "Ada", "--site", SITE],
    "disclose preserve": ["dsc-abcdefghijkl", "--item", "7", "--as", "Ada", "--site", SITE],
    "disclose record": ["dsc-abcdefghijkl", "counsel on form", "--as", "Ada", "--site", SITE],
    "disclose refuse": ["dsc-abcdefghijkl", "--ground", "no legal process", "--because", "so", "--as", "Ada", "--site", SITE],
    "disclose release": ["dsc-abcdefghijkl", "--as", "Ada", "--site", SITE],
    "disclose report": ["--site", SITE],
    "disclose script": ["subpoena", "--site", SITE],
    "disclose show": ["dsc-abcdefghijkl", "--as", "Ada", "--site", SITE],
    "disclose sign": ["dsc-abcdefghijkl", "--as", "Ada", "--site", SITE],
    "disclose silence": ["dsc-abcdefghijkl", "--basis", "order", "--court", "c", "--starts", "2026-11-01", "--ends", "2099-01-01", "--as", "Ada", "--site", SITE],
    "disclose withdraw": ["dsc-abcdefghijkl", "--because", "so", "--as", "Ada", "--site", SITE],
    "exception add": ["--item", "7", "--reason", "r", "--approver", "Ada", "--as", "Ada", "--expires", "2099-01-01",
                      "--system", "koha", "--site", SITE],
    "exception list": ["--site", SITE],
    "exception revoke": ["none", "--as", "Ada", "--site", SITE],
    "export contacts": ["--purpose", "library news", "--recipient", "the library", "--out", "SITE/news.csv", "--system", "koha",
                        "--as", "Ada", "--site", SITE],
    "folder apply": ["SITE/plan.json", "--site", SITE],
    "folder list": ["--site", SITE],
    "folder plan": ["--as", "Ben", "--out", "SITE/out.json", "--site", SITE],
    "hold list": ["--site", SITE],
    "hold place": ["--item", "7", "--reason", "r", "--authority", "a", "--as", "Ada", "--system", "koha", "--site", SITE],
    "hold release": ["none", "--as", "Ada", "--site", SITE],
    "init": ["koha", "--time-zone", "America/New_York", "--folder", "SITE/new", "--dsn", "sqlite:///SITE/koha.db"],
    "key list": ["SITE"],
    "key new": ["library.example/x", "--out", "SITE/x.key"],
    "key show": ["SITE/ada.key"],
    "ledger begin": ["--folder", "SITE/l", "--key", "SITE/ada.key"],
    "ledger copy": ["SITE/outside", "--folder", "SITE/book"],
    "ledger cosign": ["SITE/outside", "--folder", "SITE/book", "--key", "SITE/ada.key", "--log-key", "SITE/ada.vkey"],
    "ledger prove": ["3", "--folder", "SITE/book"],
    "ledger show": ["--folder", "SITE/book"],
    "ledger verify": ["SITE/book", "--key", "SITE/ada.vkey"],
    "log-service apply": ["SITE/plan.json", "--site", SITE],
    "log-service attest": ["SITE/plan.json", "campus-it", "--as", "Ada", "--key", "SITE/ada.key", "--site", SITE],
    "log-service list": ["--site", SITE],
    "log-service plan": ["--as", "Ben", "--out", "SITE/out.json", "--site", SITE],
    "mailing-list apply": ["--as", "Ada", "--site", SITE],
    "mailing-list plan": ["--site", SITE],
    "mailbox apply": ["SITE/plan.json", "--site", SITE],
    "mailbox list": ["--site", SITE],
    "mailbox plan": ["--as", "Ben", "--out", "SITE/out.json", "--site", SITE],
    "map check": ["koha", "--facts", "SITE/plan.json"],
    "map show": ["koha"],
    "plan": ["--as", "Ben", "--out", "SITE/out.json", "--system", "koha", "--site", SITE],
    "policy coverage": ["SITE/policy.yaml"],
    "policy diff": ["SITE/policy.yaml", "worcester"],
    "policy lint": ["SITE/policy.yaml"],
    "policy notice": ["SITE/policy.yaml"],
    "policy show": ["SITE/policy.yaml"],
    "release list": ["--site", SITE],
    "release record": ["SITE/cube.json", "--as", "Ben", "--for", "a test", "--to", "nobody", "--site", SITE],
    "release show": ["circulation", "--site", SITE],
    "replay apply": ["SITE/plan.json", "--system", "koha", "--site", SITE],
    "replay open": ["--system", "koha", "--site", SITE],
    "replay plan": ["--as", "Ben", "--out", "SITE/out.json", "--system", "koha", "--site", SITE],
    "replay settle": ["none", "--as", "Ada", "--system", "koha", "--site", SITE],
    "request answer": ["req-abcdefghijkl", "--as", "Ada", "--site", SITE],
    "request assign": ["req-abcdefghijkl", "--to", "Ben", "--as", "Ada", "--site", SITE],
    "request decide": ["req-abcdefghijkl", "upheld", "--because", "so", "--as", "Ada", "--site", SITE],
    "request extend": ["req-abcdefghijkl", "--because", "so", "--as", "Ada", "--site", SITE],
    "request identify": ["req-abcdefghijkl", "SITE/card.txt", "--identity", "photo id", "--system", "koha", "--as", "Ada", "--site", SITE],
    "request letter": ["req-abcdefghijkl", "--as", "Ada", "--site", SITE],
    "request list": ["--site", SITE],
    "request note": ["req-abcdefghijkl", "--because", "so", "--as", "Ada", "--site", SITE],
    "request open": ["question", "--channel", "desk", "--as", "Ada", "--site", SITE],
    "request receipt": ["req-abcdefghijkl", "t1", "SITE/plan.json", "--vendor-key", "covers", "--as", "Ada", "--site", SITE],
    "request refuse": ["req-abcdefghijkl", "--ground", "a legal claim", "--because", "so", "--as", "Ada", "--site", SITE],
    "request reply": ["req-abcdefghijkl", "t1", "--as", "Ada", "--site", SITE],
    "request show": ["req-abcdefghijkl", "--site", SITE],
    "request state": ["req-abcdefghijkl", "--words", "SITE/card.txt", "--as", "Ada", "--site", SITE],
    "request tasks": ["--site", SITE],
    "request tell": ["req-abcdefghijkl", "t1", "--as", "Ada", "--site", SITE],
    "request waive": ["req-abcdefghijkl", "t1", "--because", "so", "--as", "Ada", "--site", SITE],
    "request withdraw": ["req-abcdefghijkl", "--as", "Ada", "--site", SITE],
    "restriction list": ["--system", "koha", "--site", SITE],
    "risk list": ["--site", SITE],
    "risk measure": ["SITE/loans.csv", "--person", "patron", "--site", SITE],
    "run-due": ["--print-units", "--site", SITE],
    "scan": ["SITE/visits.csv", "--out", "SITE/entry.yaml"],
    "scrub": ["SITE/access.log", "--out", "SITE/scrubbed", "--format", "combined"],
    "serve": ["--site", SITE],
    "staff disable": ["Ben", "--as", "Ada", "--site", SITE],
    "staff enable": ["Ben", "--as", "Ada", "--site", SITE],
    "staff history": ["--site", SITE],
    "staff invite": ["Ben", "--as", "Ada", "--site", SITE],
    "staff list": ["--site", SITE],
    "staff record": ["Ben", "--site", SITE],
    "staff reset": ["Ben", "--as", "Ada", "--site", SITE],
    "staff sessions": ["Ben", "--site", SITE],
    "station key": ["pc-1", "--out", "SITE/pc-1.key", "--site", SITE],
    "station list": ["--site", SITE],
    "station probe": ["--out", "SITE/probe.py"],
    "station tidy": ["--site", SITE],
    "stats audit": ["SITE/cube.json"],
    "stats cube": ["SITE/loans.csv", "--person", "patron", "--by", "branch", "--out", "SITE/again.json", "--force",
                   "--record", "--as", "Ben", "--for", "a test", "--to", "nobody", "--site", SITE],
    "stats noise": ["SITE/cube.yaml", "--epsilon", "0.1", "--cap", "2", "--account", "SITE/account", "--budget", "9"],
    "stats return": ["pls", "--year", "2026", "--system", "koha", "--site", SITE],
    "stop": ["--clear", "--as", "Ada", "--site", SITE],
    "sweep": ["--system", "koha", "--site", SITE],
    "table apply": ["SITE/plan.json", "--site", SITE],
    "table list": ["--site", SITE],
    "table plan": ["--as", "Ben", "--out", "SITE/out.json", "--site", SITE],
    "undo key": ["--out-a", "SITE/a.share", "--out-b", "SITE/b.share"],
    "undo list": ["--site", SITE],
    "undo restore": ["none", "--share-a", "SITE/plan.json", "--share-b", "SITE/plan.json", "--site", SITE],
    "undo shred": ["--due", "--site", SITE],
    "verify": ["--system", "koha", "--site", SITE],
    "work": ["--system", "koha", "--site", SITE],
}  # fmt: skip
# Values that are a file or not, as the command finds it: texts of their own that may name a file.
NAMES_A_FILE = {("key show", "said"), ("ledger prove", "--key"), ("ledger verify", "--key"),
                ("ledger verify", "--witness"), ("ledger cosign", "--log-key"), ("policy coverage", "said"),
                ("policy diff", "old"), ("policy diff", "new"), ("policy lint", "said"), ("policy notice", "said"), ("policy show", "said"),
                ("init", "--policy"), ("demo", "--policy")}  # fmt: skip
RELEASE = """\
from: loans.csv
person: patron
columns:
  born: {as: birth year}
drop: [branch]
k: 5
suppress at most: 5 %
method: global
to: released.csv
"""
CUBE = """\
name: loans
records: loans.csv
person: patron
dimensions:
  branch: {column: branch, values: ["0", "1", "2"]}
"""
DAYS = ["0000-01-01", "0001-01-01", "99999-01-01", "2025-02-30", "2025-13-01", "9999-12-31", "-2025-01-01", "", " ",
        "yesterday", "2025-1-1", "2025-W01-1", "20250101", "2025-01-01T00:00", "\uff12\uff10\uff12\uff15-01-01",
        "2025-01-01\n", "2025-01-01\0", "1e9"]  # fmt: skip
ENDS = ["1000-01-01", "9998-12-31", "2024-02-29"]


def params() -> Iterator[tuple[str, click.Parameter, str]]:
    for context in command_reference.verbs():
        name = context.command_path.partition(" ")[2]
        for param in context.command.params:
            yield name, param, param.opts[0] if isinstance(param, click.Option) else str(param.name)


PLACES = [
    (name, said) for name, param, said in params() if isinstance(param.type, Place) or (name, said) in NAMES_A_FILE
]
DATES = [(name, said) for name, param, said in params() if isinstance(param.type, Day)]
DATES += [(name, said) for name in ("hold place", "exception add") for said in ("--from", "--until")]


TEXTS = [
    (name, said)
    for name, param, said in params()
    if param.type.name == "text" and (name, said) not in NAMES_A_FILE and said != "--dsn"
]


def test_the_table_is_whole() -> None:
    """No option slips through under one of click's own types, and each command stands in the table."""
    for name, param, said in params():
        assert not isinstance(param.type, (click.Path, click.File, click.DateTime)), (name, said)
    assert {name for name, _ in PLACES + DATES} <= set(BASE)
    assert set(DATES) == {
        ("approve", "--until"), ("custodian attest", "--until"), ("log-service attest", "--until"), ("custodian request", "--until"), ("policy lint", "--on"), ("hold place", "--expires"), ("exception add", "--expires"),
        ("disclose cure", "--from"), ("disclose cure", "--until"), ("disclose challenge", "--from"), ("disclose challenge", "--until"), ("disclose open", "--dated"), ("disclose open", "--from"), ("disclose open", "--until"), ("disclose silence", "--starts"), ("disclose silence", "--ends"), ("disclose delegate", "--until"), ("disclose absence", "--until"),
        ("consent give", "--on"), ("request open", "--on"), ("consent withdraw", "--on"), ("hold place", "--from"), ("hold place", "--until"), ("exception add", "--from"), ("exception add", "--until"),
    }  # fmt: skip
    assert len(PLACES) > 50


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from importlib import resources

    folder = sample_site.make(tmp_path_factory.mktemp("odd"))
    (folder / "access.log").write_text('10.1.2.3 - - [27/Mar/2026:06:52:44 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n')
    (folder / "visits.csv").write_text("id,at\n1,2026-03-27T06:52:44Z\n")
    lines = "".join(f"p{n},{n % 3},1990\n" for n in range(60))
    (folder / "loans.csv").write_text("patron,branch,born\n" + lines)
    (folder / "searches.csv").write_text("searcher,term\n" + "".join(f"p{n},whales\n" for n in range(20)))
    (folder / "roster.csv").write_text("name,card\nAda Lovelace,21234000012345\n")
    (folder / "asked.txt").write_text("Ada Lovelace asks for whales.\n")
    (folder / "release.yaml").write_text(RELEASE)
    (folder / "cube.yaml").write_text(CUBE)
    (folder / "keys").mkdir()
    (folder / "card.txt").write_text("21000000000004\n")
    (folder / "scope.yaml").write_text("parts: []\n")
    (folder / "words.txt").write_text("correct horse battery staple\n")
    (folder / "words.txt").chmod(0o600)
    shipped = resources.files("carrel.policy") / "shipped" / "worcester.yaml"
    (folder / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"), encoding="utf-8")
    assert run(folder, ["plan", "--as", "Ben", "--out", "SITE/plan.json", "--system", "koha", "--site", SITE])[0] == 0
    for made in (
        ["ledger", "begin", "--folder", "SITE/book", "--key", "SITE/ada.key"],
        ["deidentify", "text", "SITE/asked.txt", "SITE/asked.out", "--roster", "SITE/roster.csv"],
        ["deidentify", "records", "SITE/release.yaml", "--out", "SITE/released.csv"],
        ["stats", "cube", "SITE/cube.yaml", "--out", "SITE/cube.json"],
        ["stats", "noise", *BASE["stats noise"]],
    ):
        code, _, told = run(folder, made)
        assert code in {0, 3}, (made, told)
    return folder


def _too_long(*_: object) -> None:
    raise AssertionError("it waits for somebody to write into a pipe")


def run(site: Path, words: list[str], answers: list[str] | None = None) -> tuple[int, list[str], str]:
    """Exit code, codes of the errors, and the output, of a command that is given 60 seconds."""
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    before, typed = signal.signal(signal.SIGALRM, _too_long), sys.stdin
    sys.stdin = io.StringIO()  # nobody is there to answer
    signal.alarm(60)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as left:
            main([*(word.replace(SITE, str(site)) for word in words), "--json"])
    finally:
        signal.alarm(0)
        sys.stdin = typed
        signal.signal(signal.SIGALRM, before)
    text = out.getvalue()
    try:
        errors = [one["code"] for one in json.loads(text).get("errors", [])]
    except ValueError:
        errors = []
    return int(str(left.value.code)), errors, text + err.getvalue()


def called_with(name: str, said: str, value: str) -> list[str]:
    """The words of a call with this value in the place of the one that the table has, if it has one."""
    words, param = list(BASE[name]), next(param for n, param, s in params() if (n, s) == (name, said))
    if isinstance(param, click.Option):
        for own in param.opts:
            while own in words:
                del words[words.index(own) : words.index(own) + 2]
        if (name, said) == ("ledger prove", "--check"):
            words = ["--key", "SITE/ada.vkey"]
        if (name, said) == ("ledger prove", "--key"):
            words = ["--check", "SITE/plan.json"]
        if (name, said) == ("init", "--dsn-file"):
            del words[words.index("--dsn") : words.index("--dsn") + 2]
        return [*name.split(), *words, *([f"{said}={value}"] if said.startswith("--") else [said, value])]
    arguments = [one for n, one, _ in params() if n == name and isinstance(one, click.Argument)]
    words[arguments.index(param)] = value
    return [*name.split(), *words]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("places")
    os.mkfifo(folder / "pipe")
    (folder / "file").write_text("nothing\n")
    (folder / "folder").mkdir()
    (folder / "loop").symlink_to(folder / "loop")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "socket"))
    yield {
        "nul": f"{folder}/a\0b.yaml",
        "newline": f"{folder}/a\nb.yaml",
        "escape": f"{folder}/a\x1b[31mb.yaml",
        "not utf-8": f"{folder}/a\udcffb.yaml",
        "empty": "",
        "pipe": f"{folder}/pipe",
        "socket": f"{folder}/socket",
        "full": "/dev/full",
        "null": "/dev/null",
        "a folder": f"{folder}/folder",
        "a file": f"{folder}/file",
        "below a file": f"{folder}/file/below.yaml",
        "too long": f"{folder}/{'x' * 300}.yaml",
        "long text": "x" * 5000,
        "loop": f"{folder}/loop",
        "nowhere": f"{folder}/no/where.yaml",
        "unwritable": "/proc/carrel-writes-nothing-here.yaml",
    }
    listening.close()


KINDS = ["nul", "newline", "escape", "not utf-8", "empty", "pipe", "socket", "full", "null", "a folder", "a file",
         "below a file", "too long", "long text", "loop", "nowhere", "unwritable"]  # fmt: skip
UNSEEN = {"nul", "newline", "escape", "not utf-8", "empty"}
NO_FILE = {*UNSEEN, "pipe", "socket", "full", "null", "too long", "loop"}


@pytest.mark.parametrize(("name", "said"), PLACES, ids=lambda one: one.replace(" ", "-"))
def test_an_odd_file_or_folder_is_told_with_a_code(site: Path, odd: dict[str, str], name: str, said: str) -> None:
    param = next(param for n, param, s in params() if (n, s) == (name, said))
    types = {"/dev/full": Path("/dev/full").stat().st_mode, "/dev/null": Path("/dev/null").stat().st_mode}
    for kind in breadth.share(KINDS, f"{name} {said}"):
        if name == "demo" and kind in {"a folder", "nowhere", "long text"} and said == "--folder":
            continue  # a folder that is empty, or not there yet, is what the demo wants
        code, errors, text = run(site, called_with(name, said, odd[kind]))
        assert "CLI-001" not in errors, (name, said, kind, text)
        assert code != 1 or errors, (name, said, kind, text)
        assert "Traceback" not in text
        assert "\x1b[31m" not in text
        if isinstance(param.type, Place) and kind in NO_FILE:
            assert (code, errors) == (2, ["CLI-003"]), (name, said, kind, text)
        elif kind in NO_FILE:
            assert code == 2, (name, said, kind, text)
            assert errors in (["CLI-003"], ["POL-019"]) or kind == "too long", (name, said, kind, text)
    for place, mode in types.items():
        assert stat.S_ISCHR(Path(place).stat().st_mode) and stat.S_ISCHR(mode), f"{place} was written over"


@pytest.mark.parametrize(("name", "said"), DATES, ids=lambda one: one.replace(" ", "-"))
def test_an_odd_day_is_told_with_a_code(site: Path, name: str, said: str) -> None:
    expected = "HLD-003" if said in {"--from", "--until"} and name in {"hold place", "exception add"} else "CLI-002"
    for day in DAYS:
        code, errors, text = run(site, called_with(name, said, day))
        assert (code, errors) == (2, [expected]), (name, said, day, text)
        assert len(day) < 5 or day not in text, (name, said, day, text)
    for day in ENDS:
        code, errors, text = run(site, called_with(name, said, day))
        assert not {"CLI-001", "CLI-002"} & set(errors), (name, said, day, text)
        assert code != 1, (name, said, day, text)


@pytest.mark.parametrize(("name", "said"), TEXTS, ids=lambda one: one.replace(" ", "-"))
def test_an_odd_text_is_told_with_a_code_and_steers_no_terminal(site: Path, name: str, said: str) -> None:
    for text in ("", " ", "a\0b", "a\nb", "a\x1b[31mb", "a\x9b31mb", "a\u202eb", "a\udcffb", "x" * 5000, "9" * 30):
        code, errors, told = run(site, called_with(name, said, text))
        assert "CLI-001" not in errors, (name, said, text, told)
        assert code != 1 or errors, (name, said, text, told)
        for sign in ("\0", "\x1b", "\x9b", "\u202e", "\udcff"):
            assert sign not in told, (name, said, text, told)
