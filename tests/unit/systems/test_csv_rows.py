"""Rows of CSV files: what is due goes or is blanked, and every other byte stays, whatever the file is written in."""

from __future__ import annotations

import csv
import fcntl
import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.inventory.csv_writing import BrokenCsvError, CsvWriting, encoding_of
from carrel.inventory.dated_table import DatedTable
from carrel.systems.folders.rewriting import LEFT_OVER
from carrel.systems.tables import csv_row_reader, csv_rows, csv_sample
from carrel.systems.tables.csv_rows import CsvRows
from carrel.systems.tables.repeated_tags import RepeatedTags, places_for, shared_places

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
OLD, YOUNG = "2026-03-01 10:00", "2026-03-10 11:00"


def entry(root: Path, **more: object) -> DatedTable:
    said = {"name": "jobs", "record": "equipment use", "purpose": "provide", "root": root, "patterns": ["*.csv*"],
            "key": "id", "clock": "at", "zone": "UTC"}  # fmt: skip
    return DatedTable.model_validate({**said, **more})


def late(piece) -> bool:
    return not piece.kept and not piece.done and piece.at is not None and piece.at < NOW - timedelta(hours=48)


def cleared(declared: DatedTable) -> int:
    """Clear what is due; how many rows that were."""
    rows = CsvRows(declared)
    due = sum(map(late, rows.pieces()))
    rows.clear(late, lambda: None)
    assert not any(map(late, rows.pieces()))
    assert not any(map(late, rows.again(NOW)))
    return due


def test_what_went_is_looked_up_by_one_reading_and_what_is_left_by_more(tmp_path):
    """Whether a row stands twice is asked before the first that is due is told, wherever in the file the second is."""
    (tmp_path / "went.csv").write_text(f"id,at\n1,{YOUNG}\n2,{OLD}\n")
    opened: list[str] = []
    sys.addaudithook(lambda name, told: opened.append(str(told[0])) if name == "open" and watched[0] else None)
    watched = [True]
    rows = CsvRows(entry(tmp_path))
    rows.clear(late, lambda: None)
    assert sum(one == "went.csv" for one in opened) == 3  # is it locked; which go; what stays
    opened.clear()
    assert [one.kept for one in rows.again(NOW - timedelta(hours=48))] == [""]
    assert sum(one == "went.csv" for one in opened) == 2
    watched[0] = False
    left = tmp_path / "left.csv"
    left.write_text(f"id,at\n1,{YOUNG}\n2,{OLD}\n3,{OLD}\n2,{OLD}\n")
    told = {one.kept: one for one in rows.again(NOW - timedelta(hours=48)) if not late(one)}
    assert csv_row_reader.TWICE in told
    assert sum(map(late, rows.again(NOW - timedelta(hours=48)))) == 1
    rows.clear(late, lambda: None)
    assert left.read_text() == f"id,at\n1,{YOUNG}\n2,{OLD}\n2,{OLD}\n"
    text = left.read_bytes()
    rows.clear(late, lambda: None)  # nothing goes: it is not written anew
    assert left.read_bytes() == text
    (tmp_path / "cut.csv").write_text(f'id,at\n1,{YOUNG}\n2,{OLD}\n3,"{OLD}\n')
    cut = [one for one in rows.again(NOW - timedelta(hours=48)) if one.kept == csv_rows.BROKEN or late(one)]
    assert [one.kept for one in cut] == [csv_rows.BROKEN]


