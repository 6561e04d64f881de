import base64

import pytest

from carrel.errors import CarrelError
from carrel.ledger import merkle
from carrel.ledger.checkpoint import Checkpoint, must_continue, open_checkpoint, parse_checkpoint
from carrel.ledger.key import SKEY_PREFIX
from carrel.ledger.note import Signer, Verifier, sign_note
from carrel.ledger.proof import make_receipt, parse_receipt, verify_receipt

SIGNER = Signer.generate("library.example/ledger", bytes(range(32)))
HASHES = merkle.leaf_hashes([bytes([n]) for n in range(20)])


def tree(size, hashes=HASHES):
    return Checkpoint(SIGNER.name, size, merkle.root_of(hashes[:size]))


def consistency(old, new):
    return merkle.prove_consistency(old, new, merkle.node_in(HASHES))


def code(call, *arguments, **named):
    with pytest.raises(CarrelError) as caught:
        call(*arguments, **named)
    return caught.value.code


def test_the_text_is_three_lines():
    text = tree(3).text()
    assert text == f"library.example/ledger\n3\n{base64.b64encode(tree(3).root).decode()}\n"
    assert parse_checkpoint(text) == tree(3)
    note = tree(3).signed(SIGNER, since=None)
    assert open_checkpoint(note, SIGNER.verifier) == tree(3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        tree(3).text() + "extension\n",
        tree(3).text()[:-1],
        tree(3).text().replace("library.example/ledger", ""),
        tree(3).text().replace("\n3\n", "\n03\n"),
        tree(3).text().replace("\n3\n", "\n-3\n"),
        tree(3).text().replace("\n3\n", "\n٣\n"),
        tree(3).text().replace("\n3\n", "\n" + "9" * 5000 + "\n"),
        tree(3).text().replace("=\n", "\n"),
        "o\n1\nAAAA\n",
    ],
)
def test_another_form_is_refused(text):
    assert code(parse_checkpoint, text) == "LED-005"


def test_another_origin_than_the_keys_name_is_refused():
    note = sign_note(tree(3).text().replace("ledger", "other"), SIGNER)
    assert code(open_checkpoint, note, SIGNER.verifier) == "LED-005"


def test_a_checkpoint_that_continues_the_last_is_signed():
    note = tree(20).signed(SIGNER, since=tree(7), proof=consistency(7, 20))
    assert open_checkpoint(note, SIGNER.verifier).size == 20
    must_continue(Checkpoint(SIGNER.name, 0, merkle.EMPTY_ROOT), tree(5), [])
    must_continue(tree(5), tree(5), [])


def test_nothing_that_contradicts_the_last_is_signed():
    forged = tree(7, merkle.leaf_hashes([b"x"] * 20))
    for since, new, proof in [
        (forged, tree(20), consistency(7, 20)),
        (tree(7), tree(20), []),
        (tree(7), tree(20), consistency(8, 20)),
        (tree(20), tree(7), []),
        (forged, tree(7), []),
        (Checkpoint(SIGNER.name, 0, bytes(32)), tree(7), []),
        (Checkpoint("another.example/ledger", 7, tree(7).root), tree(20), consistency(7, 20)),
    ]:
        assert code(new.signed, SIGNER, since=since, proof=proof) == "LED-006"


def test_a_key_of_another_name_signs_nothing():
    assert code(tree(3).signed, Signer.generate("another.example/ledger", bytes(32)), since=None) == "LED-014"


def receipt(index=11, size=20):
    node = merkle.node_in(HASHES[:size])
    return make_receipt(bytes([index]), index, size, node, tree(size).signed(SIGNER, since=None))


def test_a_receipt_proves_its_leaf():
    text = receipt()
    assert text.startswith("c2sp.org/tlog-proof@v1\nextra Cw==\nindex 11\n")
    assert parse_receipt(text).text() == text
    proved = verify_receipt(text, SIGNER.verifier)
    assert (proved.entry, proved.index, proved.checkpoint) == (b"\x0b", 11, tree(20))
    assert verify_receipt(receipt(0, 1), SIGNER.verifier).checkpoint.size == 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("tlog-proof@v1", "tlog-proof@v2", "LED-007"),
        ("index 11", "index 011", "LED-007"),
        ("index 11", "index -1", "LED-007"),
        ("index 11\n", "", "LED-007"),
        ("extra Cw==", "extra Cw", "LED-007"),
        ("extra Cw==\n", "", "LED-007"),
        ("index 11\n", "index 11\nAAAA\n", "LED-007"),
        ("index 11\n", "index 11\n" + base64.b64encode(bytes(32)).decode() + "\n", "LED-008"),
        ("index 11\n", "index 11\n" + (base64.b64encode(bytes(32)).decode() + "\n") * 65, "LED-007"),
        ("index 11", "index 12", "LED-008"),
        ("index 11", "index 21", "LED-008"),
        ("extra Cw==", "extra DA==", "LED-008"),
        ("\n20\n", "\n21\n", "LED-003"),
        ("\n\n", "\n", "LED-007"),
    ],
)
def test_a_changed_receipt_is_refused(old, new, expected):
    assert code(verify_receipt, receipt().replace(old, new, 1), SIGNER.verifier) == expected


def test_a_receipt_of_another_ledger_is_refused():
    other = Signer.generate(SIGNER.name, bytes(32))
    assert code(verify_receipt, receipt(), other.verifier) == "LED-003"


def test_a_private_key_keeps_its_secret():
    text = SIGNER.skey_text()
    assert text.startswith(SKEY_PREFIX)
    assert Signer.parse(text) == SIGNER
    seed = base64.b64encode(b"\x01" + SIGNER.seed).decode()
    assert seed in text
    for shown in (repr(SIGNER), str(SIGNER), f"{SIGNER}", repr(SIGNER.verifier)):
        assert seed not in shown
        assert SIGNER.seed.hex() not in shown
        assert repr(SIGNER.seed) not in shown
    for broken in (
        text[:-2],
        text.replace(SIGNER.verifier.id.hex(), "00000000"),
        text.removeprefix(SKEY_PREFIX),
        SKEY_PREFIX,
    ):
        with pytest.raises(CarrelError) as caught:
            Signer.parse(broken)
        assert caught.value.code == "LED-004"
        assert seed[4:20] not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\nb", "a\x00b"])
def test_a_name_that_cannot_stand_in_a_note_is_refused(name):
    assert code(Signer.generate, name, bytes(32)) == "LED-004"
    assert code(Verifier, name, bytes(32)) == "LED-004"


def test_a_key_of_another_length_is_refused():
    assert code(Signer.generate, "a", bytes(31)) == "LED-004"
    assert code(Verifier, "a", bytes(33)) == "LED-004"
