"""A dump that was cut short is no copy: nothing older may go beside it."""

from __future__ import annotations

import bz2
import gzip
import lzma

import pytest

from carrel.errors import CarrelError
from carrel.inventory.backup import Backup
from carrel.systems.backups.dump_backup import DumpBackup
from carrel.systems.backups.dump_end import End, end_of
from carrel.systems.backups.repository import examine

SANDBOX = b"/*M!999999\\- enable the sandbox mode */ \n"
ROWS = b"".join(b"INSERT INTO old_issues VALUES (%d,%d);\n" % (one, one * one) for one in range(35_000))
MARIADB = (
    SANDBOX + b"-- MariaDB dump 10.19  Distrib 10.11\n--\n" + ROWS + b"\n-- Dump completed on 2026-11-28  2:35:02\n"
)
POSTGRES = b"--\n-- PostgreSQL database dump\n--\n" + ROWS + b"--\n-- PostgreSQL database dump complete\n--\n\n"
BARE = SANDBOX + ROWS  # mariadb-dump --skip-comments
PACKERS = (gzip.compress, bz2.compress, lzma.compress)


def ended(place, text, *, read=False):
    (place / "one.sql").write_bytes(text)
    return end_of(place / "one.sql", lambda: None, read=read)


@pytest.mark.parametrize("text", [MARIADB, POSTGRES])
def test_a_dump_in_plain_text_is_whole_where_its_last_line_is_there(tmp_path, text):
    assert ended(tmp_path, text) is End.THERE
    assert [ended(tmp_path, text[:cut]) for cut in (-60, -100_000, 200)] == [End.MISSING] * 3


def test_where_no_mark_tells_an_end_nothing_is_told(tmp_path):
    assert [ended(tmp_path, one, read=True) for one in (BARE, BARE[:-9], b"PGDMP\1\2", b"x")] == [End.NOT_SEEN] * 4


@pytest.mark.parametrize("pack", PACKERS)
def test_a_packed_dump_is_read_to_its_last_byte_where_that_is_asked(tmp_path, pack):
    whole = pack(MARIADB)
    assert (ended(tmp_path, whole), ended(tmp_path, whole, read=True)) == (End.NOT_SEEN, End.THERE)
    assert ended(tmp_path, pack(BARE), read=True) is End.THERE  # it unpacks to its end
    assert ended(tmp_path, pack(MARIADB[:-60]), read=True) is End.MISSING
    assert [ended(tmp_path, whole[:cut], read=True) for cut in (-1, -5, 2000, 11)] == [End.MISSING] * 4
    turned = bytearray(whole)
    turned[len(turned) // 2] ^= 0x55
    assert ended(tmp_path, bytes(turned), read=True) is End.MISSING


def test_a_folder_of_dumps_is_refused_where_one_that_stays_was_cut_short(tmp_path):
    backup = Backup.model_validate(
        {"name": "dumps", "tool": "dump folder", "place": str(tmp_path), "files": ["*"], "systems": ["koha"]}
    )
    source = DumpBackup(backup)
    for name, text in (("1.sql", MARIADB), ("2.sql.gz", gzip.compress(MARIADB)[:-4]), ("3.sql", BARE)):
        (tmp_path / name).write_bytes(text)
    stays = source.listing().snapshots
    assert examine(source, stays) == (
        "1 dump that stays was written to the end; 2 dumps are packed or unmarked, and were not read"
    )
    with pytest.raises(CarrelError, match="BAK-013") as caught:
        examine(source, stays, read=True)
    assert caught.value.faults[0].found == "1 dump that ends too early"
    (tmp_path / "2.sql.gz").write_bytes(gzip.compress(MARIADB))
    assert examine(source, source.listing().snapshots, read=True).endswith(
        "2 dumps that stay were written to the end; 1 dump bears no mark by which that can be told"
    )
    (tmp_path / "1.sql").unlink()
    (tmp_path / "1.sql").symlink_to("3.sql")
    with pytest.raises(CarrelError, match="BAK-002"):
        examine(source, stays)
