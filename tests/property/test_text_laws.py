"""Laws of free text: what is planted never stays, both ways agree, and nothing else of a text changes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.invented_people import Names, Person, catalogue, luhn
from bench.question_corpus import GOES, Corpus
from bench.question_templates import HELD_OUT, TUNING
from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.knowledge import Knowledge
from carrel.deidentification.text.long_text import pieces, read_long
from carrel.deidentification.text.number_format import parsed
from carrel.deidentification.text.reader import PIECE, TextReader
from carrel.deidentification.text.residual_risk import ResidualRisk, upper_bound
from carrel.deidentification.text.running import Plain, Running
from carrel.deidentification.text.surrogates import Conversation

pytestmark = pytest.mark.xdist_group("machine code of text")

DICE = random.Random(20261127)
NAMES = Names(DICE, families=5_000, given=600)
PEOPLE = [NAMES.person(number) for number in range(2_000)]
AUTHORS, TITLES = catalogue(NAMES, DICE, 200)
AROUND = (
    "Is the library open on Sunday?", "I would like to read about whales", "renew it, please", "the book came back", "¿Tienen mapas?",
    "see the shelf by the window", "two copies of the novel", "page 12", "on Tuesday at 10:30", "thanks", "call number 813.54", "",
    "la tarjeta no funciona", "by the way", "ISBN 9780306406157", "he wrote an essay", "\u201cquoted\u201d", "ok",
)  # fmt: skip


def knowledge(running: Running) -> Knowledge:
    known = Knowledge([parsed("21868######### mod10", "a test"), parsed("u########", "a test", student=True)], running)
    known.people([[one.given for one in PEOPLE]], [one.family for one in PEOPLE])
    known.cards([one.barcode for one in PEOPLE])
    known.addresses([one.address for one in PEOPLE])
    known.authors(AUTHORS)
    known.titles(TITLES)
    return known


@pytest.fixture(scope="module")
def plain() -> Knowledge:
    return knowledge(Plain())


@pytest.fixture(scope="module")
def compiled(text_code: Running) -> Knowledge:
    return knowledge(text_code)


def works() -> set[str]:
    """Names that an author or a title bears too: there the words around decide."""
    return {part for one in (*AUTHORS, *TITLES) for part in (one, " ".join(reversed(one.split(", "))))}


def planted(person: Person, kind: int, dice: random.Random) -> str:
    """An identifier of somebody, exactly as it is known, or in a form that its check digit proves."""
    match kind:
        case 0:
            return f"{person.given} {person.family}"
        case 1:
            return f"{person.family}, {person.given}"
        case 2:
            return person.barcode
        case 3:
            return person.email
        case 4:
            return person.phone
        case 5:
            return person.address
        case 6:
            return f"U{dice.randrange(10**7, 10**8)}"
        case 7:
            body = f"4{dice.randrange(10**14):014d}"
            return body + luhn(body)
        case 8:
            return f"{dice.randrange(1, 256)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"
        case _:
            return f"https://opac.example.org/account?session={dice.getrandbits(96):024x}"


def test_of_ten_thousand_planted_identifiers_none_stays(compiled: Knowledge) -> None:
    dice, borne = random.Random(7), works()
    free = [one for one in PEOPLE if not {f"{one.given} {one.family}"} & borne and not unclear(one)]
    texts, wanted = [], []
    for number in range(10_000):
        what = planted(dice.choice(free), number % 10, dice)
        before, after = dice.choice(AROUND), dice.choice(AROUND)
        texts.append(f"{before} {what}; {after}".encode())
        wanted.append(what.encode())
    found = TextReader(compiled).read(texts)
    left = [
        (what, text)
        for text, what, one in zip(texts, wanted, found, strict=True)
        if what in Conversation().rewritten(text, one)[0]
    ]
    assert not left, f"{len(left)} stayed, such as {left[:3]}"


def unclear(person: Person) -> bool:
    """Whether both names are ordinary words, so that a place could bear the name: *in Rose Park*."""
    from carrel.deidentification.text.kernels import bits
    from carrel.deidentification.text.lexicon import lexicon, word_number

    words = lexicon()
    return all(
        words.get(word_number(part), 0) & bits.COMMON for name in (person.given, person.family) for part in name.split()
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_both_ways_come_to_the_same(data: st.DataObject, plain: Knowledge, compiled: Knowledge) -> None:
    dice = random.Random(data.draw(st.integers(0, 2**32)))
    corpus = Corpus(PEOPLE, NAMES, AUTHORS, TITLES, dice)
    texts = [one.text.encode() for one in corpus.questions(dice.choice((TUNING, HELD_OUT)), 4)]
    texts += [data.draw(st.binary(max_size=60)), data.draw(st.text(max_size=40)).encode("utf-8", "surrogatepass")]
    at = dice.randrange(len(texts[0]))
    texts.append(texts[0][:at] + bytes((dice.randrange(256),)) + texts[0][at:])
    assert TextReader(plain).read(texts) == TextReader(compiled).read(texts)


def test_both_ways_learn_the_same(plain: Knowledge, compiled: Knowledge) -> None:
    assert (plain.table.count, plain.edits.count) == (compiled.table.count, compiled.edits.count)
    assert plain.table.keys == compiled.table.keys
    assert plain.table.values == compiled.table.values


@settings(max_examples=200, deadline=None)
@given(text=st.binary(max_size=200))
def test_findings_lie_in_order_within_the_text(text: bytes, compiled: Knowledge) -> None:
    (found,) = TextReader(compiled).read([text])
    at = 0
    for one in found:
        assert at <= one.start < one.end <= len(text)
        at = one.end


def test_what_was_released_once_stays_as_it_is(compiled: Knowledge) -> None:
    reader = TextReader(compiled)
    corpus = Corpus(PEOPLE, NAMES, AUTHORS, TITLES, random.Random(3))
    texts = [one.text.encode() for one in corpus.questions(TUNING, 500)]
    once = [Conversation().rewritten(text, found)[0] for text, found in zip(texts, reader.read(texts), strict=True)]
    twice = [Conversation().rewritten(text, found)[0] for text, found in zip(once, reader.read(once), strict=True)]
    assert sum(one != two for one, two in zip(once, twice, strict=True)) <= 1


def test_a_name_is_found_wherever_a_long_text_is_cut(compiled: Knowledge) -> None:
    reader, filler = TextReader(compiled), b"nothing here \n"
    whole = (filler * (3 * PIECE // len(filler)))[: 2 * PIECE + 500]
    parts = list(pieces(whole))
    assert [one.own_start for one in parts[1:]] == [one.own_end for one in parts[:-1]]
    person = next(one for one in PEOPLE if not unclear(one))
    name = f" Please tell {person.given} {person.family} now ".encode()
    for edge in (parts[0].own_end, parts[1].own_end):
        for offset in range(-len(name), 8, 5):
            text = whole[: edge + offset] + name + whole[edge + offset :]
            (found,) = read_long(reader, [text])
            assert name.strip().split(b" ", 2)[2][:-4] in {text[one.start : one.end] for one in found}


def test_a_line_without_any_blank_is_read_in_pieces(compiled: Knowledge) -> None:
    text = b"x" * (3 * PIECE) + b" 21868000079194"
    card = PEOPLE[0].barcode.encode()
    (found,) = read_long(TextReader(compiled), [text.replace(b"21868000079194", card)])
    assert [one.kind for one in found] == [spans.CARD]


@pytest.mark.parametrize(
    ("hits", "tries", "bound"),
    [(0, 299, 0.00997), (0, 300, 0.00994), (1, 100, 0.04656), (3, 50, 0.14783), (5, 5, 1.0), (0, 0, 1.0)],
)
def test_the_bound_is_that_of_clopper_and_pearson(hits: int, tries: int, bound: float) -> None:
    assert upper_bound(hits, tries) == pytest.approx(bound, abs=5e-5)


def test_the_class_is_low_only_where_the_bound_is_small_enough() -> None:
    assert ResidualRisk(299, 0, 0).is_low
    assert not ResidualRisk(298, 0, 0).is_low
    assert not ResidualRisk(0, 0, 0).is_low
    assert ResidualRisk(0, 0, 0).wanted == 299


@pytest.mark.slow
def test_the_half_of_the_corpus_that_no_rule_was_written_by_is_cleared(compiled: Knowledge) -> None:
    corpus = Corpus(PEOPLE, NAMES, AUTHORS, TITLES, random.Random(11))
    asked = list(corpus.questions(HELD_OUT, 3_000))
    found = TextReader(compiled).read([one.text.encode() for one in asked])
    seen: dict[str, list[bool]] = {}
    for question, ones in zip(asked, found, strict=True):
        raw = question.text.encode()
        gone = {at for one in ones if one.sure != spans.HARDLY for at in range(one.start, one.end)}
        for mark in question.marks:
            start, end = (len(question.text[:at].encode()) for at in (mark.start, mark.end))
            signs = [at for at in range(start, end) if raw[at : at + 1].isalnum()]
            fine = gone.issuperset(signs) if mark.kind in GOES else gone.isdisjoint(signs)
            seen.setdefault(mark.kind, []).append(fine)
    share = {kind: sum(ones) / len(ones) for kind, ones in seen.items()}
    structured = GOES - {"NAME", "UNLISTED", "PARTIAL"}
    assert min(share[one] for one in structured) >= 0.995
    assert share["NAME"] >= 0.98
    assert share["UNLISTED"] >= 0.85
    assert min(share["AUTHOR"], share["TITLE"]) >= 0.99


def test_machine_code_of_others_is_not_taken(tmp_path: Path) -> None:
    from carrel.systems.text.code_folder import running

    tmp_path.chmod(0o777)
    assert isinstance(running(tmp_path), Plain)
