"""Packages that a passphrase opens: the format of age, its edges at whole chunks, and what does not open."""

from __future__ import annotations

import io
import os

import pytest

from carrel.systems.age_file import CHUNK, INTRO, AgeWriter, opened

PASSPHRASE = b"correct horse battery staple"


def sealed(content, *, pieces=7):
    target = io.BytesIO()
    writer = AgeWriter(target, PASSPHRASE, os.urandom, work_factor=4)
    size = max(1, len(content) // pieces)
    for start in range(0, len(content), size):
        writer.write(content[start : start + size])
    writer.close()
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_was_written_comes_back(size):
    content = os.urandom(size)
    file = sealed(content)
    assert opened(file, PASSPHRASE) == content
    assert file.startswith(INTRO)
    chunks = max(1, -(-size // CHUNK))  # a whole last chunk is marked as the last, and no empty one follows
    head = file.index(b"\n", file.index(b"\n--- ") + 1) + 1
    assert len(file) == head + 16 + size + 16 * chunks


def test_another_passphrase_opens_nothing():
    with pytest.raises(ValueError, match="open"):
        opened(sealed(b"x"), b"correct horse battery stable")


@pytest.mark.parametrize("at", [30, 60, 100, 150, -1, -20])
def test_a_changed_byte_opens_nothing(at):
    file = bytearray(sealed(b"some words"))
    file[at] ^= 1
    with pytest.raises(ValueError, match=r"open|head"):
        opened(bytes(file), PASSPHRASE)


def test_a_file_that_was_abandoned_or_cut_opens_nothing():
    target = io.BytesIO()
    writer = AgeWriter(target, PASSPHRASE, os.urandom, work_factor=4)
    writer.write(os.urandom(2 * CHUNK))
    writer.abandon()
    for file in (target.getvalue(), sealed(os.urandom(3 * CHUNK))[: -CHUNK - 16]):
        with pytest.raises(ValueError, match=r"open|head"):
            opened(file, PASSPHRASE)


def test_a_file_of_another_program_opens():
    """Made once by age's own Rust library with a passphrase, work factor and all."""
    assert opened(bytes.fromhex(BY_PYRAGE), b"correct horse battery staple") == b"held of one person"


BY_PYRAGE = (
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e207363727970742058525061315762724d4c7a335977446e5638"
    "745230672031370a35634544454d4c68594a744c383846574f674e4f6d49564e4e335a48704d686774705a33776b47307161"
    "510a2d2d2d2076314731437465382f46506c526c372b38303339584a454a52784f6959725a672b566b39737654344c65550a"
    "40f57e64a6489f75dca2384d19dca4b8f5ab4b98e871e7c7919e3d6856c48b5663590531c2209d20b48e3f1fe0e86423f7d1"
)