ODD = [("utf-8", ","), ("utf-8-bom", ";"), ("utf-16", "\t"), ("utf-16-be", ";"), ("windows-1252", ";"), ("iso-8859-15", "|"),
       ("cp437", ",")]  # fmt: skip


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("encoding", "cut"), ODD)
def test_only_old_rows_go_in_any_writing(tmp_path, encoding, cut, packed):
    head = f'id{cut}"who{cut}ever"{cut}at{cut}note\r\n'
    rows = [
        f'1{cut}Müller{cut}{OLD}{cut}"two\r\nlines, {cut} and ""quotes"" é"\r\n',
        f'2{cut}"M{cut}"{cut}"{YOUNG}"{cut}"young\n{OLD}\n"\n',
        "\r\n",
        f'3{cut}5" disk{cut}{OLD}{cut}nul\0l\r\n',
        f"4{cut}x{cut}{YOUNG}{cut}\0\0é\n",
        f'5{cut}"open ""{cut}{OLD}{cut}""\r\n"{cut}{OLD}{cut}',
    ]
    told = {"utf-8-bom": "utf-8"}.get(encoding, encoding)
    codec = {"utf-16": "utf-16-le"}.get(told, told)
    mark = "\ufeff" if encoding in {"utf-8-bom", "utf-16"} else ""
    invalid = b"\xff\xfe9" if codec == "utf-8" else b""

    def written(kept: list[str]) -> bytes:
        return "".join((mark, head, *kept)).encode(codec).replace(b"Md", invalid)

    place = tmp_path / ("a.csv.gz" if packed else "a.csv")
    data = written(rows)
    place.write_bytes(gzip.compress(data) if packed else data)
    place.chmod(0o640)
    os.utime(place, (5, 7))
    assert cleared(entry(tmp_path, encoding=told, delimiter=cut)) == 3
    left = gzip.decompress(place.read_bytes()) if packed else place.read_bytes()
    assert left == written([rows[1], rows[2], rows[4]])
    assert (place.stat().st_mode & 0o777, place.stat().st_mtime) == (0o640, 7)
    assert [one.name for one in tmp_path.iterdir()] == [place.name]


def test_bytes_of_no_encoding_come_back_as_they_were(tmp_path):
    place = tmp_path / "a.csv"
    place.write_bytes(b"id,at,x\n1," + OLD.encode() + b",\xff\n2," + YOUNG.encode() + b",\xfe\x80\xc3\n")
    assert cleared(entry(tmp_path)) == 1
    assert place.read_bytes() == b"id,at,x\n2," + YOUNG.encode() + b",\xfe\x80\xc3\n"


def test_blanked_fields_are_empty_and_the_rest_is_as_it_was(tmp_path):
    place = tmp_path / "a.csv"
    young = f'2;"Quill;\nIshmael";{YOUNG};9\r\n'
    place.write_bytes(f'id;who;at;pages\r\n1;"Quill;\r\n""I"" ";{OLD};7\r\n{young}3;;{OLD};8'.encode())
    said = entry(tmp_path, delimiter=";", blank="who")
    assert cleared(said) == 1
    assert place.read_bytes() == f"id;who;at;pages\r\n1;;{OLD};7\r\n{young}3;;{OLD};8".encode()
    assert [one.done for one in CsvRows(said).pieces()] == [True, False, True]


def test_what_cannot_be_told_stays_and_says_so(tmp_path):
    files = {
        "open.csv": f"id,at\n1,{OLD}\n",
        "locked.csv": f"id,at\n1,{OLD}\n",
        "quote.csv": f'id,at\n1,{OLD}\n2,"{OLD}\n',
        "other.csv": f"number,at\n1,{OLD}\n",
        "twice.csv": f"id,at,at\n1,{OLD},{OLD}\n",
        "odd.csv": f"id,at\n1,{OLD},x\n,{OLD}\n3,yesterday\n4,{OLD}\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(os.urandom(3000))[:-100])
    (tmp_path / "names.csv").write_text(f"id,at\n1,{OLD}\n")
    os.link(tmp_path / "names.csv", tmp_path / "other-name")
    (tmp_path / "far.csv").symlink_to("/etc/hostname")
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir() if not one.is_symlink()}
    holding = "import sys; f = open(sys.argv[1], 'a'); print('open', flush=True); sys.stdin.read()"
    with (tmp_path / "locked.csv").open() as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        words = [sys.executable, "-c", holding, str(tmp_path / "open.csv")]
        other = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert other.stdout is not None
        other.stdout.readline()
        try:
            said = entry(tmp_path)
            kept = sorted(one.kept for one in CsvRows(said).pieces() if one.kept)
            assert kept == sorted(
                ["being written", "locked", "cannot be read to its end", "cannot be read to its end", "has several names",
                 csv_rows.OTHER_COLUMNS, csv_rows.OTHER_COLUMNS, csv_row_reader.OTHER_FIELDS, csv_row_reader.NO_KEY]
            )  # fmt: skip
            assert sum(one.at is None and not one.kept for one in CsvRows(said).pieces()) == 1
            assert cleared(said) == 1
        finally:
            other.communicate()
    assert (tmp_path / "odd.csv").read_text() == f"id,at\n1,{OLD},x\n,{OLD}\n3,yesterday\n"
    before["odd.csv"] = (tmp_path / "odd.csv").read_bytes()
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir() if not one.is_symlink()} == before


