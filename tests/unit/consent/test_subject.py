"""One address is one hash, however it is spelled: a silence that another spelling walks around is none."""

from __future__ import annotations

import pytest

from carrel.consent.subject import SubjectTags, addresses_in, spelled

TAGS = SubjectTags(b"k" * 32, "ils")


def tags_of(field: str) -> list[str]:
    return TAGS.addresses(addresses_in(field))


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
        assert len(TAGS.addresses([odd])[0]) == 64
