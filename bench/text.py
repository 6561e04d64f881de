"""Free text cleared, beside what is used for it elsewhere: how fast, how much is found, what is harmed."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from bench.invented_people import Names, Person, catalogue
from bench.question_corpus import GOES, Corpus, Question
from bench.question_templates import HELD_OUT
from bench.row import Row
from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.number_format import parsed
from carrel.deidentification.text.reader import TextReader
from carrel.deidentification.text.running import Plain

MEGABYTE = 1_000_000
PEERS = os.environ.get("CARREL_TEXT_PEERS", "")  # a Python that has presidio-analyzer and scrubadub
QUOTED = {"presidio-analyzer 2.2, blank spaCy": 0.045, "scrubadub 2.0.1": 0.38}  # MB a CPU second, measured apart
FORMS = ("21868######### mod10",)
TARGETS = {"NAME": 0.98, "UNLISTED": 0.85, "AUTHOR": 0.99, "TITLE": 0.99}
STRUCTURED = 0.995
PRESIDIO = r"""
import json, sys, time, logging
logging.disable(logging.CRITICAL)
texts = json.load(sys.stdin)
name = sys.argv[1]
if name.startswith("presidio"):
    import spacy, tldextract
    import presidio_analyzer.predefined_recognizers as known
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    class Blank(SpacyNlpEngine):
        def __init__(self):
            super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
            self.nlp = {"en": spacy.blank("en")}
        def load(self):
            pass
    engine = AnalyzerEngine(nlp_engine=Blank(), supported_languages=["en"])
    look = lambda text: engine.analyze(text=text, language="en")
else:
    import scrubadub
    scrubber = scrubadub.Scrubber()
    look = lambda text: list(scrubber.iter_filth(text))
look(texts[0])
began = time.process_time()
for text in texts:
    look(text)
