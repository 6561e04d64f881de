import pytest

from carrel.errors import CarrelError
from carrel.ledger import merkle
from carrel.ledger.growth import Edge
from carrel.ledger.tile import (
    Tile,
    decode_entries,
    encode_entries,
    node_in_tiles,
    parse_path,
    tile_bytes,
    tile_for,
    tile_items,
)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(None, 1234067, 8), "tile/entries/x001/x234/067.p/8"),
        (Tile(2, 999, 255), "tile/2/999.p/255"),
        (Tile(63, 1000, 1), "tile/63/x001/000.p/1"),
    ],
)
def test_paths_are_those_of_the_specification(tile, path):
    assert tile.path == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/x000/001",
        "tile/00/000",
        "tile/64/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p",
        "tile/0/001/000",
        "tile/data/000",
        "tile/0/000/",
        "./tile/0/000",
        "tile/0/000\n",
        "checkpoint",
    ],
)
def test_no_other_path_is_a_tile(path):
    assert parse_path(path) is None


def test_the_example_of_the_specification_70000_leaves():
    size = 70_000
    edge = Edge()
    tiles = edge.grow([b""] * size)
    level = {n: [t for t in tiles if t.level == n] for n in (None, 0, 1, 2)}
    assert [sum(t.width == 256 for t in level[n]) for n in (None, 0, 1, 2)] == [273, 273, 1, 0]
    assert [[t.width for t in level[n] if t.width < 256] for n in (None, 0, 1, 2)] == [[112], [112], [17], [1]]
    assert tile_for(1, 256, size) == Tile(1, 1, 17)
    assert edge.root() == merkle.root_of([merkle.leaf_hash(b"")] * size)
    node = node_in_tiles(tiles.__getitem__, size)
    proof = merkle.prove_inclusion(66_000, size, node)
    assert merkle.verify_inclusion(66_000, size, merkle.leaf_hash(b""), edge.root(), proof)


def test_a_tree_of_256_has_a_full_tile_and_a_partial_one_above():
    assert set(Edge().grow([b""] * 256)) == {Tile(None, 0), Tile(0, 0), Tile(1, 0, 1)}


def test_which_leaves_lie_below_a_tile():
    assert (Tile(0, 1).first_leaf, Tile(0, 1).last_leaf) == (256, 511)
    assert (Tile(1, 1, 3).first_leaf, Tile(1, 1, 3).last_leaf) == (65_536, 66_303)
    assert (Tile(None, 2, 5).first_leaf, Tile(None, 2, 5).last_leaf) == (512, 516)


def test_entries_keep_their_bytes():
    entries = [b"", b"a", b"\x00" * 65_535]
    raw = encode_entries(entries)
    assert raw[:5] == b"\x00\x00\x00\x01a"
    assert decode_entries(raw, "x") == entries


def test_an_entry_too_long_is_refused():
    with pytest.raises(CarrelError) as caught:
        encode_entries([b"\x00" * 65_536])
    assert caught.value.code == "LED-020"


@pytest.mark.parametrize(
    ("tile", "raw"),
    [
        (Tile(None, 0, 1), b"\x00"),
        (Tile(None, 0, 1), b"\x00\x02a"),
        (Tile(None, 0, 1), b""),
        (Tile(None, 0, 1), b"\x00\x00\x00\x00"),
        (Tile(0, 0, 1), b""),
        (Tile(0, 0, 1), bytes(31)),
        (Tile(0, 0, 1), bytes(33)),
        (Tile(0, 0, 1), bytes(64)),
    ],
)
def test_a_file_of_another_size_is_refused(tile, raw):
    with pytest.raises(CarrelError) as caught:
        tile_items(tile, raw)
    assert caught.value.code == "LED-009"
    assert "tile/" in str(caught.value)


def test_items_and_bytes_are_inverse():
    for tile, raw in [(Tile(None, 0, 2), b"\x00\x01a\x00\x00"), (Tile(0, 0, 2), bytes(range(64)))]:
        assert tile_bytes(tile, tile_items(tile, raw)) == raw
