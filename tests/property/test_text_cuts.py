"""A long text is cut, and what lies on the cut goes as a whole: planted at every place round it."""

from __future__ import annotations

import io
import re

import pytest

from carrel.deidentification.text.long_text import pieces
from carrel.deidentification.text.reader import PIECE, TextReader
from carrel.deidentification.text.running import Running
from carrel.systems.text.plain_form import PlainForm
from carrel.systems.text.release import TextRelease
from carrel.systems.text.text_record import Record
from tests.property.test_text_laws import PEOPLE, knowledge, unclear

pytestmark = pytest.mark.xdist_group("machine code of text")


@pytest.fixture(scope="module")
def reader(text_code: Running) -> TextReader:
    return TextReader(knowledge(text_code))


@pytest.mark.parametrize("kind", range(6))
@pytest.mark.parametrize("way", ["a plain file", "one cell"])
def test_what_is_planted_round_a_cut_goes_as_a_whole(way: str, kind: int, reader: TextReader) -> None:
    person = next(one for one in PEOPLE if not unclear(one))
    name = f"{person.given}.{person.family}".replace(" ", ".")
    planted = (name, person.barcode, person.email, person.phone, f"user={name}%40example.org", "U12345678")[
        kind
    ].encode()
    filler = b"ab;" * (PIECE // 3 + 1_000)
    cut = PIECE if way == "a plain file" else next(pieces(filler)).own_end
    for offset in range(-len(planted) - 4, 5, 3):
        at = (cut + offset) // 3 * 3
        text, out = filler[:at] + planted + b";" + filler[at:], io.BytesIO()
        if way == "a plain file":
            TextRelease(reader).write(PlainForm(by_line=False).records(io.BytesIO(text), "a test"), out)
        else:
            put = lambda out, cells: out.write(cells[0])  # noqa: E731
            TextRelease(reader).write([Record(1, [text], ("text",), "", put)], out)
        left = re.sub(rb"(?:user=)?(?:\[[A-Z ]+ \d+\])+", b"#", out.getvalue())
        rest = left.replace(b"ab;", b"")
        assert rest == b"#;", (offset, planted, rest[:200])
        assert len(left) == len(filler) + 2


@pytest.mark.parametrize("by_line", [True, False])
def test_a_plain_text_is_read_whole_in_whatever_parts(by_line: bool, reader: TextReader) -> None:
    card, filler = PEOPLE[0].barcode.encode(), b"ab;" * 400_000
    text = b"one\n\ntwo " + filler[: (1 << 20) - 520] + card + b";" + filler + b"\nlast"
    form, out = PlainForm(by_line=by_line), io.BytesIO()
    records = [record.cells[0] for record in form.records(io.BytesIO(text), "a test")]
    assert b"".join(records) == text
    TextRelease(reader).write(form.records(io.BytesIO(text), "a test"), out)
    assert re.sub(rb"(?:\[CARD \d+\])+", card, out.getvalue()) == text
    assert card not in out.getvalue()
