"""The laws of the evidence: a changed byte is seen wherever it stands, and nothing reads better than it is."""

from __future__ import annotations

import functools
import hashlib
import itertools
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.accountability.bundle_archive import BLOCK, pack, unpack
from carrel.accountability.bundle_contents import MANIFEST, RUNS
from carrel.accountability.bundle_manifest import Manifest
from carrel.accountability.bundle_place import require_next
from carrel.accountability.bundle_runs import RunState, evidenced_runs
from carrel.accountability.evidence_bundle import make_bundle, open_bundle
from carrel.accountability.evidenced_systems import SystemsShown, systems_shown
from carrel.accountability.plan_request import open_request, sign_request
from carrel.errors import CarrelError, Exit
from carrel.ledger.note import sign_note
from tests.unit.accountability import custody_rig
from tests.unit.accountability.custody_rig import HOST, LIBRARY, NOW, OTHER, PARTIES, Host, Ran

SEEN = {"CUS-010", "CUS-011"}


@functools.cache
def bundles() -> tuple[bytes, bytes]:
    """A bundle, and the next one of the same custodian."""
    with tempfile.TemporaryDirectory() as folder:
        host = Host(Path(folder) / "ledger")
        host.ran()
        first = host.bundle()
        size = host.ledger.size
        host.ran()
        return first, host.bundle(size, host.runs[1:])


def refused(raw: bytes, parties=PARTIES) -> str:
    with pytest.raises(CarrelError) as wrong:
        open_bundle(raw, parties)
    [first, *_] = wrong.value.faults
    assert first.fix
    assert first.condition.exit in {Exit.VERIFICATION_FAILED, Exit.REFUSED, Exit.USAGE}
    return wrong.value.code


def places(raw: bytes) -> list[int]:
    """One place of every kind: in each file its header's fields, first, middle and last byte, the filling, the end."""
    found, place = [], 0
    while raw[place] != 0:
        size = int(raw[place + 124 : place + 135], 8)
        found += [place + at for at in (0, 99, 100, 108, 124, 136, 148, 156, 157, 257, 263, 265, 329, 345, 511)]
        end = place + BLOCK + size
        found += [place + BLOCK, place + BLOCK + size // 2, end - 1, *([end] if size % BLOCK else [])]
        place = end + -size % BLOCK
    return [*found, place, len(raw) - 1]


def test_both_hold_and_the_second_follows_the_first():
    first, second = (open_bundle(raw, PARTIES) for raw in bundles())
    require_next(first, None)
    require_next(second, first)
    assert [one.state for one in (*first.runs, *second.runs)] == [RunState.VERIFIED] * 2
    assert pack(unpack(bundles()[0])) == bundles()[0]


def test_a_changed_byte_of_every_kind_is_seen():
    raw = bundles()[0]
    for place in places(raw):
        for mask in (0x01, 0x80):
            changed = bytearray(raw)
            changed[place] ^= mask
            assert refused(bytes(changed)) in SEEN, place


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_changed_cut_or_added_byte_is_seen(data):
    raw = bundles()[0]
    place = data.draw(st.integers(0, len(raw) - 1))
    changed = bytearray(raw)
    changed[place] ^= data.draw(st.integers(1, 255))
    assert refused(bytes(changed)) in SEEN
    assert refused(raw[:place]) in SEEN
    assert refused(raw + bytes(data.draw(st.sampled_from((1, BLOCK, 4 * BLOCK))))) in SEEN


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_file_taken_away_added_or_exchanged_is_seen_even_if_the_tar_is_made_anew(data):
    files = unpack(bundles()[0])
    name = data.draw(st.sampled_from(sorted(files)))
    assert refused(pack({key: value for key, value in files.items() if key != name})) in SEEN
    other = data.draw(st.sampled_from(sorted(set(files) - {name})))
    assert refused(pack({**files, name: files[other], other: files[name]})) in SEEN
    assert refused(pack({**files, "more.txt": b"more\n"})) in SEEN


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_changed_byte_of_a_request_is_seen(data):
    note = sign_request(custody_rig.request(), LIBRARY)
    raw = bytearray(note.encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 127))
    with pytest.raises(CarrelError) as wrong:
        open_request(raw.decode("utf-8", errors="replace"), PARTIES)
    assert wrong.value.code in {"CUS-001", "CUS-002"}


