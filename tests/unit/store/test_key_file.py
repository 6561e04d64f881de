"""A private key in a file of its own: what is wrong with it is told of the file that is wrong."""

from __future__ import annotations

import pytest

from carrel.errors import CarrelError
from carrel.ledger.key import Signer
from carrel.store.key_file import read_signer, read_verifier, write_key


def test_a_key_without_its_public_half_names_the_file_that_is_missing(tmp_path) -> None:
    place = tmp_path / "ada.key"
    write_key(place, Signer("library.example/staff/ada", bytes(32)))
    assert read_signer(place).name == "library.example/staff/ada"
    (tmp_path / "ada.vkey").unlink()
    with pytest.raises(CarrelError) as wrong:
        read_signer(place)
    [one] = wrong.value.faults
    assert (one.condition.code, one.at) == ("LED-017", str(place))
    assert "ada.vkey" in (one.wanted or "")


def test_what_is_neither_a_public_key_nor_a_file_is_told_as_such() -> None:
    with pytest.raises(CarrelError) as wrong:
        read_verifier("library.vkey")
    [one] = wrong.value.faults
    assert (one.condition.code, one.at) == ("LED-004", "library.vkey")
    assert "no such file" in (one.found or "")
