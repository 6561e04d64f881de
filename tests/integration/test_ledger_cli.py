"""``carrel ledger`` and ``carrel key`` as a person runs them."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from carrel.cli.key import key
from carrel.cli.ledger import ledger
from carrel.cli.main import cli
from carrel.errors import CarrelError, Exit
from carrel.ledger.leaf import OpenLeaf, decode_leaf
from carrel.ledger.note import Signer
from carrel.store.key_file import finish_key, read_signer, read_verifier, write_key
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.outside_copy import copy_outward, outside_copies

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SECRET = "correct horse battery staple"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CARREL_LEDGER", raising=False)
    return tmp_path


def carrel(*words):
    """The exit code and what was printed; an error of ours ends as `carrel` ends it."""
    group = click.Group("carrel", commands={"ledger": ledger, "key": key}, context_settings=cli.context_settings)
    result = CliRunner().invoke(group, [str(word) for word in words])
    if isinstance(result.exception, CarrelError):
        return int(result.exception.exit), str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


def ok(*words):
    code, out = carrel(*words)
    assert code == 0, out
    return out


def told(*words):
    out = json.loads(ok(*words, "--json"))
    assert out["format_version"] == 1
    return out


@pytest.fixture
def begun(here):
    """A ledger of two nights with its key, in the folder where the test runs."""
    ok("key", "new", "library.example/ledger", "--out", "keys/ledger.key")
    ok("ledger", "begin", "--key", "keys/ledger.key")
    leaves = [
        OpenLeaf("plan", NOW, {"system": "koha", "due": 1200, "plan_digest": "ab" * 32}),
        OpenLeaf("run", NOW, {"system": "koha", "applied": 1200, "kept": "1-9", "outcome": "verified"}),
    ]
    LedgerFolder("ledger").append(leaves, read_signer(Path("keys/ledger.key")), NOW)
    return here


def changed(path, at=-1):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(bytes(content))


def state(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_verify_needs_the_folder_and_the_public_key_and_nothing_else(begun, tmp_path_factory):
    outsider = tmp_path_factory.mktemp("outsider")
    shutil.copytree("ledger", outsider / "ledger")
    (outsider / "ledger" / ".lock").unlink()
    vkey = ok("key", "show", "keys/ledger.vkey").strip()
    found = told("ledger", "verify", outsider / "ledger", "--key", vkey, "--leaves")
    assert found["verified"] is True
    assert found["size"] == 128
    assert found["kinds"] == {"genesis": 1, "padding": 125, "plan": 1, "run": 1}
    assert "hold" in ok("ledger", "verify", outsider / "ledger", "--key", "keys/ledger.vkey")


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("checkpoint", "signature"),
        ("tile/entries/000.p/128", "tile/entries/000.p/128 (leaves 0 to 127)"),
        ("tile/0/000.p/128", "tile/0/000.p/128 (leaves 0 to 127)"),
        ("tile/0/000.p/64", "tile/0/000.p/64"),
        ("tile/entries/000.p/64", "tile/entries/000.p/64"),
    ],
)
def test_verify_names_the_file_that_was_changed(begun, path, named):
    place = begun / "ledger" / path
    changed(place, place.read_bytes().find(b"genesis") if "entries" in path else -10)
    code, out = carrel("ledger", "verify", "ledger", "--key", "keys/ledger.vkey")
    assert code == 5
    assert named in out
    assert "changed: nothing" in out


def test_verify_names_the_leaf_and_the_side_in_a_large_ledger(begun):
    book = LedgerFolder("ledger")
    book.append(
        [OpenLeaf("run", NOW, {"applied": 100 + n}) for n in range(600)], read_signer(Path("keys/ledger.key")), NOW
    )
    entries, hashes = begun / "ledger/tile/entries/001", begun / "ledger/tile/0/001"
    kept = entries.read_bytes()
    entries.write_bytes(kept.replace(b'"applied":300', b'"applied":301', 1))
    _, out = carrel("ledger", "verify", "ledger", "--key", "keys/ledger.vkey")
    assert "at:      tile/entries/001 (leaves 256 to 511)" in out
    assert "the first at leaf 328" in out
    entries.write_bytes(kept)
    changed(hashes, 40)
    code, out = carrel("ledger", "verify", "ledger", "--key", "keys/ledger.vkey")
    assert code == 5
    assert "at:      tile/0/001 (leaves 256 to 511)" in out
    changed(hashes, 40)
    ok("ledger", "verify", "ledger", "--key", "keys/ledger.vkey")
    changed(begun / "ledger/tile/1/000.p/3", 40)
    code, out = carrel("ledger", "verify", "ledger", "--key", "keys/ledger.vkey")
    assert code == 5
    assert "tile/1/000.p/3" in out


def test_a_whole_other_ledger_under_the_same_key_is_found_by_an_old_checkpoint(begun):
    place = Path(ok("ledger", "copy", "outside").strip())
    assert told("ledger", "verify", "ledger", "--key", "keys/ledger.vkey", "--checkpoint", place)["continues"] == [128]
    signer = read_signer(Path("keys/ledger.key"))
    forged = LedgerFolder("forged")
    forged.create(signer.name, signer, NOW)
    for _ in range(3):
        forged.append([], signer, NOW)
    ok("ledger", "verify", "forged", "--key", "keys/ledger.vkey")
    code, out = carrel("ledger", "verify", "forged", "--key", "keys/ledger.vkey", "--checkpoint", place)
    assert code == 5
    assert "LED-006" in out
    before = state(begun / "outside")
    code, out = carrel("ledger", "copy", "outside", "--folder", "forged")
    assert code == 5
    assert "LED-006" in out
    assert state(begun / "outside") == before


def test_an_old_copy_put_back_is_found_and_not_signed_over(begun):
    shutil.copytree("ledger", "old")
    signer = read_signer(Path("keys/ledger.key"))
    LedgerFolder("ledger").append([], signer, NOW)
    place = Path(ok("ledger", "copy", "outside").strip())
    before = state(begun / "old")
    code, out = carrel("ledger", "verify", "old", "--key", "keys/ledger.vkey", "--checkpoint", place)
    assert (code, "LED-006" in out) == (5, True)
    with pytest.raises(CarrelError) as caught:
        LedgerFolder("old").append([], signer, NOW, known=[place.read_text()])
    assert caught.value.code == "LED-006"
    assert state(begun / "old") == before


def test_the_outside_copy_is_never_written_over(begun):
    book = LedgerFolder("ledger")
    first = copy_outward(book, begun / "outside", NOW)
    assert first.name == "128-20261122T020000Z.note"
    assert copy_outward(book, begun / "outside", NOW) == first
    read = book.checkpoint_text()
    book.append([], read_signer(Path("keys/ledger.key")), NOW)
    taken = begun / "outside/checkpoints/192-20261122T020000Z.note"
    taken.write_text(read)
    before = state(begun / "outside")
    with pytest.raises(CarrelError) as caught:
        copy_outward(book, begun / "outside", NOW)
    assert caught.value.code == "LED-016"
    assert state(begun / "outside") == before
    taken.unlink()
    second = copy_outward(book, begun / "outside", NOW)
    assert outside_copies(begun / "outside") == [first, second]
    assert second.read_text() == book.checkpoint_text()
    (begun / "file").write_text("")
    with pytest.raises(CarrelError) as caught:
        copy_outward(book, begun / "file", NOW)
    assert caught.value.code == "LED-021"


def test_show_prints_what_happened_and_no_padding(begun):
    out = ok("ledger", "show")
    rows = [line.split() for line in out.splitlines() if not line.startswith(" " * 20)]
    assert [(row[0], row[2]) for row in rows] == [("0", "genesis"), ("64", "plan"), ("65", "run")]
    assert "padding" not in out
    assert "kept=1-9" in out
    assert all(len(line) <= 100 for line in out.splitlines())
    assert [leaf["index"] for leaf in told("ledger", "show", "--kind", "run")["leaves"]] == [65]
    assert len(told("ledger", "show", "--kind", "padding", "--last", "7")["leaves"]) == 7
    assert told("ledger", "show", "--kind", "sweep")["leaves"] == []
    assert carrel("ledger", "show", "--kind", "patron")[0] == 2
    code, out = carrel("ledger", "show", "--folder", "nowhere")
    assert (code, "LED-011" in out) == (2, True)


def test_a_receipt_is_made_and_checked_away_from_the_ledger(begun):
    ok("ledger", "prove", "65", "--out", "run.tlog-proof")
    assert ok("ledger", "prove", "65").strip() == Path("run.tlog-proof").read_text().strip()
    shutil.rmtree("ledger")
    found = told("ledger", "prove", "--check", "run.tlog-proof", "--key", "keys/ledger.vkey")
    assert found["proved"] is True
    assert found["leaf"]["fields"]["outcome"] == "verified"
    receipt = Path("run.tlog-proof")
    whole = receipt.read_bytes()
    for at in range(len(whole)):
        receipt.write_bytes(whole)
        changed(receipt, at)
        code, _ = carrel("ledger", "prove", "--check", "run.tlog-proof", "--key", "keys/ledger.vkey")
        assert code == 5, at


def test_prove_is_used_in_one_way_or_the_other(begun):
    assert carrel("ledger", "prove")[0] == 2
    assert carrel("ledger", "prove", "-1")[0] == 2
    code, out = carrel("ledger", "prove", "128")
    assert (code, "LED-015" in out) == (2, True)
    ok("ledger", "prove", "3", "--out", "r.tlog-proof")
    assert carrel("ledger", "prove", "--check", "r.tlog-proof")[0] == 2
    assert carrel("ledger", "prove", "3", "--check", "r.tlog-proof", "--key", "keys/ledger.vkey")[0] == 2


def test_a_receipt_is_not_made_from_a_damaged_folder(begun):
    changed(begun / "ledger/tile/0/000.p/128")
    code, out = carrel("ledger", "prove", "3", "--out", "r.tlog-proof")
    assert (code, "LED-010" in out) == (5, True)
    assert not Path("r.tlog-proof").exists()


def test_a_damaged_edge_is_not_signed_over(begun):
    signer = read_signer(Path("keys/ledger.key"))
    for path in ("tile/0/000.p/128", "tile/entries/000.p/128"):
        place = begun / "ledger" / path
        whole = place.read_bytes()
        changed(place)
        before = state(begun / "ledger")
        with pytest.raises(CarrelError) as caught:
            LedgerFolder("ledger").append([], signer, NOW)
        assert caught.value.code in ("LED-010", "LED-009")
        assert state(begun / "ledger") == before
        place.write_bytes(whole)
    LedgerFolder("ledger").append([], signer, NOW)


def test_another_key_does_not_continue_the_ledger(begun):
    before = state(begun / "ledger")
    for name in ("library.example/ledger", "library.example/other"):
        with pytest.raises(CarrelError) as caught:
            LedgerFolder("ledger").append([], Signer.generate(name, bytes(32)), NOW)
        assert caught.value.code == "LED-014"
    with pytest.raises(CarrelError) as caught:
        LedgerFolder("new").create("library.example/a", Signer.generate("library.example/b", bytes(32)), NOW)
    assert caught.value.code == "LED-014"
    assert state(begun / "ledger") == before


def test_a_folder_without_ledger_is_left_alone(begun):
    signer = read_signer(Path("keys/ledger.key"))
    (begun / "papers/.staging").mkdir(parents=True)
    (begun / "papers/.staging/letter").write_text("mine")
    (begun / "papers/letter").write_text("mine")
    before = state(begun / "papers")
    for call, expected in [
        (lambda: LedgerFolder("papers").append([], signer, NOW), "LED-011"),
        (lambda: LedgerFolder("papers").recover(signer.verifier), "LED-011"),
        (lambda: LedgerFolder("papers").verify(signer.verifier), "LED-011"),
        (lambda: LedgerFolder("nowhere").append([], signer, NOW), "LED-011"),
        (lambda: LedgerFolder("nowhere").verify(signer.verifier), "LED-011"),
    ]:
        with pytest.raises(CarrelError) as caught:
            call()
        assert caught.value.code == expected
    assert state(begun / "papers") == before
    code, out = carrel("ledger", "begin", "--folder", "papers", "--key", "keys/ledger.key")
    assert (code, "LED-012" in out) == (4, True)
    assert carrel("ledger", "begin", "--key", "keys/ledger.key")[0] == 4
    assert not Path("nowhere").exists()


def test_a_folder_that_cannot_be_used_is_an_error_of_ours(begun):
    (begun / "ledger/.staging").write_text("a file where a folder should be")
    with pytest.raises(CarrelError) as caught:
        LedgerFolder("ledger").append([], read_signer(Path("keys/ledger.key")), NOW)
    assert caught.value.code == "LED-021"


def test_leaves_of_a_form_that_is_not_allowed_are_found_on_request(begun):
    class Other:
        def encode(self):
            return b'{"name":"Ada"}'

    LedgerFolder("ledger").append([Other()], read_signer(Path("keys/ledger.key")), NOW)
    ok("ledger", "verify", "ledger", "--key", "keys/ledger.vkey")
    code, out = carrel("ledger", "verify", "ledger", "--key", "keys/ledger.vkey", "--leaves")
    assert code == 5
    assert "leaf 128" in out
    assert "Ada" not in out
    assert "other" in ok("ledger", "show", "--last", "1")


# -- keys


def test_a_new_key_is_private_and_its_public_half_is_printed(here):
    vkey = ok("key", "new", "library.example/staff/ada", "--out", "keys/ada.key").strip()
    private, public = Path("keys/ada.key"), Path("keys/ada.vkey")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert private.read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert public.read_text().strip() == vkey
    for said in (private, public, vkey):
        assert ok("key", "show", said).strip() == vkey
        assert told("key", "show", said)["name"] == "library.example/staff/ada"
    assert [row["private_here"] for row in told("key", "list", "keys")["keys"]] == [True]
    assert vkey.split("+")[1] in ok("key", "list", "keys")
    assert ok("key", "list", here).strip() == "no keys in this folder"


def test_a_key_is_never_written_over(here):
    ok("key", "new", "library.example/a", "--out", "a.key")
    before = state(here)
    for out in ("a.key", "a.vkey", "a.pem"):
        code, said = carrel("key", "new", "library.example/b", "--out", out)
        assert (code, "LED-017" in said) == (4, True)
    assert state(here) == before


def test_a_private_key_that_others_can_read_is_refused(here):
    ok("key", "new", "library.example/a", "--out", "a.key")
    for mode in (0o640, 0o604, 0o660):
        Path("a.key").chmod(mode)
        code, out = carrel("ledger", "begin", "--key", "a.key")
        assert (code, "LED-018" in out) == (4, True)
        assert not Path("ledger/checkpoint").exists()


def test_a_passphrase_locks_the_private_file(here):
    place = Path("phrase")
    place.write_text(SECRET + "\n")
    code, out = carrel("key", "new", "library.example/a", "--out", "a.key", "--passphrase-file", "phrase")
    assert (code, "LED-018" in out) == (4, True)
    place.chmod(0o600)
    vkey = ok("key", "new", "library.example/a", "--out", "a.key", "--passphrase-file", "phrase").strip()
    assert "ENCRYPTED" in Path("a.key").read_text()
    assert read_signer(Path("a.key"), SECRET.encode()).vkey == vkey
    wrong, empty = Path("wrong"), Path("empty")
    wrong.write_text("something else\n")
    empty.write_text("\n")
    wrong.chmod(0o600)
    empty.chmod(0o600)
    for words, expected in [
        ([], "LED-019"),
        (["--passphrase-file", "wrong"], "LED-019"),
        (["--passphrase-file", "empty"], "LED-017"),
        (["--passphrase-file", "missing"], "LED-017"),
    ]:
        code, out = carrel("ledger", "begin", "--key", "a.key", *words)
        assert (code, expected in out) == (4, True), out
        assert SECRET not in out
    ok("ledger", "begin", "--key", "a.key", "--passphrase-file", "phrase")


def test_a_file_that_is_no_key_is_refused(here):
    ok("key", "new", "library.example/a", "--out", "a.key")
    ok("key", "new", "library.example/b", "--out", "b.key")
    shutil.copy("b.key", "a.key")
    for content, expected in [
        (None, "LED-017"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "LED-017"),
        ("", "LED-017"),
    ]:
        if content is not None:
            Path("a.key").write_text(content)
        with pytest.raises(CarrelError) as caught:
            read_signer(Path("a.key"))
        assert caught.value.code == expected
    with pytest.raises(CarrelError) as caught:
        read_signer(Path("none.key"))
    assert caught.value.exit is Exit.REFUSED
    Path("b.vkey").write_bytes(b"\xff")
    for said in ("b.vkey", "b.key", "nothing+at+all"):
        with pytest.raises(CarrelError) as caught:
            read_verifier(said)
        assert caught.value.code == "LED-004"
    for said in ("nothing", "keys/nothing.vkey", "/no/where.vkey"):
        with pytest.raises(CarrelError, match="no such file") as caught:
            read_verifier(said)
        assert caught.value.code == "LED-004"
    assert carrel("key", "show", "nothing")[0] == 2


def test_a_private_file_of_another_type_is_refused(here):
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    write_key(Path("a.key"), Signer.generate("library.example/a", bytes(32)))
    Path("a.key").write_bytes(
        X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    with pytest.raises(CarrelError) as caught:
        read_signer(Path("a.key"))
    assert caught.value.code == "LED-017"


@pytest.mark.parametrize("left", [(True, None), (True, b""), (False, None), (None, None)])
def test_a_key_whose_writing_was_cut_short_is_finished_or_made_anew(here, left):
    private, public = left
    signer = Signer.generate("library.example/a", bytes(32))
    write_key(Path("a.key"), signer)
    whole = Path("a.key").read_bytes()
    Path("a.vkey").unlink()
    if private is None:
        Path("a.key").unlink()
    elif not private:
        Path("a.key").write_bytes(b"")
    if public is not None:
        Path("a.vkey").write_bytes(public)
    finish_key(Path("a.key"), "library.example/a")
    if private:
        assert Path("a.key").read_bytes() == whole
        assert read_signer(Path("a.key")).vkey == signer.vkey
    else:
        write_key(Path("a.key"), signer)  # nothing is in the way
    finish_key(Path("a.key"), "library.example/another")
    assert read_signer(Path("a.key")).name == "library.example/a"


def test_a_key_with_a_passphrase_is_nobodys_to_finish(here):
    write_key(Path("a.key"), Signer.generate("library.example/a", bytes(32)), b"open sesame")
    Path("a.vkey").unlink()
    finish_key(Path("a.key"), "library.example/a")
    assert not Path("a.vkey").exists()


def test_every_command_says_an_example_in_its_help():
    for group in (ledger, key):
        for name in group.commands:
            assert f"Example: carrel {group.name} {name}" in " ".join(ok(group.name, name, "--help").split())


# -- witnesses


def test_a_witness_checks_before_it_cosigns_and_is_believed_afterwards(begun):
    ok("key", "new", "witness.example/w1", "--out", "witness/w.key")
    vkey = ok("key", "show", "witness/w.key", "--witness").strip()
    assert vkey != ok("key", "show", "witness/w.key").strip()
    code, out = carrel("ledger", "verify", "ledger", "--key", "keys/ledger.vkey", "--witness", vkey)
    assert (code, "LED-022" in out) == (5, True)

    words = ("cosign", "witness", "--key", "witness/w.key", "--log-key", "keys/ledger.vkey")
    first = Path(ok("ledger", *words).strip())
    found = told("ledger", "verify", "ledger", "--key", "keys/ledger.vkey", "--witness", vkey, "--checkpoint", first)
    assert [(one["witness"], one["size"]) for one in found["cosigned"]] == [("witness.example/w1", 128)]
    assert found["continues"] == [128]
    Path("w.vkey").write_text(vkey + "\n")
    assert "cosigned by" in ok(
        "ledger", "verify", "ledger", "--key", "keys/ledger.vkey", "--witness", "w.vkey", "--checkpoint", first
    )

    signer = read_signer(Path("keys/ledger.key"))
    LedgerFolder("ledger").append([], signer, NOW)
    ok("ledger", *words)
    forged = LedgerFolder("forged")
    forged.create(signer.name, signer, NOW)
    for _ in range(5):
        forged.append([], signer, NOW)
    before = state(begun / "witness")
    code, out = carrel("ledger", *words, "--folder", "forged")
    assert (code, "LED-006" in out) == (5, True)
    changed(begun / "ledger/tile/0/000.p/64")
    assert carrel("ledger", *words)[0] == 5
    assert state(begun / "witness") == before


def test_a_witness_key_is_told_from_others(begun):
    vkey = ok("key", "show", "keys/ledger.vkey").strip()
    code, out = carrel("ledger", "verify", "ledger", "--key", "keys/ledger.vkey", "--witness", vkey)
    assert (code, "LED-004" in out) == (2, True)
    Path("w.vkey").write_bytes(b"\xff")
    assert carrel("ledger", "verify", "ledger", "--key", "keys/ledger.vkey", "--witness", "w.vkey")[0] == 4


# -- the page about it

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def run(command, folder):
    """A command as a person types it, by the real program."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_on_the_page_works_in_its_order(here):
    commands = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
    assert len(commands) >= 11
    for command in commands:
        assert command.startswith("carrel ")
        done = run(command, here)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        assert done.stderr == ""


def test_the_calculation_on_the_page_gives_the_signed_root(begun):
    signer = read_signer(Path("keys/ledger.key"))
    for count in (0, 300):
        LedgerFolder("ledger").append([OpenLeaf("run", NOW, {"applied": 100})] * count, signer, NOW)
        (program,) = blocks("python")
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout == Path("ledger/checkpoint").read_text().split("\n")[2] + "\n"


def test_the_leaf_on_the_page_is_a_leaf():
    (leaf,) = blocks("json")
    assert decode_leaf(leaf.strip().encode()).kind == "run"


def test_the_program_says_what_is_wrong_and_ends_with_five(begun):
    changed(begun / "ledger/checkpoint")
    done = run("carrel ledger verify ledger --key keys/ledger.vkey", begun)
    assert done.returncode == 5
    assert "error[LED-00" in done.stderr
    done = run("carrel ledger verify ledger --key keys/ledger.vkey --json", begun)
    assert json.loads(done.stdout)["errors"][0]["code"].startswith("LED-00")