def test_another_pair_of_keys_verifies_nothing():
    raw = bundles()[0]
    assert refused(raw, replace(PARTIES, host_key=OTHER.vkey)) == "CUS-011"
    assert refused(raw, replace(PARTIES, library_key=OTHER.vkey)) == "CUS-002"
    assert refused(raw, replace(PARTIES, library="Oak Library")) == "CUS-011"


# What the host itself could sign: it has the key, and still cannot make a run read better than its ledger.


def signed_anew(raw: bytes, name: str, content: bytes) -> bytes:
    """A bundle in which the host has exchanged a file and signed that."""
    files = {**unpack(raw), name: content}
    _, manifest = files.pop(MANIFEST), open_bundle(raw, PARTIES).manifest
    digests = {key: hashlib.sha256(value).hexdigest() for key, value in files.items()}
    told: Manifest = replace(manifest, files=digests)
    return pack({**files, MANIFEST: sign_note(told.text(), HOST).encode()})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"loans": 40', b'"loans": 4000'),
        (b'"hits": 0', b'"hits": 3'),
        (b'"outcome": "VERIFIED"', b'"outcome": "UNVERIFIED"'),
        (b'"loan": 40', b'"loan": 41'),
        (b'"stage": "REST"', b'"stage": "ONE_PERCENT"'),
        (b'"finished_at": "2026-11-22T02:10:00Z"', b'"finished_at": "2026-11-23T02:10:00Z"'),
    ],
)
def test_figures_that_the_leaves_do_not_bear_out_are_refused(old, new):
    raw = bundles()[0]
    figures = unpack(raw)[RUNS]
    assert old in figures
    assert refused(signed_anew(raw, RUNS, figures.replace(old, new))) == "CUS-011"


def test_a_leaf_that_is_left_out_is_missed(tmp_path):
    host = Host(tmp_path / "ledger")
    host.ran(outcome="UNVERIFIED", left=12)
    evidence = host.evidence()
    without = {index: text for index, text in evidence.receipts.items() if index != 9}
    with pytest.raises(CarrelError) as wrong:
        make_bundle(replace(evidence, receipts=without), PARTIES, host.manifest(), HOST)
    assert wrong.value.code == "CUS-011"
    with pytest.raises(CarrelError):
        make_bundle(replace(evidence, runs=(), plans=()), PARTIES, host.manifest(), HOST)


def test_a_run_reads_as_verified_only_if_every_leaf_of_it_says_so():
    asked = custody_rig.request()
    requests = {asked.digest: asked}
    outcomes = ("VERIFIED", "RESIDUE", "UNVERIFIED", "FAILED", "NOT_REACHED")
    cases = itertools.product(outcomes, (0, 3, 40), (0, 1, 20), (True, False), ("REST", "THOUSAND"), (True, False))
    for outcome, left, hits, swept, stage, named in cases:
        plan = custody_rig.plan(asked.digest if named else "")
        ran = Ran(plan, outcome, stage, left=left, hits=hits, swept=swept)
        [run] = evidenced_runs(dict(enumerate(ran.leaves())), [ran.figures()], {plan.digest: plan}, requests)
        good = outcome in {"VERIFIED", "RESIDUE"} and not left and not hits and swept and named
        best = RunState.VERIFIED if stage == "REST" else RunState.STAGE
        assert run.state is (best if good else RunState.UNVERIFIED if named else RunState.NOT_ASKED)


