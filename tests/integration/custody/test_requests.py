"""What a custodian refuses: every wrong request, and every plan that was not asked for. Nothing is changed then."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from carrel.accountability.plan_request import open_request
from carrel.ledger.note import Signer
from tests.integration.custody.two_sites import changed

ADA = ("--as", "Ada Example", "--yes")


def test_wrong_requests_are_refused_and_change_nothing(sites):
    good = sites.request()
    text = good.read_text()
    bad = sites.mail / "bad.note"
    bad.write_text(text.replace('"evidence_days": 35', '"evidence_days": 99'))
    sites.host.refused("custodian", "accept", bad, *ADA, code=4, error="CUS-002")
    bad.write_text(text.replace("carrel plan request 1", "carrel plan request 2"))
    sites.host.refused("custodian", "accept", bad, *ADA, code=4, error="CUS-002")
    bad.write_text("please delete everything\n")
    sites.host.refused("custodian", "accept", bad, *ADA, code=2, error="CUS-001")
    bad.write_bytes(b"\xff" * 4000)
    sites.host.refused("custodian", "accept", bad, *ADA, code=2, error="CUS-001")
    sites.keys["eve"] = Signer.generate(sites.keys["library"].name, os.urandom(32))
    forged = changed(sites, good, "forged.note", key="eve")
    sites.host.refused("custodian", "accept", forged, *ADA, code=4, error="CUS-002")
    for what in ({"host": "Other Consortium"}, {"host_key": sites.keys["eve"].vkey}, {"library": "Elm Library"}):
        other = changed(sites, good, "other.note", **what)
        sites.host.refused("custodian", "accept", other, *ADA, code=4, error="CUS-003")
    request = open_request(text, sites.parties)
    past = {"issued_at": request.issued_at - timedelta(days=9), "valid_until": request.issued_at - timedelta(days=1)}
    sites.host.refused("custodian", "accept", changed(sites, good, "past.note", **past), *ADA, code=4, error="CUS-004")
    digest = changed(sites, good, "digest.note", policy_digest="0" * 64)
    sites.host.refused("custodian", "accept", digest, *ADA, code=4, error="CUS-007")
    sites.host.refused("plan", "--as", "Cal Example", "--out", sites.mail / "x.json", code=4, error="CUS-017")
    sites.host.refused("custodian", "accept", good, "--as", "Cal Example", "--yes", code=4, error="HLD-006")
    sites.host.refused("custodian", "accept", good, "--as", "Ada Example", code=4, error="APR-009")
    assert not (sites.host.folder / "custodian" / "policy.yaml").exists()


def test_an_old_request_never_comes_back(sites):
    first = sites.request()
    before = changed(
        sites,
        first,
        "before.note",
        issued_at=open_request(first.read_text(), sites.parties).issued_at - timedelta(hours=1),
    )
    sites.accept(first)
    sites.host.refused("custodian", "accept", before, *ADA, code=4, error="CUS-005")
    issued = open_request(first.read_text(), sites.parties).issued_at
    second = changed(sites, first, "second.note", issued_at=issued + timedelta(seconds=60), nonce="1" * 32)
    sites.accept(second)
    sites.host.refused("custodian", "accept", first, *ADA, code=4, error="CUS-005")
    assert sites.accept(second)["request"]["digest"]  # once more is nothing new


def test_a_laxer_policy_than_the_custodians_own_is_refused(sites):
    place = sites.host.folder / "carrel.yaml"
    place.write_text(place.read_text() + "  at_least: floor.yaml\n")
    text = (sites.library.folder / "policy.yaml").read_text()
    (sites.host.folder / "floor.yaml").write_text(text)
    sites.accept(sites.request())
    sites.library.edit("at most: 30 days", "at most: 40 days", "policy.yaml")
    lax = sites.request(name="lax.note")
    answer = sites.host.refused("custodian", "accept", lax, *ADA, code=4, error="CUS-006")
    assert "40 days" in answer.err


def test_only_what_was_asked_for_may_be_done(sites):
    host = sites.host
    first = sites.request()
    sites.accept(first)
    plan = host.plan()
    host.approve(plan, *host.waiver)
    card = sites.mail / "card.txt"
    card.write_text("1\n")
    for words in (("--erase", card), ("--rectify", card)):
        host.refused("plan", *words, "--as", "Cal Example", "--out", sites.mail / "x.json", code=4, error="CUS-008")
    # A newer request: what was planned and approved under the one before is not carried out any more.
    issued = open_request(first.read_text(), sites.parties).issued_at
    second = changed(sites, first, "second.note", issued_at=issued + timedelta(seconds=30), nonce="2" * 32)
    sites.accept(second)
    host.refused("apply", plan, code=4, error="CUS-008")
    # The policy is another one than was asked for.
    policy = host.folder / "custodian" / "policy.yaml"
    text = policy.read_text()
    policy.write_text(text.replace("at most: 30 days", "at most: 20 days"))
    host.refused("plan", "--as", "Cal Example", "--out", sites.mail / "x.json", code=4, error="CUS-007")
    policy.write_text(text)
    # The note in force was changed on the disk.
    note = host.folder / "custodian" / "current.note"
    note.write_text(note.read_text().replace('"as_of_hours": 24', '"as_of_hours": 9000'))
    host.refused("plan", "--as", "Cal Example", "--out", sites.mail / "x.json", code=4, error="CUS-002")
    note.unlink()
    host.refused("plan", "--as", "Cal Example", "--out", sites.mail / "x.json", code=4, error="CUS-017")
    # Some branches only, and what would be cut is not seen to be theirs.
    third = changed(
        sites, first, "third.note", issued_at=issued + timedelta(seconds=50), nonce="3" * 32, branches=("CPL",)
    )
    sites.accept(third)
    answer = host.refused("plan", "--as", "Cal Example", "--out", sites.mail / "x.json", code=4, error="CUS-008")
    assert "CPL" in answer.err


def test_each_verb_is_for_one_side(sites):
    sites.library.refused(
        "custodian",
        "accept",
        sites.library.folder / "policy.yaml",
        "--as",
        "Dee Example",
        "--yes",
        code=2,
        error="CUS-009",
    )
    sites.library.refused("custodian", "bundle", "--out", sites.mail / "x.tar", code=2, error="CUS-009")
    key = sites.host.folder / "keys" / "ledger.key"
    sites.host.refused("custodian", "request", "--key", key, "--out", sites.mail / "x.note", code=2, error="CUS-009")
    sites.library.refused(
        "custodian",
        "request",
        "--key",
        sites.library.folder / "dee.key",
        "--out",
        sites.mail / "x.note",
        code=4,
        error="CUS-003",
    )
    sites.library.refused("plan", "--as", "Dee Example", "--out", sites.mail / "x.json", code=2, error="SIT-007")
    assert not list(sites.mail.iterdir())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("library_key: ", "library_key: x"),
        ("party: library", "party: both"),
        ("  host: Example Consortium", "  host: Example\u200bConsortium"),
        ("party: library", "party: library\n  at_least: worcester"),
    ],
)
def test_a_block_of_the_site_file_that_cannot_be_meant_is_told(sites, old, new):
    sites.library.edit(old, new)
    sites.library.refused("custodian", "show", code=2, error="SIT-001")