def test_without_a_header_columns_have_numbers(tmp_path):
    (tmp_path / "a.csv").write_text(f"7,{OLD}\n8,{YOUNG}\n")
    assert cleared(entry(tmp_path, header=False, key="1", clock="2")) == 1
    assert (tmp_path / "a.csv").read_text() == f"8,{YOUNG}\n"
    (tmp_path / "a.csv").write_text(f"7,{OLD}\n")
    cleared(entry(tmp_path, header=False, key="1", clock="2"))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_loses_nothing(tmp_path, monkeypatch):
    place = tmp_path / "a.csv"
    place.write_text(f"id,at\n1,{OLD}\n2,{YOUNG}\n")
    before = place.read_bytes()

    def full(*_words: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(CarrelError) as wrong:
        CsvRows(entry(tmp_path)).clear(late, lambda: None)
    assert wrong.value.code == "FIL-002"
    assert place.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def many(place: Path, count: int) -> None:
    with gzip.open(place, "wt", compresslevel=1) as file:
        file.write("id,who,at\n")
        file.writelines(f'{n},"Quill, {n}",{OLD if n % 3 else YOUNG}\n' for n in range(count))


def test_a_hundred_thousand_rows_go_in_one_file(tmp_path):
    many(tmp_path / "a.csv.gz", 100_000)
    beats: list[int] = []
    CsvRows(entry(tmp_path)).clear(late, lambda: beats.append(1))
    with gzip.open(tmp_path / "a.csv.gz", "rt") as file:
        assert sum(1 for _ in file) == 1 + 33_334
    assert len(beats) > 20  # so that whoever wants it stopped is heard in the middle


def test_memory_does_not_grow_with_a_file(tmp_path):
    peaks = []
    for count in (2_000, 10_000):
        many(tmp_path / "a.csv.gz", count)
        tracemalloc.start()
        try:
            CsvRows(entry(tmp_path)).clear(late, lambda: None)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000


def test_a_quote_that_nobody_closes_ends_the_reading_soon(tmp_path):
    (tmp_path / "a.csv").write_text(f"id,at\n1,{OLD}\n2," + '"' + ("x" * 50 + "\n") * 200_000)
    [one] = list(CsvRows(entry(tmp_path)).pieces())
    assert one.kept == "cannot be read to its end"


def test_repeated_tags_are_those_and_no_others():
    """Also where tags share a place by chance: the eight digits by which they are placed are equal here."""
    tags = [f"{n % 7:08x}{n:016x}" for n in range(200)]
    assert RepeatedTags(lambda: tags).found() == frozenset()
    assert RepeatedTags(lambda: [*tags, *tags[:3], tags[0]]).found() == set(tags[:3])


def test_of_a_large_file_few_tags_share_a_place_so_that_few_are_kept_in_memory():
    rows = 400_000
    tags = (hashlib.sha256(n.to_bytes(4, "big")).hexdigest()[:24] for n in range(rows))
    assert len(shared_places(tags, places_for(rows * 30))) < rows / 50
    assert [places_for(size) // 8 >> 20 for size in (1, 1 << 20, 20 << 20, 2 << 30)] == [1, 1, 16, 128]


# A backslash before a quote is another program's mark in a record of several lines, and has a test of its own.
FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\\"), max_size=12)


def _could_be_several(record: list[str], cut: str) -> bool:
    """Whether each line of a record would be one of as many fields: then nobody can tell, and it is refused."""
    lines = [one for one in re.split(r"\r\n|\r|\n", cut.join(record)) if one.count(cut) == len(record) - 1]
    return len(lines) > 1


@settings(max_examples=200)
@given(
    st.lists(st.lists(FIELDS, min_size=2, max_size=4), min_size=1, max_size=6), st.sampled_from(",;\t|"), st.booleans()
)
def test_any_records_come_back_field_by_field_and_byte_by_byte(records, cut, quoted):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=cut, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerows(records)
    text = out.getvalue()
    lines = list(io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline=""))
    if any(_could_be_several(record, cut) for record in records):
        return
    found = list(CsvWriting(cut).records(lines))
    assert "".join(one.text for one in found) == text
    wanted = [[one.removeprefix("\ufeff") for one in record] for record in records]
    assert [[one.value(n) for n in range(len(one.spans))] for one in found] == wanted
    first = found[0].without([0])
    assert first.endswith(found[0].text[found[0].spans[0][1] :])


def test_an_open_quote_is_an_error_and_no_row():
    with pytest.raises(BrokenCsvError):
        list(CsvWriting().records(['a,"b\n', "c\n"]))


MERGED = {
    "backslashes": f'1,"Monitor 24\\"",{OLD}\n2,"Monitor 19\\"",{YOUNG}\n3,"x",{YOUNG}\n',
    "backslashes around a comma": f'1,"Monitor 24\\"",{YOUNG}\n2,",",{OLD}\n3,"",{YOUNG}\n4,",b\\"",{OLD}\n',
    "bare quotes": f'1,"Monitor 24"",{YOUNG}\n2,"Monitor 19"",{OLD}\n3,"x",{OLD}\n',
    "bare quotes before a comma": f'1,"x"",{YOUNG}\n2,",y",{OLD}\n',
    "lone quotes": f'1,",{YOUNG}\n2,",{OLD}\n3,"x",{YOUNG}\n',
    "inches before and behind": f'1,"5 inch,{YOUNG}\n2,5 inch",{OLD}\n',
    "inner quotes": f'1,"say "hi" there",{OLD}\n2,"x",{YOUNG}\n',
}


@pytest.mark.parametrize("text", MERGED.values(), ids=list(MERGED))
def test_a_file_whose_quotes_are_marked_otherwise_stays_whole(tmp_path, text):
    """Rows would merge into one record, and the young ones go with the old one whose time it bears."""
    (tmp_path / "a.csv").write_text(f"id,what,at\n{text}")
    [one] = list(CsvRows(entry(tmp_path)).pieces())
    assert one.kept == "cannot be read to its end"
    assert cleared(entry(tmp_path)) == 0
    assert (tmp_path / "a.csv").read_text() == f"id,what,at\n{text}"


def test_a_backslash_at_the_end_of_a_field_is_a_sign_on_one_line(tmp_path):
    (tmp_path / "a.csv").write_text(f'id,what,at\n1,"C:\\",{OLD}\n2,"C:\\",{YOUNG}\n')
    assert cleared(entry(tmp_path)) == 1
    assert (tmp_path / "a.csv").read_text() == f'id,what,at\n2,"C:\\",{YOUNG}\n'


def test_only_encodings_whose_bytes_come_back_are_taken():
    assert [encoding_of(one) for one in ("UTF8", "latin1", "cp1252", "utf-16")] == [
        "utf-8",
        "iso8859-1",
        "cp1252",
        "utf-16",
    ]
    assert [
        encoding_of(one) for one in ("utf-7", "cp037", "rot13", "base64", "shift_jis", "idna", "none such", "\0")
    ] == [None] * 8


SAID = [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("utf-16-le", "|"), ("windows-1252", ";")]


@pytest.mark.parametrize(("encoding", "cut"), SAID)
def test_how_a_file_is_written_is_found_out(tmp_path, encoding, cut):
    lines = [f'{n}{cut}"Müller{cut} {n}"{cut}0{1 + n % 9}.03.2026 1{n % 9}:00\r\n' for n in range(40)]
    (tmp_path / "a.csv").write_bytes(("id" + cut + "wer" + cut + "Zeit\r\n" + "".join(lines)).encode(encoding))
    found = csv_sample.look(tmp_path, ["a.csv"], at="CSV")
    assert found.writing.delimiter == cut
    assert found.writing.header
    assert [one.name for one in found.sample.columns] == ["id", "wer", "Zeit"]
    assert found.sample.column("Zeit").clock.forms == ["%d.%m.%Y %H:%M"]
    (tmp_path / "b.csv").write_bytes("".join(lines).encode(encoding))
    bare = csv_sample.look(tmp_path, ["b.csv"], at="CSV")
    assert not bare.writing.header
    assert [one.name for one in bare.sample.columns] == ["1", "2", "3"]  # no name of a person stands for a column


FIRST_ROWS = [
    ("jane.roe@example.org", False), ("+49 30 1234567", False), ("29999000000017", False), ("2026-03-01 10:00", False),
    ("Jane Roe", None), ("Roe, Jane", None), ("jroe12", None), ("blue", False),
    ("Card Number", True), ("Pages Printed", True), ("Branch Library", True), ("User", True), ("Zeit", True),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "has"), FIRST_ROWS)
