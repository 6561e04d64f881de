"""What the tests look through for leaks: pages of a file that changed, and every text that came in with them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.integration.run.library import changed

BITS = st.lists(st.sampled_from([b"\0" * 4_096, b"x" * 4_000, b"y" * 97, b"abc"]), max_size=6).map(b"".join)
NEEDLE = b"Ishmael Quill"


@given(BITS, BITS, BITS)
def test_a_text_that_came_in_is_seen_wherever_it_stands(before, after, other):
    old, new = before + after, before + NEEDLE + after
    assert NEEDLE in changed(old, new, len(NEEDLE))
    assert NEEDLE in changed(other, new, len(NEEDLE))
    assert NEEDLE in changed(before + b"Ishmael Quilt" + after, new, len(NEEDLE))
    assert changed(new, new, len(NEEDLE)) == b""
    assert NEEDLE not in changed(b"", old, len(NEEDLE))