def test_a_later_run_that_was_not_verified_takes_the_word_away(tmp_path):
    host = Host(tmp_path / "ledger")
    host.ran()
    assert shown_by(host.bundle()).carried_out is not None
    host.ran(outcome="UNVERIFIED", left=12)
    found = shown_by(host.bundle())
    assert (found.carried_out, found.waiting) == (None, ("koha",))
    assert [one.state for one in found.wrong] == [RunState.UNVERIFIED]
    host.ran()
    mended = shown_by(host.bundle())
    assert (mended.carried_out, mended.waiting, mended.wrong) == (host.runs[2].ended, (), ())


def shown_by(*raws: bytes) -> SystemsShown:
    return systems_shown([open_bundle(raw, PARTIES) for raw in raws])


END = st.sampled_from(
    [
        {},
        {"stage": "THOUSAND"},
        {"outcome": "UNVERIFIED", "left": 12},
        {"outcome": "VERIFIED", "hits": 1},
        {"outcome": "VERIFIED", "swept": False},
    ]
)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(["koha", "second"]), END, st.booleans()), min_size=1, max_size=5))
def test_the_last_run_of_every_system_decides_however_the_runs_are_spread_over_bundles(told):
    """Two systems under one request; which bundle tells of a run changes nothing, and no system is passed over."""
    with tempfile.TemporaryDirectory() as folder:
        host, raws, since, sent = Host(Path(folder) / "ledger", systems=("koha", "second")), [], 0, 0
        for system, end, given_out in told:
            host.ran(plan=custody_rig.plan(host.asked.digest, system=system), **end)
            if given_out:
                raws.append(host.bundle(since, host.runs[sent:]))
                since, sent = host.ledger.size, len(host.runs)
        if sent < len(host.runs):
            raws.append(host.bundle(since, host.runs[sent:]))
        spread, whole = shown_by(*raws), shown_by(host.bundle())
    last = {ran.plan.system: ran for ran in host.runs}
    good = {name: ran for name, ran in last.items() if ran.good}
    assert spread.waiting == tuple(sorted({"koha", "second"} - set(good)))
    assert spread.carried_out == (None if spread.waiting else min(ran.ended for ran in good.values()))
    assert spread.waiting == whole.waiting
    assert spread.carried_out == whole.carried_out
    assert [one.leaf for one in spread.wrong] == [one.leaf for one in whole.wrong]
    assert {one.system for one in spread.wrong} == {
        name for name, ran in last.items() if not ran.good and ran.stage == "REST"
    }


def test_a_system_that_is_not_listed_any_more_hides_no_bad_run(tmp_path):
    host = Host(tmp_path / "ledger", systems=("koha", "second"))
    host.ran(plan=custody_rig.plan(host.asked.digest, system="second"), outcome="UNVERIFIED", left=12)
    first, size = host.bundle(), host.ledger.size
    host.systems = ("koha",)
    host.ran()
    found = shown_by(first, host.bundle(size, host.runs[1:]))
    assert (found.carried_out, found.waiting, len(found.wrong)) == (None, ("second",), 1)


def test_an_older_bundle_a_gap_and_another_history_are_refused(tmp_path):
    first, second = (open_bundle(raw, PARTIES) for raw in bundles())
    for bundle, last in ((first, second), (second, None)):
        with pytest.raises(CarrelError) as wrong:
            require_next(bundle, last)
        assert wrong.value.code == "CUS-012"
    other = Host(tmp_path / "other")
    other.ran(loans=41)
    other.ran()
    other.ran()
    forked = open_bundle(other.bundle(), PARTIES)
    assert forked.checkpoint.size > second.checkpoint.size
    with pytest.raises(CarrelError) as wrong:
        require_next(forked, second)
    assert wrong.value.code == "CUS-011"
    same_time = replace(second, manifest=replace(second.manifest, made_at=NOW - timedelta(days=3)))
    with pytest.raises(CarrelError) as wrong:
        require_next(same_time, second)
    assert wrong.value.code == "CUS-012"
