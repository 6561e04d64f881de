"""The published example of C2SP tlog-cosignature, taken apart, and each rule of that text with a note that breaks it."""

from datetime import UTC, datetime

import pytest

from carrel.errors import CarrelError
from carrel.ledger.checkpoint import parse_checkpoint
from carrel.ledger.cosignature import Cosigned, Witness, cosign, cosigners_of, witness_of
from carrel.ledger.key import key_id
from carrel.ledger.note import Note, Signature, Signer, open_note, parse_note, sign_note

EXAMPLE = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
LOG = Signer.generate("library.example/ledger", bytes(range(32)))
WITNESS = Signer.generate("witness.example/w1", bytes([7]) * 32)
AT = datetime.fromtimestamp(1679315147, UTC)
CHECKPOINT = sign_note(parse_note(EXAMPLE).text.replace("example.com/behind-the-sofa", LOG.name), LOG)


def code(call, *arguments):
    with pytest.raises(CarrelError) as caught:
        call(*arguments)
    return caught.value.code


def test_the_published_example_is_taken_apart():
    note = parse_note(EXAMPLE)
    assert str(note) == EXAMPLE
    assert parse_checkpoint(note.text).size == 20_852_163
    witness = note.signatures[1]
    assert witness.name == "witness.example.com/w1"
    assert int.from_bytes(witness.body[:8], "big") == 1_679_315_147
    assert len(witness.body) == 8 + 64


def test_a_cosignature_holds_and_leaves_the_ledgers_own_alone():
    note = cosign(CHECKPOINT, WITNESS, AT)
    assert note.startswith(CHECKPOINT)
    assert cosigners_of(note, [witness_of(WITNESS)]) == (Cosigned(WITNESS.name, AT),)
    assert open_note(note, [LOG.verifier]) == parse_note(CHECKPOINT).text


def test_the_signed_message_is_that_of_the_specification():
    body = parse_note(cosign(CHECKPOINT, WITNESS, AT)).signatures[1].body
    assert WITNESS.verifier.holds("cosignature/v1\ntime 1679315147\n" + parse_note(CHECKPOINT).text, body[8:])


def test_the_key_has_a_type_of_its_own():
    witness = witness_of(WITNESS)
    assert witness.id == key_id(WITNESS.name, WITNESS.verifier.public, b"\x04") != WITNESS.verifier.id
    assert Witness.parse(witness.vkey) == witness
    assert code(Witness.parse, WITNESS.vkey) == "LED-004"
    for broken in ("", witness.vkey[:-1], witness.vkey.replace(witness.id.hex(), "00000000"), "+".join("abc")):
        assert code(Witness.parse, broken) == "LED-004"
    assert code(Witness, "w", bytes(31)) == "LED-004"


def test_a_plain_signature_of_the_same_key_is_no_cosignature():
    note = str(parse_note(CHECKPOINT).signed_by(WITNESS))
    assert cosigners_of(note, [witness_of(WITNESS)]) == ()


def test_unknown_witnesses_are_ignored():
    assert cosigners_of(cosign(CHECKPOINT, WITNESS, AT), []) == ()
    namesake = Signer.generate(WITNESS.name, bytes(32))
    assert cosigners_of(cosign(CHECKPOINT, WITNESS, AT), [witness_of(namesake)]) == ()


@pytest.mark.parametrize("at", [0, 7, 8, 71])
def test_a_changed_time_or_signature_is_refused(at):
    note = parse_note(cosign(CHECKPOINT, WITNESS, AT))
    body = bytearray(note.signatures[1].body)
    body[at] ^= 1
    broken = Note(note.text, (note.signatures[0], Signature(WITNESS.name, witness_of(WITNESS).id, bytes(body))))
    assert code(cosigners_of, str(broken), [witness_of(WITNESS)]) == "LED-003"


@pytest.mark.parametrize("body", [b"\x00", bytes(8), b"\xff" * 72, b"\x7f" + b"\xff" * 71])
def test_a_body_of_another_form_is_refused(body):
    note = Note(parse_note(CHECKPOINT).text, (Signature(WITNESS.name, witness_of(WITNESS).id, body),))
    assert code(cosigners_of, str(note), [witness_of(WITNESS)]) == "LED-003"


def test_a_cosignature_does_not_move_to_another_checkpoint():
    moved = cosign(CHECKPOINT, WITNESS, AT).replace("20852163", "20852164")
    assert code(cosigners_of, moved, [witness_of(WITNESS)]) == "LED-003"