def test_what_stands_in_a_first_row_is_no_name_of_a_column(tmp_path, cell, has):
    rows = "".join(f'job-{n % 5},"{"blue" if n % 2 else "red"}",x{n % 3}\n' for n in range(30))
    (tmp_path / "a.csv").write_text(f'Station,"{cell}",Kind\n{rows}')
    found = csv_sample.look(tmp_path, ["a.csv"], at="CSV")
    assert (found.writing.header, found.doubtful) == (has is True, has is None)
    names = [one.name for one in found.sample.columns]
    assert names == (["Station", cell, "Kind"] if has else ["1", "2", "3"])
    declared = csv_sample.look(tmp_path, ["a.csv"], header=True, named=(), at="CSV")
    shown = cell if has or cell == "blue" else "column 2"
    assert [one.name for one in declared.sample.columns] == ["Station", shown, "Kind"]


@pytest.mark.parametrize("data", [b"", b"one column\nonly\n", b"\x1f\x8b\x08 broken", b'a,b\n1,"2\n'])
def test_what_is_no_csv_is_refused(tmp_path, data):
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(CarrelError) as wrong:
        csv_sample.look(tmp_path, ["a.csv"], at="CSV")
    assert wrong.value.code == "TBL-008"


HALF = """
import sys, time
from pathlib import Path
from carrel.systems.folders.rewriting import rewrite
from carrel.systems.folders.walk import files

def copy(new):
    new.write(b"id,at\\n1,patron\\n")
    new.flush()
    print("half", flush=True)
    time.sleep(60)

for spot in files(Path(sys.argv[1]), ["sub/*.csv"]):
    rewrite(spot, copy)
"""


def test_what_a_killed_run_has_left_is_told_and_deleted_also_where_its_file_is_gone(tmp_path):
    below = tmp_path / "sub"
    below.mkdir()
    (below / "jobs.csv").write_text(f"id,at\n1,{OLD}\n")
    left, other = below / ".jobs.csv.carrel", below / ".jobs.txt.carrel"
    other.write_text("of another entry")
    rows = CsvRows(entry(tmp_path, patterns=["sub/*.csv"]))
    with subprocess.Popen([sys.executable, "-c", HALF, tmp_path], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"half\n"
        (below / "jobs.csv").rename(tmp_path / "elsewhere.csv")
        rows.clear(late, lambda: None)
        assert list(rows.pieces()) == []  # the run is at work still: its copy is its own
        assert left.exists()
        run.kill()
    [piece] = rows.pieces()
    assert (piece.at, piece.kept) == (None, LEFT_OVER)
    rows.clear(late, lambda: None)
    assert [one.name for one in below.iterdir()] == [other.name]
    assert list(rows.pieces()) == []
