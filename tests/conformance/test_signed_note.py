"""The published example of C2SP signed-note, and each rule of that text with a note that breaks it."""

import base64

import pytest

from carrel.errors import CarrelError
from carrel.ledger.note import Note, Signature, Signer, Verifier, open_note, parse_note, sign_note

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
TEXT = "This is an example message.\n"
NOTE = (
    TEXT
    + "\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
OTHER = Signer.generate("example.com/other", bytes(range(32)))


def code(call, *arguments):
    with pytest.raises(CarrelError) as caught:
        call(*arguments)
    return caught.value.code


def test_the_published_note_opens():
    assert open_note(NOTE, [Verifier.parse(VKEY)]) == TEXT
    assert Verifier.parse(VKEY).vkey == VKEY


def test_unknown_signatures_are_ignored_beside_a_known_one():
    both = str(parse_note(NOTE).signed_by(OTHER))
    assert open_note(both, [Verifier.parse(VKEY)]) == TEXT
    assert open_note(both, [OTHER.verifier]) == TEXT
    assert open_note(both, [OTHER.verifier, Verifier.parse(VKEY)]) == TEXT


def test_only_unknown_signatures_are_refused():
    assert code(open_note, NOTE, [OTHER.verifier]) == "LED-003"
    assert code(open_note, NOTE, []) == "LED-003"


def test_the_same_name_with_another_key_is_an_unknown_key():
    namesake = Signer.generate("example.com/foo", bytes(32))
    assert code(open_note, NOTE, [namesake.verifier]) == "LED-003"


def test_a_known_signature_that_fails_refuses_the_note_even_beside_a_good_one():
    good = parse_note(NOTE).signed_by(OTHER)
    bad = Note(good.text, (good.signatures[0], Signature(OTHER.name, OTHER.verifier.id, bytes(64))))
    assert code(open_note, str(bad), [Verifier.parse(VKEY), OTHER.verifier]) == "LED-003"
    assert open_note(str(bad), [Verifier.parse(VKEY)]) == TEXT


def test_sixteen_signatures_are_accepted():
    note = parse_note(NOTE)
    for number in range(15):
        note = note.signed_by(Signer.generate(f"witness{number}.example", bytes([number + 1]) * 32))
    assert len(note.signatures) == 16
    assert open_note(str(note), [Verifier.parse(VKEY)]) == TEXT


def test_too_many_signatures_are_refused():
    line = parse_note(NOTE).signatures[0].line() + "\n"
    assert code(parse_note, TEXT + "\n" + line * 65) == "LED-002"


def test_the_text_may_hold_empty_lines():
    text = "first\n\n\nlast\n"
    assert open_note(sign_note(text, OTHER), [OTHER.verifier]) == text


@pytest.mark.parametrize(
    "broken",
    [
        "",
        TEXT,
        TEXT + "\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("— ", "- "),
        NOTE.replace("— ", "—\u00a0"),
        NOTE.replace("example.com/foo ", "example.com/foo  "),
        NOTE.replace("aQM=", "aQM"),
        NOTE.replace("aQM=", "aQN="),
        NOTE.replace("aQM=\n", "aQM= \n"),
        NOTE.replace("This", "Th\tis"),
        NOTE.replace("This", "Th\ris"),
        NOTE.replace("This", "Th\x00is"),
        TEXT + "\n— example.com/foo " + base64.b64encode(b"1234").decode() + "\n",
    ],
)
def test_a_broken_form_is_refused(broken):
    assert code(open_note, broken, [Verifier.parse(VKEY)]) == "LED-002"


def test_any_change_of_the_text_is_refused():
    assert code(open_note, NOTE.replace("This", "Thus"), [Verifier.parse(VKEY)]) == "LED-003"


@pytest.mark.parametrize("text", ["no line feed", "bell\x07\n", "half\ud800\n", ""])
def test_what_cannot_be_signed(text):
    assert code(sign_note, text, OTHER) == "LED-002"


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "example.com/foo",
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("+Ae", "+Be"),
        VKEY[:-1],
        VKEY.replace("example.com/foo", "example.com/fo o"),
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_a_broken_public_key_is_refused(vkey):
    assert code(Verifier.parse, vkey) == "LED-004"
