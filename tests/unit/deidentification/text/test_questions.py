"""Sentences of a reference desk: what goes of each, what stays, and what a person should look at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.deidentification.text.coded_signs import decoded
from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.knowledge import Knowledge
from carrel.deidentification.text.number_format import parsed
from carrel.deidentification.text.reader import TextReader
from carrel.deidentification.text.surrogates import Conversation
from carrel.errors import CarrelError

PEOPLE = (
    ("Jane", "Amundsen"), ("José", "Núñez"), ("Rose", "Park"), ("Will", "Read"), ("David", "Copperfield"), ("J", "Li"),
    ("Maria", "O"), ("Gabriel", "García"), ("Ana", "Van den Berg"), ("花子", "佐藤"), ("Ελένη", "Παπαδοπούλου"), ("ליאת", "כהן"),
)  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> TextReader:
    known = Knowledge([parsed("21868######### mod10", "a test"), parsed("u########", "a test", student=True)])
    known.people([[given for given, _ in PEOPLE]], [family for _, family in PEOPLE])
    known.cards(["21868000079194", "P-4471A", "X123456"])
    known.addresses(["77 Broadmoor"])
    known.phones(["1-617-555-0134"])
    known.authors(["Dickens, Charles, 1812-1870", "Márquez, Gabriel García", "King, Stephen", "Copperfield, David"])
    known.titles(
        ["David Copperfield", "The Trial of Amos Birch", "Emma", "Don Quixote", "Jane Eyre : a novel / by C. B."]
    )
    return TextReader(known)


def gone(reader: TextReader, text: str) -> list[str]:
    raw = text.encode()
    return [raw[one.start : one.end].decode() for one in reader.read([raw])[0] if one.sure != spans.HARDLY]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Card 21868000079194 please", ["21868000079194"]),
        ("card 2 1868 0000 79194", ["2 1868 0000 79194"]),
        ("2186-8000-0791-94 does not scan", ["2186-8000-0791-94"]),
        *(
            (f"card {one} does not scan", [one])
            for one in ("2/1868/0000/79194", "2_1868_0000_79194", "2,1868,0000,79194", "2\u20091868\u20090000\u200979194", "2 1868 0000\n79194")
        ),
        ("paid with 4111/1111/1111/1111", ["4111/1111/1111/1111"]),
        ("My card X123456 is lost", ["X123456"]),
        ("call (617) 555-0134 or 617.555.0134", ["(617) 555-0134", "617.555.0134"]),
        ("ring +44 20 7946 0958", ["+44 20 7946 0958"]),
        ("Mi móvil es 612 34 56 78", ["612 34 56 78"]),
        ("mail jane.a+b@example.org.", ["jane.a+b@example.org"]),
        ("jane.a at example dot org", ["jane.a at example dot org"]),
        ("jane [at] example.org", ["jane [at] example.org"]),
        ("lives at 12 North Alder Way, Apt 4B", ["12 North Alder Way, Apt 4B"]),
        ("vive en calle de la Paz 12", ["calle de la Paz 12"]),
        ("P.O. Box 118 it is", ["P.O. Box 118"]),
        ("send it to 77 Broadmoor", ["77 Broadmoor"]),
        ("Student U1234 5678 here", ["U1234 5678"]),
        ("Born March 3rd, 1985, I think", ["March 3rd, 1985"]),
        ("nació el 14 de marzo de 1985", ["14 de marzo de 1985"]),
        ("see http://opac.example.org/?session=8f3ab2c99d1e now", ["http://opac.example.org/?session=8f3ab2c99d1e"]),
        ("from 192.0.2.17 and 2001:db8::17", ["192.0.2.17", "2001:db8::17"]),
        ("paid with 4111 1111 1111 1111", ["4111 1111 1111 1111"]),
        ("SSN 078-05-1120", ["078-05-1120"]),
        ("my PIN is 4471", ["4471"]),
        ("login: jdoe417", ["jdoe417"]),
        *(
            (text, [text.split()[at]])
            for text, at in (
                ("PIN 4711 please", 1), ("my card pin 1234", 3), ("password Hunter22", 1), ("clave 4711", 1),
                ("contraseña Abc123x", 1), ("pin number 4711", 2), ("login jdoe417", 1), ("user name jamundsen2", 2),
                ("user name jamundsen", 2), ("username jamundsen", 1),
            )
        ),
        ("pin 2186 8000 0791 94", ["2186 8000 0791 94"]),
        ("usuario jane amundson", ["jane amundson"]),
    ],
)  # fmt: skip
def test_numbers_of_persons_go(reader: TextReader, text: str, wanted: list[str]) -> None:
    assert gone(reader, text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "ISBN 978-0-306-40615-7, 0306406152 and ISSN 2049-3630",
        "It is QA76.73 .C15 2019, or 813.54 AUS, pages 523-1240, volume 3",
        "Open 10:30-17:45 on 12/24/2025, $12.99 a day, since 1939-1945",
        "https://www.jstor.org/stable/1234567 is fine",
        "version 3.11.2.1 of the reader",
        "I will read in the park, and mark the long page",
        "1,234,567 loans in 2023/2024, 2024/2025 and 12/24/2025",
        "We sing to Jane.\n\nAmundsen sailed south",
        "my login page fails, the user name field too, and a password reset in 2024",
    ],
)
def test_other_numbers_and_words_stay(reader: TextReader, text: str) -> None:
    assert gone(reader, text) == []


@pytest.mark.parametrize(
    "name",
    [
        "Jane Amundsen", "jane amundsen", "JANE AMUNDSEN", "Amundsen, Jane", "J. Amundsen", "Amundsen, J.", "Jane K. Amundsen",
        "Jane Amundson", "Jane Amudsen", "Jose Nunez", "JOSÉ NÚÑEZ", "Rose Park", "Maria O", "Ana Van den Berg", "佐藤花子", "佐藤 花子",
        "Jane\nAmundsen", "Jane\r\n> Amundsen", "jane\namundsen", "J.\nAmundsen", "Jane&nbsp;Amundsen", "Jane_Amundsen", "jane_amundsen",
        "Jane.Amundsen", "jane.amundsen", "Jane/Amundsen", "Jane\u200bAmundsen", "Jane \u200bAmundsen", "Jane\u2060 Amundsen", "Jane\u2009Amundsen",
        "Ja\u00adne Amund\u00adsen", "Jane Amund\u200bsen", "Jane A\u2060mundsen", "Jane\u3000Amundsen",
        "Jane\x0bAmundsen", "Jane\x0cAmundsen", "Jane\x00Amundsen", "Jane\u0085Amundsen", "Jane\u2028Amundsen", "Jane\u2029Amundsen",
        "Ελένη Παπαδοπούλου", "ΕΛΕΝΗ ΠΑΠΑΔΟΠΟΥΛΟΥ", "ליאת כהן",
    ],
)  # fmt: skip
def test_names_of_the_roster_go_however_they_are_written(reader: TextReader, name: str) -> None:
    left = "".join(gone(reader, f"Please tell {name} that it is here"))
    assert left.strip(" .") == name.strip(" ."), "nothing of the name stays, and nothing else goes"


def test_whose_something_is_goes_without_the_rest(reader: TextReader) -> None:
    assert gone(reader, "Jane Amundsen\u2019s hold and Jane Amundsen's card") == ["Jane Amundsen"] * 2


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Do you have David Copperfield by Charles Dickens?", []),
        ("David Copperfield called about his card", ["David Copperfield"]),
        ("My name is David Copperfield", ["David Copperfield"]),
        ("Hola, soy David Copperfield", ["David Copperfield"]),
        ("a copy of The Trial of Amos Birch", []),
        ("Anything by Stephen King, or by Gabriel García Márquez?", []),
        ("I am Stephen King and lost my card", ["Stephen King"]),
        ("My book club reads Emma and Don Quixote", []),
        ("in Rose Park", []),
        ("Is Jane Eyre in?", []),
    ],
)
def test_words_around_a_name_decide_between_reader_and_book(reader: TextReader, text: str, wanted: list[str]) -> None:
    assert gone(reader, text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("My name is Zelda Quistgaard.", ["Zelda Quistgaard"]),
        ("me llamo zelda quistgaard", ["zelda quistgaard"]),
        ("Dear Ms. Quistgaard,", ["Quistgaard"]),
        ("Thanks, Zelda", ["Zelda"]),
        ("Best regards,\nZelda Quistgaard", ["Zelda Quistgaard"]),
        ("[10:15] Rosa: hello", ["Rosa"]),
        ("Mary Quistgaard asked for it", ["Mary Quistgaard"]),
        ("El señor Quistgaard no vino", ["Quistgaard"]),
        ("Central Library closes", []),
        ("Dear Library Staff,", []),
        ("I am looking for a map", []),
    ],
)
def test_names_on_no_list_go_by_what_stands_around_them(reader: TextReader, text: str, wanted: list[str]) -> None:
    assert gone(reader, text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("mail jane.a%40example.org now", ["jane.a%40example.org"]),
        ("mail jane.a%2540example.org now", ["jane.a%2540example.org"]),
        ("jane.a&#64;example.org", ["jane.a&#64;example.org"]),
        ("jane.a&#x40;example&period;org", ["jane.a&#x40;example&period;org"]),
        ("jane.a&commat;example.org", ["jane.a&commat;example.org"]),
        ("jane.a&amp;commat;example.org", ["jane.a&amp;commat;example.org"]),
        ("jane.a=40example.org", ["jane.a=40example.org"]),
        ("see https://x.org/?q=Jane%20Amundsen now", ["https://x.org/?q=Jane%20Amundsen"]),
        ("see https://x.org/?to=jane%40a.org&amp;n=1 now", ["https://x.org/?to=jane%40a.org&amp;n=1"]),
        ("tell Jane%20Amundsen", ["Jane%20Amundsen"]),
        ("tell Jos&eacute; N&uacute;&ntilde;ez", ["Jos&eacute; N&uacute;&ntilde;ez"]),
        ("tell Jos=C3=A9=20N=C3=BA=C3=B1ez", ["Jos=C3=A9=20N=C3=BA=C3=B1ez"]),
        ("tell Jos%C3%A9%20N%C3%BA%C3%B1ez", ["Jos%C3%A9%20N%C3%BA%C3%B1ez"]),
        ("tell Jane Amund=\r\nsen", ["Jane Amund=\r\nsen"]),
        ("tell Jane=\n Amundsen", ["Jane=\n Amundsen"]),
        ("card 21868=\n000079194", ["21868=\n000079194"]),
        ("card=21868000079194&x", ["21868000079194"]),
        ("call 617&#45;555&#45;0134", ["617&#45;555&#45;0134"]),
        ("tell &quot;Jane Amundsen&quot; &lt;jane@a.org&gt;", ["Jane Amundsen", "jane@a.org"]),
        ("R&D is 100% sure, a=40, width=40em; 50%20off &nope; &#0; %zz =G1", []),
    ],
)
def test_identifiers_go_however_their_signs_are_coded(reader: TextReader, text: str, wanted: list[str]) -> None:
    assert gone(reader, text) == wanted


@given(st.lists(st.sampled_from([*"ab @.;", "%40", "%2540", "&amp;", "&eacute;", "=\n", "=C3=A9", "&#64;", "&nGg;"])))
def test_a_stretch_of_a_decoded_text_lies_where_it_came_from(parts: list[str]) -> None:
    raw = "".join(parts).encode()
    one = decoded(raw)
    if one is None:
        return
    assert len(one.text) <= len(raw)
    assert one.source_of(0, len(one.text))[1] <= len(raw)
    last = 0
    for at in range(len(one.text)):
        start, end = one.source_of(at, at + 1)
        assert 0 <= start < end <= len(raw)
        assert start >= last
        last = start
        if end - start == 1:
            assert raw[start] == one.text[at]


def test_a_name_goes_again_wherever_else_it_stands(reader: TextReader) -> None:
    assert gone(reader, "I am Jane Amundsen. Yes, Amundsen. jane is fine too") == ["Jane Amundsen", "Amundsen", "jane"]


def test_what_a_person_should_look_at_is_told(reader: TextReader) -> None:
    (one,) = reader.read([b"Do you have David Copperfield on the shelf, the novel?"])[0]
    assert one.sure == spans.HARDLY


def test_a_surrogate_is_the_same_within_a_conversation_and_starts_anew_in_the_next(reader: TextReader) -> None:
    texts = [b"Jane Amundsen, 617-555-0134", b"J. Amundsen and Rosa Quist: (617) 555-0134", b"Rosa Quist called"]
    found = reader.read(texts)
    one = Conversation()
    assert one.rewritten(texts[0], found[0])[0] == b"[PATRON 1], [PHONE 1]"
    assert one.rewritten(texts[1], found[1])[0] == b"[PATRON 1] and [PATRON 2]: [PHONE 1]"
    assert Conversation().rewritten(texts[2], found[2])[0] == b"[PATRON 1] called"


def test_kinds_that_may_stay_do(reader: TextReader) -> None:
    text = b"from 192.0.2.17, card 21868000079194"
    out, count = Conversation().rewritten(text, reader.read([text])[0], frozenset({spans.NETWORK}))
    assert out == b"from 192.0.2.17, card [CARD 1]"
    assert count == [spans.CARD]


@pytest.mark.parametrize("bad", ["", "####", "#" * 40, "no digit", "2186-#####", "21868#### luhn", "######## mod10 x"])
def test_a_form_that_is_none_is_refused(bad: str) -> None:
    with pytest.raises(CarrelError) as told:
        parsed(bad, "card")
    assert told.value.code == "TXT-001"


def test_a_roster_of_odd_names_does_no_harm() -> None:
    known = Knowledge()
    known.people([["", "A", "Will", "The", "I", "Ñ", "x" * 5_000]], ["", "B", "Read", "Book", "Am", "Ü", "y" * 5_000])
    reader = TextReader(known)
    assert gone(reader, "I am here. I will read the book. A and B are letters.") == []
    assert gone(reader, "My name is will read") == ["will read"]


def test_an_empty_text_and_bytes_that_are_none_are_read(reader: TextReader) -> None:
    latin = "José Núñez called".encode("latin-1")
    assert [
        len(one)
        for one in reader.read(
            [b"", b"\xff\xfe\x00 \xc3", latin, "\ud800 Jane Amundsen".encode("utf-8", "surrogatepass")]
        )
    ] == [0, 0, 1, 1]


def test_what_may_be_a_login_or_a_pin_is_looked_at(reader: TextReader) -> None:
    for text, wanted in ((b"login jamundsen", b"jamundsen"), (b"PIN 4711 617-555-0134", b"4711")):
        (one, *_) = reader.read([text])[0]
        assert (text[one.start : one.end], one.sure) == (wanted, spans.HARDLY)
