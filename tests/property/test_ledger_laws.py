"""The laws of the ledger: what is once in it stays, and any change of any byte is seen."""

import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from carrel.errors import CarrelError, Exit
from carrel.ledger import merkle
from carrel.ledger.growth import Edge
from carrel.ledger.intent import Intent, parse_intent
from carrel.ledger.leaf import OpenLeaf, banded, decode_leaf
from carrel.ledger.leaf_fields import FIELDS
from carrel.ledger.note import Signer, open_note, parse_note, sign_note
from carrel.ledger.proof import verify_receipt
from carrel.ledger.tile import decode_entries, encode_entries, tile_bytes
from carrel.ledger.verification import verify_files
from carrel.store.ledger_folder import LedgerFolder

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SIGNER = Signer.generate("library.example/ledger", bytes(range(32)))
MOST = 200
HASHES = [merkle.leaf_hash(n.to_bytes(2, "big")) for n in range(MOST)]


class Raw:
    """A leaf of any bytes."""

    def __init__(self, raw):
        self.raw = raw

    def encode(self):
        return self.raw


class Memory:
    """A folder's files in memory: a whole implementation of `carrel.ledger.ports.Files`."""

    def __init__(self, files):
        self.files = dict(files)

    def read(self, path):
        return self.files.get(path)

    def paths(self):
        return list(self.files)


def load(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".staging" not in path.parts
    }


def leaves(count, start=0):
    return [Raw((start + n).to_bytes(3, "big")) for n in range(count)]


class Stopped(Exception):  # noqa: N818  (it is no error of ours)
    """The process ends here."""


@cache
def folders():
    """Ledgers of several sizes, one with partial tiles of older sizes, some in the middle of an append."""
    found = {}
    with tempfile.TemporaryDirectory() as place:
        for size in (1, 2, 64, 255, 256, 257, 600):
            ledger = LedgerFolder(Path(place) / str(size))
            ledger.create(SIGNER.name, SIGNER, NOW, pad_to=1)
            ledger.append(leaves(size - 1), SIGNER, NOW, pad_to=1)
            found[f"size {size}"] = load(ledger.path)
        ledger = LedgerFolder(Path(place) / "grown")
        ledger.create(SIGNER.name, SIGNER, NOW)
        for _ in range(6):
            ledger.append(leaves(3), SIGNER, NOW)
        found["grown"] = load(ledger.path)
        for stop in ("intent", "files durable", "checkpoint", "partials removed"):
            cut = LedgerFolder(Path(place) / stop)
            shutil.copytree(ledger.path, cut.path)

            def step(name, stop=stop):
                if name == stop:
                    raise Stopped

            with pytest.raises(Stopped):
                cut.append(leaves(130), SIGNER, NOW, step=step)
            found[f"cut short at {stop}"] = load(cut.path)
    return found


def test_the_folders_hold_before_they_are_changed():
    for name, files in folders().items():
        found = verify_files(Memory(files), SIGNER.verifier)
        assert found.interrupted is name.startswith("cut short")
        assert found.files == len(files)
    assert "tile/0/001.p/64" in folders()["grown"]


def refused(files):
    with pytest.raises(CarrelError) as caught:
        verify_files(Memory(files), SIGNER.verifier)
    return caught.value


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_changed_byte_of_any_file_is_detected(data):
    files = dict(folders()[data.draw(st.sampled_from(sorted(folders())))])
    path = data.draw(st.sampled_from(sorted(path for path in files if files[path])))
    at = data.draw(st.integers(0, len(files[path]) - 1))
    other = data.draw(st.integers(1, 255))
    content = bytearray(files[path])
    content[at] ^= other
    files[path] = bytes(content)
    assert refused(files).exit is Exit.VERIFICATION_FAILED


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_file_cut_lengthened_or_taken_away_is_detected(data):
    name = data.draw(st.sampled_from(sorted(folders())))
    files = dict(folders()[name])
    path = data.draw(st.sampled_from(sorted(files)))
    act = data.draw(st.sampled_from(["cut", "lengthen", "swap", "add"]))
    if act == "cut":
        assume(files[path])
        files[path] = files[path][: data.draw(st.integers(0, len(files[path]) - 1))]
    elif act == "lengthen":
        files[path] += data.draw(st.binary(min_size=1, max_size=40))
    elif act == "swap":
        other = data.draw(st.sampled_from(sorted(files)))
        assume(files[path] != files[other])
        files[path], files[other] = files[other], files[path]
    else:
        added = data.draw(st.sampled_from(["x", "tile/0/999", "tile/entries/999.p/3", "tile/9/000", path + ".old"]))
        files[added] = data.draw(st.sampled_from([b"", files[path]]))
    refused(files)


def test_every_file_the_tree_needs_is_missed():
    for name in ("size 600", "size 256", "size 1"):
        for path in folders()[name]:
            if path != ".lock":
                refused({other: content for other, content in folders()[name].items() if other != path})


def test_the_ledger_of_another_key_is_refused():
    with pytest.raises(CarrelError) as caught:
        verify_files(Memory(folders()["grown"]), Signer.generate(SIGNER.name, bytes(32)).verifier)
    assert caught.value.code == "LED-003"


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_inclusion_holds_for_every_leaf_of_every_size(size):
    root, node = merkle.root_of(HASHES[:size]), merkle.node_in(HASHES[:size])
    for index in range(size):
        proof = merkle.prove_inclusion(index, size, node)
        assert merkle.verify_inclusion(index, size, HASHES[index], root, proof)
        assert not merkle.verify_inclusion(index, size, HASHES[index - 1] if size > 1 else bytes(32), root, proof)
        assert not merkle.verify_inclusion(index + 1, size, HASHES[index], root, proof)


