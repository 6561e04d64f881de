"""One address is one hash, however it is spelled: a silence that another spelling walks around is none."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carrel.consent.subject import SubjectTags, addresses_in, spelled, spelled_in

TAGS = SubjectTags(b"k" * 32, "ils")


def tags_of(field: str) -> list[str]:
    places, addresses = spelled_in(["", field, "other@elm.example"])
    assert [*places] == [1] * (len(addresses) - 1) + [2]
    return [one.hex() for one in TAGS.addresses(addresses)][:-1]


@pytest.mark.parametrize(
    "field",
    [
        "ann@oak.example", " ANN@Oak.Example ", "ann@oak.example.", '"ann@oak.example"', "(ann@oak.example)",
        "mailto:ann@oak.example", "<mailto:ann@oak.example>", "MAILTO:Ann@oak.example", "ann\u200b@oak.example",
        "\ufeffann@oak.example", "ann\uff20oak.example", "\uff41nn@oak.example", '"ann"@oak.example', "'ann@oak.example'",
        "ann@oak\u3002example", "a\u00adnn@oak.example", "(ann@oak.example).",
    ],
)  # fmt: skip
def test_an_address_has_one_hash_however_it_is_spelled(field: str) -> None:
    assert tags_of(field) == [TAGS.address("ann@oak.example")]
    assert TAGS.address(field.strip("<>")) == TAGS.address("ann@oak.example")


def test_letters_and_domains_of_other_scripts_have_one_form() -> None:
    assert TAGS.address("jos\u00e9@oak.example") == TAGS.address("jose\u0301@oak.example")
    assert TAGS.address("ann@b\u00fccher.example") == TAGS.address("ann@xn--bcher-kva.example")
    assert TAGS.address("ann@B\u00dcCHER.example") == TAGS.address("ann@xn--bcher-kva.example")


@pytest.mark.parametrize("between", ["|", "/", " | ", ", ", ";", " "])
def test_of_two_addresses_in_one_field_each_has_its_own(between: str) -> None:
    field = f"ann@oak.example{between}bob@elm.example"
    assert tags_of(field)[:1] + tags_of(field)[-1:] == [
        TAGS.address(f"{one}.example") for one in ("ann@oak", "bob@elm")
    ]


def test_different_addresses_stay_apart() -> None:
    kinds = ("ann@oak.example", "a.nn@oak.example", "ann+x@oak.example", "ann@oak.example.org", "ann/b@oak.example",
             "jos\u00e9@oak.example", "jose@oak.example", "@oak.example", "ann@", "()")  # fmt: skip
    assert len({TAGS.address(one) for one in kinds}) == len(kinds)
    assert TAGS.address("  ") == ""
    for odd in ("\ud800@x", "a@" + "\u0130" * 300, "@", "a@..", "\u200b"):
        spelled(odd)
        assert len(TAGS.addresses([odd])[0]) == 32


def one_by_one(fields: list[str]) -> list[tuple[int, str]]:
    return [(place, spelled(one)) for place, field in enumerate(fields) for one in addresses_in(field)]


def pairs(fields: list[str]) -> list[tuple[int, str]]:
    places, addresses = spelled_in(fields)
    return list(zip(places, addresses, strict=True))


PARTS = st.sampled_from(
    ["ann", "Bo.", "+x", "@", "oak.example", "\n", " ", ";", "|", "\u00df", "\uff20", "\u200b", "."]
)
FIELDS = st.lists(st.lists(PARTS, max_size=6).map("".join) | st.emails() | st.text(max_size=4), max_size=6)


@given(FIELDS)
@example(["a@x.y\nb@x.y", "a@x.y"])
@example(["a@x.y", "B@X.Y"])
@example([])
def test_many_fields_hold_what_each_of_them_holds(fields: list[str]) -> None:
    assert pairs(fields) == one_by_one(fields)


def test_no_sign_is_spelled_otherwise_beside_others() -> None:
    fields = [f"a{chr(code)}b@oak.example" for code in range(0x3000)]
    assert pairs(fields) == one_by_one(fields)
    assert all(pairs([one]) == one_by_one([one]) for one in fields)
