"""The statement of no responsive records, the manifest, and the note that signs it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.disclosure.period import period
from carrel.disclosure.production import NotRead, Production, Searched, judged, trimmed
from carrel.disclosure.release_manifest import Occasion, manifest
from carrel.disclosure.release_note import commitment, manifest_text, opened, signed
from carrel.disclosure.scope import read_scope
from carrel.disclosure.statement import NONE, Evidence, Proof, statement
from carrel.errors import CarrelError
from carrel.ledger.note import Signer
from carrel.policy.duration import Duration
from carrel.policy.schedule import Disposition
from carrel.rights.ending import Keeping, Rule
from carrel.rights.third_persons import HeldRow, Withheld
from tests.unit.disclosure.test_scope import WHOLE

AT = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
SCOPE = read_scope(WHOLE, "scope.yaml")
RULE = Rule("returned", ("returned",), Duration.parse("7 days"), Disposition.DE_IDENTIFY, ("MITL-5.1",))
KEEPING = Keeping("loans", "loans", ("lending",), (RULE,))
OCCASION = Occasion("2026-7", "not checked", "Elm Library", "Cal", AT, "00" * 32, False, ("mailbox desk",))
FOUND = Production(
    (),
    (Searched("koha", "a product", "reader@localhost", AT, "UTC", {"loans": ("loans_of_old",)}, {"loans": 0}),),
    (NotRead("loans", "koha", "notes", "", "no column tells when"),),
    {("loans", "koha"): period("2026-03-01", "2026-04-01", UTC, "part")},
)  # fmt: skip
SIGNER = Signer("elm.example/ledger", b"s" * 32)


def told(evidence: Evidence) -> str:
    return statement(SCOPE, FOUND, OCCASION, [evidence])


def test_a_statement_tells_what_was_searched_and_what_was_not() -> None:
    text = told(Evidence("koha", KEEPING, "elm", "d" * 64, carried_out=True))
    for said in (
        "the titles borrowed on the card, with the dates", "reader@localhost", "nobody is registered there",
        "mailbox desk", "notes in koha", "binary logs", "kept 7 days after returned", "MITL-5.1",
        "No run that carries it out is on record as verified", "Custodian of records: ____", "asserts nothing",
    ):  # fmt: skip
        assert said in text, said
    assert "K7700123" not in text


@pytest.mark.parametrize(
    ("proof", "later", "said"),
    [
        (Proof("r", AT, "rows read back"), None, "the ledger has no leaf of it yet"),
        (Proof("r", AT, "rows read back", 3, 32, "ab", "evidence/koha.tlog-proof"), None, "leaf 3 of the ledger, proved by"),
        (Proof("r", AT, "rows read back", 3, 32, "ab", "x"), AT, "A run that ended 2026-11-27 12:00 UTC was not"),
    ],
)  # fmt: skip
def test_what_is_said_of_the_last_run(proof: Proof, later: datetime | None, said: str) -> None:
    found = Evidence("koha", KEEPING, "elm", "d" * 64, carried_out=True, proof=proof, not_verified=later)
    assert said in told(found)
    assert json.loads(json.dumps(found.as_dict()))["last_verified_run"]["run"] == "r"


def test_a_kind_without_a_rule_claims_no_run() -> None:
    found = Evidence("koha", Keeping("charges", promised="until paid"), "elm", "d" * 64, carried_out=False)
    assert "has no rule that ends them. The policy says in words: until paid" in told(found)
    assert "No run of Carrel carries out a rule" in told(found)


def test_a_row_is_cut_down_to_what_is_asked_for() -> None:
    row = HeldRow({"lent": "2026-03-01", "note": "x", "number": 5}, {"lender": Withheld.STAFF}, ("note",))
    assert trimmed(row, ()) == HeldRow({})
    month = FOUND.periods["loans", "koha"]
    assert judged(("returned", "lent"), row, month) == "within"
    assert judged(("returned",), row, month) == "undated"
    assert judged((), row, None) == "within"


BODY = manifest_text(manifest(SCOPE, FOUND, OCCASION, NONE, []), {"statement.txt": "0" * 64}).encode()
NOTE = signed(BODY, SIGNER)


def test_a_manifest_is_opened_by_its_own_key_alone() -> None:
    assert opened(BODY, NOTE, SIGNER.verifier)["case"] == "2026-7"
    for body, note, signer in (
        (BODY, NOTE, Signer("elm.example/ledger", b"t" * 32)),
        (BODY + b" ", NOTE, SIGNER),
        (BODY, "", SIGNER),
        (BODY, NOTE + NOTE.split("\n")[-2] + "\n", SIGNER),
    ):
        with pytest.raises(CarrelError) as wrong:
            opened(body, note, signer.verifier)
        assert wrong.value.code == "DSC-063"
    with pytest.raises(CarrelError) as wrong:
        opened(b"{}", signed(b"{}", SIGNER), SIGNER.verifier)
    assert wrong.value.code == "DSC-062"


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_any_changed_byte_of_a_manifest_is_refused(place: int, by: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= by
    with pytest.raises(CarrelError):
        opened(bytes(changed), NOTE, SIGNER.verifier)


def test_the_commitment_can_be_opened_with_the_package() -> None:
    told_salt = json.loads(BODY)["salt"]
    expected = hashlib.sha256(bytes.fromhex(told_salt) + hashlib.sha256(BODY).digest()).hexdigest()
    assert commitment(told_salt, BODY) == expected
