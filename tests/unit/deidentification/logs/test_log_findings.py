"""What a log holds on persons, by field: a browser's build is nobody's number, and a number beside it is."""

from __future__ import annotations

from carrel.deidentification.identifiers import Identifier
from carrel.deidentification.logs.log_field import Kind
from carrel.deidentification.logs.log_findings import findings
from carrel.systems.logs.known_formats import format_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
LINE = '192.0.2.7 - - [01/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "{}"'


def held(agent: str) -> set[Identifier]:
    """What is found in the software of one line."""
    found = findings(format_of("combined"), [LINE.format(agent).encode()])
    return {name for kind, name in found if kind is Kind.AGENT}


def test_the_day_that_every_firefox_names_is_no_number() -> None:
    assert held(FIREFOX) == set()


def test_a_plain_user_name_is_told_and_the_sign_for_nobody_is_not() -> None:
    for user, told in (("jdoe417c", {Identifier.USER}), ("-", set()), ("~rdgjqwqab7tew6ns", set()),
                       ("a@b.example", {Identifier.EMAIL})):  # fmt: skip
        line = LINE.format(FIREFOX).replace(" - - [", f" - {user} [").encode()
        found = findings(format_of("combined"), [line])
        assert {name for kind, name in found if kind is Kind.PERSON} == told, user


def test_any_other_number_in_the_software_is_told() -> None:
    for one in (f"{FIREFOX} 29999000000002", "Gecko/29999000000002", "Kiosk/20100101"):
        assert Identifier.NUMBER in held(one), one