print(time.process_time() - began)
"""
ROSTER = """
import re, sys, time
from pathlib import Path
from carrel.deidentification.text.knowledge import Knowledge
from carrel.deidentification.text.text_settings import Roster
from carrel.inventory.record_source import NamedSource
from carrel.systems.text.code_folder import running
from carrel.systems.text.named_lists import learn_roster
code, cpu, wall = running(), time.process_time(), time.monotonic()
known = Knowledge([], code)
learn_roster(known, Roster(records=NamedSource(file=Path(sys.argv[1]))), None)
# What the kernel tells a parent of a child holds the parent's own; this is of this process alone.
most = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
print(time.monotonic() - wall, time.process_time() - cpu, most)
"""


def works(folder: Path, *, smoke: bool) -> dict[str, Callable[[], list[Row]]]:
    """Rows by name for ``--only``."""
    return {"text": lambda: text(folder, 2_000 if smoke else 1_000_000, 300 if smoke else 20_000, smoke=smoke)}


def text(folder: Path, patrons: int, questions: int, *, smoke: bool) -> list[Row]:
    """The roster made ready, the held-out half cleared both ways, the same with whatever peer is there."""
    from carrel.deidentification.text.knowledge import Knowledge
    from carrel.systems.text.code_folder import running

    dice = random.Random(20261127)
    names = Names(dice)
    people = [names.person(number) for number in range(patrons)]
    authors, titles = catalogue(names, dice, max(300, patrons // 20))
    rows = [_ready(folder, people, smoke=smoke)]
    known = Knowledge([parsed(FORMS[0], "bench"), parsed("u########", "bench", student=True)], running())
    known.people([[one.given for one in people]], [one.family for one in people])
    known.cards([one.barcode for one in people])
    known.addresses([one.address for one in people])
    known.authors(authors)
    known.titles(titles)
    asked = list(Corpus(people, names, authors, titles, dice).questions(HELD_OUT, questions))
    raw = [one.text.encode() for one in asked]
    size, reader = sum(map(len, raw)) / MEGABYTE, TextReader(known)
    seconds, found = _timed(
        lambda: [one for at in range(0, len(raw), 1_000) for one in reader.read(raw[at : at + 1_000])]
    )
    rate, said = size / seconds, f"{questions:,} questions, {size:.1f} MB, {patrons:,} patrons, held-out templates"
    code, known.running = known.running, Plain()
    few = raw[:300]
    slow, _ = _timed(lambda: reader.read(few))
    known.running = code
    plain = sum(map(len, few)) / MEGABYTE / slow
    rows.append(
        Row("free text: MB a CPU second", said, f"{rate:.1f} MB/s", f"{plain:.2f} MB/s", "the same rules without the extra",
            "measured", rate / plain, "5 MB/s", None if smoke else rate >= 5)
    )  # fmt: skip
    for name, quoted in QUOTED.items():
        theirs = _peer(name, [one.text for one in asked[: 100 if smoke else 1_000]])
        kind, against = ("quoted", quoted) if theirs is None else ("measured", theirs)
        target = "80x" if name.startswith("presidio") else ""
        met = None if smoke or theirs is None or not target else rate >= 80 * against
        rows.append(
            Row("the same", said, f"{rate:.1f} MB/s", f"{against:.3f} MB/s", name, kind, rate / against, target, met)  # type: ignore[arg-type]  # one of the two words
        )
    return [*rows, *_quality(asked, found, said, smoke=smoke)]


def _ready(folder: Path, people: list[Person], *, smoke: bool) -> Row:
    path = folder / "roster.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("cardnumber", "firstname", "surname", "email", "phone", "address"))
        out.writerows((one.barcode, one.given, one.family, one.email, one.phone, one.address) for one in people)
    done = subprocess.run([sys.executable, "-c", ROSTER, str(path)], check=True, capture_output=True, text=True)
    wall, cpu, memory = map(float, done.stdout.split())
    met = None if smoke else wall <= 5 and memory <= 500
    return Row("free text: roster ready", f"{len(people):,} patrons of a CSV file: names, cards, phones, addresses; {cpu:.1f} s CPU",
               f"{wall:.1f} s {memory:.0f} MB", "38 s 2.2 GB", "an automaton of all names", "quoted", wall / 38, "5 s, 500 MB", met)  # fmt: skip


def _timed(work: Callable[[], list[list[object]]] | Callable[[], object]) -> tuple[float, object]:
    began = time.process_time()
    made = work()
    return time.process_time() - began, made


def _peer(name: str, texts: list[str]) -> float | None:
    """MB a CPU second; None where it is not there."""
    if not PEERS:
        return None
    done = subprocess.run(
        [PEERS, "-c", PRESIDIO, name],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=False,
        timeout=1_800,
    )
    if done.returncode:
        print(done.stderr[-600:], file=sys.stderr)
        return None
    return sum(len(one.encode()) for one in texts) / MEGABYTE / float(done.stdout.split()[-1])


def _quality(asked: list[Question], found: object, said: str, *, smoke: bool) -> list[Row]:
    seen: dict[str, list[bool]] = defaultdict(list)
    for question, ones in zip(asked, found, strict=True):  # type: ignore[call-overload]  # as the reader gives them
        raw = question.text.encode()
        gone = {at for one in ones if one.sure != spans.HARDLY for at in range(one.start, one.end)}
        for mark in question.marks:
            start, end = (len(question.text[:at].encode()) for at in (mark.start, mark.end))
            signs = [at for at in range(start, end) if raw[at] >= 0x80 or chr(raw[at]).isalnum()]
            seen[mark.kind].append(gone.issuperset(signs) if mark.kind in GOES else gone.isdisjoint(signs))
    rows = []
    for kind, ones in sorted(seen.items(), key=lambda one: (one[0] not in GOES, one[0])):
        share = sum(ones) / len(ones)
        target = TARGETS.get(kind, STRUCTURED if kind != "PARTIAL" else 0)
        word = "found whole" if kind in GOES else "left whole"
        rows.append(
            Row(f"free text: {kind} {word}", f"{len(ones):,} of {said}", f"{share:.2%}", "", "", "none", None, f"{target:.1%}" if target else "",
                None if smoke or not target else share >= target)
        )  # fmt: skip
    return rows
