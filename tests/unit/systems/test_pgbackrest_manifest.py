"""What a list of files of pgBackRest says that a repository must hold, and which segments of log a backup needs."""

from __future__ import annotations

import pytest

from carrel.systems.backups.pgbackrest_archive import segment_size, segments
from carrel.systems.backups.pgbackrest_contents import unverified
from carrel.systems.backups.pgbackrest_manifest import Manifest

HEAD = '[backup:option]\noption-compress-type="gz"\n\n[target:file]\n'
TAIL = '\n[target:file:default]\nmode="0600"\n\n[backrest]\nbackrest-checksum="00"\n'
FILES = """pg_data/PG_VERSION={"bni":1,"checksum":"5","repo-size":23,"size":3,"timestamp":1}
pg_data/base/1/112={"bni":1,"bno":23,"checksum":"c","repo-size":80,"size":8192,"timestamp":1}
pg_data/base/1/a=b={"checksum":"c","repo-size":70,"size":8192,"timestamp":1}
pg_data/base/1/empty={"size":0,"timestamp":1}
pg_data/base/1/old={"bni":4,"reference":"20260101-000000F","repo-size":70,"size":8192,"timestamp":1}
pg_data/pg_wal/000000010000000000000003={"size":16777216,"timestamp":1}
"""


def test_what_the_backup_itself_holds_is_wanted_in_its_length_and_packed_files_up_to_the_last():
    read = Manifest.of(HEAD + FILES + TAIL)
    wanted = {one.names[0]: (one.size, one.shared) for one in read.own}
    assert wanted == {
        "pg_data/base/1/a=b.gz": (70, False),
        "pg_data/pg_wal/000000010000000000000003.gz": (16777216, False),
        "bundle/1": (103, True),
    }
    assert (read.bases, read.log) == ({"20260101-000000F"}, {"000000010000000000000003"})
    plain, _, pack = read.own
    assert [plain.fits({name: 70}) for name in ("pg_data/base/1/a=b.gz", "pg_data/base/1/a=b.pgbi")] == [True, True]
    assert [plain.fits(one) for one in ({}, {"pg_data/base/1/a=b.gz": 71}, {"pg_data/base/1/a=b": 70})] == [
        None,
        False,
        None,
    ]
    assert [pack.fits({"bundle/1": size}) for size in (102, 103, 104)] == [False, True, True]


@pytest.mark.parametrize(
    "name", ["odd = name={x", "a={}", "o\u2028dd", "o\x0bdd", "[sec]", "#no", " lead", "{", 'a={"size":1}b']
)
def test_a_file_may_be_called_anything(name):
    """As the tool writes it: names stand there bare, and lines end by one sign alone."""
    read = Manifest.of(f'{HEAD}pg_data/{name}={{"repo-size":70,"size":90}}\n{TAIL}')
    assert [one.names[0] for one in read.own] == [f"pg_data/{name}.gz"]


@pytest.mark.parametrize("text", ["", HEAD + FILES, (HEAD + FILES + TAIL)[:300], "<html>"])
def test_a_list_that_is_cut_short_is_none(text):
    with pytest.raises(ValueError):
        Manifest.of(text)


@pytest.mark.parametrize(
    ("start", "lsn", "size"),
    [
        ("000000010000000000000006", "0/6000028", 16 << 20),
        ("0000000100000002000000FF", "2/FF0000A0", 16 << 20),
        ("000000010000000000000001", "0/1FFFFF0", 16 << 20),
        ("000000010000000000000003", "0/C0000028", 1 << 30),
        ("000000010000000000000FFF", "0/FFF00028", 1 << 20),
        ("000000010000000000000000", "0/28", 16 << 20),
        (None, None, 16 << 20),
    ],
)
def test_the_size_of_a_segment_follows_from_where_a_backup_began(start, lsn, size):
    one = {"archive": {"start": start}, "lsn": {"start": lsn}}
    assert segment_size({"backup": [{"archive": None}, one]}) == size


def test_segments_are_counted_on_over_the_end_of_a_log():
    found = list(segments("0000000200000001000000FE", "000000020000000200000001", 16 << 20))
    assert [one[8:] for one in found] == [
        "00000001000000FE",
        "00000001000000FF",
        "0000000200000000",
        "0000000200000001",
    ]
    assert {one[:8] for one in found} == {"00000002"}
    assert len(list(segments("000000010000000000000002", "000000010000000100000001", 1 << 30))) == 4


def test_what_the_tool_s_own_check_tells_is_counted_of_the_copies_that_stay_and_of_log():
    told = """stanza: koha
status: error
  archiveId: 15-1, total WAL checked: 14, total valid WAL: 12
    checksum invalid: 2
  backup: 20260101-000000F, status: invalid, total files checked: 967, total valid files: 965
    missing: 1, checksum invalid: 1
  backup: 20260201-000000F, status: valid, total files checked: 967, total valid files: 967
"""
    log = {"segment of log in which the tool found faults": 2}
    assert unverified(told, {"20260201-000000F"}) == log
    assert unverified(told, {"20260101-000000F"}) == {**log, "copy in which the tool found faults": 1}
    assert unverified("", {"20260101-000000F"}) == {}
    assert unverified("stanza: koha\nstatus: ok\n", {"20260101-000000F"}) == {}