@pytest.mark.parametrize("new", range(1, MOST + 1))
def test_consistency_holds_for_every_pair_of_sizes(new):
    root, node = merkle.root_of(HASHES[:new]), merkle.node_in(HASHES[:new])
    for old in range(1, new + 1):
        proof = merkle.prove_consistency(old, new, node)
        before = merkle.root_of(HASHES[:old])
        assert merkle.verify_consistency(old, new, before, root, proof)
        assert not merkle.verify_consistency(old, new, bytes(32), root, proof)
        if old < new:
            assert not merkle.verify_consistency(old, new, before, bytes(32), proof)
            assert not merkle.verify_consistency(old + 1, new, before, root, proof)


@given(st.lists(st.binary(max_size=3), max_size=700), st.lists(st.integers(1, 300), max_size=8))
def test_growing_in_parts_equals_growing_at_once(entries, parts):
    once, several = Edge(), Edge()
    at_once = once.grow(entries)
    in_parts, place = {}, 0
    for part in [*parts, len(entries)]:
        in_parts |= several.grow(entries[place : place + part])
        place += part
    assert several == once
    assert once.root() == merkle.root_of(merkle.leaf_hashes(entries))
    assert at_once.items() <= in_parts.items()
    assert {tile: tile_bytes(tile, items) for tile, items in at_once.items()}.items() <= {
        tile: tile_bytes(tile, items) for tile, items in in_parts.items()
    }.items()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=4))
def test_appending_in_batches_equals_appending_at_once(parts):
    with tempfile.TemporaryDirectory() as place:
        once, several = LedgerFolder(Path(place) / "once"), LedgerFolder(Path(place) / "several")
        for ledger in (once, several):
            ledger.create(SIGNER.name, SIGNER, NOW, pad_to=1)
        once.append(leaves(sum(parts)), SIGNER, NOW, pad_to=1)
        notes, done = [several.checkpoint_text()], 0
        for part in parts:
            several.append(leaves(part, done), SIGNER, NOW, pad_to=1, known=notes)
            notes.append(several.checkpoint_text())
            done += part
        assert several.checkpoint_text() == once.checkpoint_text()
        assert load(once.path).items() <= load(several.path).items()
        assert list(several.entries()) == list(once.entries())
        assert several.verify(SIGNER.verifier, notes).known == tuple(1 + sum(parts[:n]) for n in range(len(parts) + 1))
        for index in (0, done // 2, done):
            assert verify_receipt(several.receipt(index), SIGNER.verifier).index == index


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 530), st.integers(1, 530), st.integers(0, 20), st.integers(0, 20))
def test_an_append_cut_short_anywhere_even_twice_is_finished_by_the_next(before, batch, first, second):
    def stop_after(count):
        left = [count]

        def step(_name):
            if left[0] == 0:
                raise Stopped
            left[0] -= 1

        return step

    with tempfile.TemporaryDirectory() as place:
        ledger = LedgerFolder(Path(place) / "ledger")
        ledger.create(SIGNER.name, SIGNER, NOW, pad_to=1)
        ledger.append(leaves(before), SIGNER, NOW, pad_to=1)
        old = ledger.checkpoint_text()
        for count in (first, second):
            try:
                ledger.append(leaves(batch, before), SIGNER, NOW, pad_to=1, step=stop_after(count))
            except Stopped:
                ledger.verify(SIGNER.verifier, old)
        ledger.append(leaves(1, 70_000), SIGNER, NOW, pad_to=1)
        found = ledger.verify(SIGNER.verifier, old)
        assert not found.interrupted
        whole = list(ledger.entries(1))
        assert whole[:before] == [leaf.raw for leaf in leaves(before)]
        assert whole[-1] == leaves(1, 70_000)[0].raw
        assert len(whole) - before - 1 in (0, batch, 2 * batch)


@given(st.lists(st.binary(max_size=300), max_size=20), st.binary(max_size=8))
def test_bundles_and_intents_keep_their_bytes(entries, tail):
    assert decode_entries(encode_entries(entries), "x") == entries
    intent = Intent("note ü\n", tuple(entries))
    assert parse_intent(intent.encode()) == intent
    try:
        again = parse_intent(intent.encode() + tail)
    except CarrelError as error:
        assert tail
        assert error.exit is Exit.VERIFICATION_FAILED
    else:
        assert again == intent
        assert not tail


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=200))
def test_what_was_signed_opens_and_nothing_else(text):
    text += "\n"
    note = sign_note(text, SIGNER)
    assert open_note(note, [SIGNER.verifier]) == text
    assert str(parse_note(note)) == note


@given(st.text())
def test_no_text_opens_without_a_signature(text):
    with pytest.raises(CarrelError) as caught:
        open_note(text, [SIGNER.verifier])
    assert caught.value.exit is Exit.VERIFICATION_FAILED


@given(st.integers(0, 1 << 50))
def test_a_banded_count_never_tells_a_small_number(count):
    said = banded(count)
    assert said == count or (said == "1-9" and 1 <= count <= 9)
    leaf = OpenLeaf("run", NOW, {"applied": said})
    assert decode_leaf(leaf.encode()) == leaf


@given(
    st.sampled_from(sorted(FIELDS)), st.text(max_size=12), st.one_of(st.text(), st.integers(), st.floats(), st.none())
)
def test_a_field_takes_what_its_form_allows_and_nothing_else(kind, name, value):
    form = FIELDS[kind].get(name)
    try:
        leaf = OpenLeaf(kind, NOW, {name: value})
    except CarrelError as error:
        assert error.code == "LED-001"
        assert form is None or not form.allows(value)
    else:
        assert form is not None
        assert decode_leaf(leaf.encode()) == leaf
