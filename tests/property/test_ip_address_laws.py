"""Addresses are read as the standard library reads them, and nothing else is one."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from hypothesis import example, given
from hypothesis import strategies as st

from carrel.deidentification.logs.ip_address import MAPPED, packed, text_of

_LIKE_ONE = st.text("0123456789abcdefABCDEF:.% g\u0661", max_size=50)
_GROUPED = st.lists(st.sampled_from(["", "0", "1", "ff", "abcd", "00001", "12345", "g", "::"]), max_size=11).map(
    ":".join
)


def _meant(text: str) -> bytes | None:
    """What the library makes of it; a zone is no part of an address in a log."""
    if "%" in text:
        return None
    try:
        return IPv6Address(text).packed if ":" in text else MAPPED + IPv4Address(text).packed
    except ValueError:
        return None


@given(_LIKE_ONE | _GROUPED)
@example("::")
@example("1::")
@example(":::")
@example("1:2:3:4:5:6:7::")
@example("1:2:3:4:5:6:7:8::")
@example("::ffff:192.0.2.1")
@example("192.0.02.1")
def test_a_text_is_an_address_where_the_library_says_so(text: str) -> None:
    assert packed(text.encode()) == _meant(text)


@given(
    st.binary(min_size=16, max_size=16)
    | st.lists(st.sampled_from([b"\0\0", b"\0\1", b"\xff\xff"]), min_size=8, max_size=8).map(b"".join)
)
def test_what_is_written_is_the_shortest_form_and_reads_back(address: bytes) -> None:
    wanted = str(IPv4Address(address[12:])) if address.startswith(MAPPED) else str(IPv6Address(address))
    assert text_of(address) == wanted.encode()
    assert packed(text_of(address)) == address
