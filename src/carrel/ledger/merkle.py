"""The Merkle tree of RFC 6962 section 2.1: hashes, roots, and the two proofs an outsider checks.

A proof is made from a function `Node` that tells the hash of a complete subtree, so the same code proves from a list of
leaves and from tiles on a disk. The root of an empty tree is the hash of nothing; a consistency proof from an empty
tree shows nothing and is therefore refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

HASH_BYTES = 32
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = sha256(b"").digest()

Node = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry. Source: RFC 6962 section 2.1."""
    return sha256(LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node. Source: RFC 6962 section 2.1."""
    return sha256(NODE_PREFIX + left + right).digest()


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """The hashes of many entries, same order."""
    hashed = sha256
    return [hashed(b"\x00" + entry).digest() for entry in entries]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes whose number is a power of two, level by level."""
    hashed = sha256
    level = list(hashes)
    while len(level) > 1:
        level = [hashed(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def peaks(hashes: Sequence[bytes]) -> list[bytes]:
    """The roots of the complete subtrees that the hashes divide into, largest (leftmost) first."""
    found, start = [], 0
    for bit in range(len(hashes).bit_length() - 1, -1, -1):
        width = 1 << bit
        if len(hashes) & width:
            found.append(fold(hashes[start : start + width]))
            start += width
    return found


def bag(subtrees: Sequence[bytes]) -> bytes:
    """The root over complete subtrees of falling size, leftmost first; of none, the root of the empty tree."""
    if not subtrees:
        return EMPTY_ROOT
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = node_hash(left, root)
    return root


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over a whole list of leaf hashes. Source: RFC 6962 section 2.1 (MTH)."""
    return bag(peaks(hashes))


def node_in(hashes: Sequence[bytes]) -> Node:
    """A `Node` function over leaf hashes held in memory."""

    def node(level: int, index: int) -> bytes:
        return fold(hashes[index << level : (index + 1) << level])

    return node


def _split(size: int) -> int:
    """The largest power of two below `size` (the `k` of RFC 6962)."""
    return 1 << (size - 1).bit_length() - 1


def range_root(start: int, end: int, node: Node) -> bytes:
    """The root over the leaves from `start` up to but not including `end`, as RFC 6962 divides that range.

    `start` is a multiple of the power of two that covers the range, as it is for every range a proof names.
    """
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(size)
    return node_hash(range_root(start, middle, node), range_root(middle, end, node))


def prove_inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of the first `size` leaves, leaf's sibling first.

    Args:
        index: position of the leaf, from 0.
        size: number of leaves of the tree; above `index`.
        node: `node(level, i)` is the hash over the leaves `[i << level, (i + 1) << level)`.

    Guarantees: `verify_inclusion` accepts it for this leaf, index, size and root.
    Source: RFC 6962 section 2.1.1.
    """
    if not 0 <= index < size:
        raise ValueError("the index is outside the tree")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start = middle
    return path[::-1]


def prove_consistency(old: int, new: int, node: Node) -> list[bytes]:
    """The hashes that show that the first `old` of `new` leaves have the root they had.

    Guarantees: `verify_consistency` accepts it for both roots.
    Source: RFC 6962 section 2.1.2.
    """
    if not 0 < old <= new:
        raise ValueError("the older tree is empty, or larger than the newer one")
    path: list[bytes] = []
    start, end, known = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start, known = middle, False
    if not known:
        path.append(range_root(start, end, node))
    return path[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` leads from the hash `leaf` at `index` to the root of a tree of `size` leaves.

    Source: RFC 9162 section 2.1.3.2, the checking algorithm for the proofs of RFC 6962.
    """
    if not 0 <= index < size or any(len(step) != HASH_BYTES for step in (leaf, root, *proof)):
        return False
    sides = _sides(index, size - 1, len(proof))
    if sides is None:
        return False
    found = leaf
    for step, on_left in zip(proof, sides, strict=True):
        found = node_hash(step, found) if on_left else node_hash(found, step)
    return found == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `new` leaves begins with the tree of `old` leaves.

    Source: RFC 9162 section 2.1.4.2. An empty older tree is refused: it is consistent with everything.
    """
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if any(len(step) != HASH_BYTES for step in (old_root, new_root, *proof)):
        return False
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    sides = _sides(place, last, len(steps) - 1)
    if sides is None:
        return False
    before = after = steps[0]
    for step, on_left in zip(steps[1:], sides, strict=True):
        if on_left:
            before, after = node_hash(step, before), node_hash(step, after)
        else:
            after = node_hash(after, step)
    return before == old_root and after == new_root


def _sides(place: int, last: int, steps: int) -> list[bool] | None:
    """For each step up from `place`, whether the sibling is on the left; nothing if the path has another length.

    `last` is the rightmost place of the tree on the same level.
    """
    sides: list[bool] = []
    for _ in range(steps):
        if last == 0:
            return None
        on_left = bool(place & 1) or place == last
        if on_left:
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        sides.append(on_left)
        place, last = place >> 1, last >> 1
    return sides if last == 0 else None
