"""Mailboxes and folders in a site file: what an entry must say, and what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from carrel.inventory.dated_table import DatedTable
from carrel.inventory.file_folder import FileFolder
from carrel.inventory.mailbox import Mailbox
from carrel.inventory.scrubbed_log import ScrubbedLog

PART = {"folder": "INBOX", "record": "correspondence", "purpose": "provide"}
ANEW = {**PART, "then": "de-identify", "text": "t.yaml"}
IMAP = {"name": "desk", "kind": "imap", "host": "mail.example", "user": "u", "password_file": "p", "folders": [PART]}
DISK = {"name": "desk", "kind": "maildir", "place": "/m", "folders": [PART]}
FILES = {"name": "logs", "root": "/l", "patterns": ["*.log"], "record": "access logs", "purpose": "provide",
         "time": "modified"}  # fmt: skip

TABLE = {"name": "pcs", "dsn_file": "/d", "table": "bookings", "record": "computer bookings", "purpose": "provide",
         "key": "id", "clock": "ended", "zone": "UTC"}  # fmt: skip
DROP = {**{name: value for name, value in TABLE.items() if name not in {"dsn_file", "table"}}, "root": "/r",
        "patterns": ["*.csv"]}  # fmt: skip
GATE = {"name": "gate", "dsn_file": "/d", "table": "hourly", "record": "gate counts", "purpose": "improve",
        "aggregate": True}  # fmt: skip


def wrong(kind: type[Mailbox | FileFolder | ScrubbedLog | DatedTable], body: dict[str, Any], **change: Any) -> str:
    told = {name: value for name, value in {**body, **change}.items() if value is not None}
    with pytest.raises(ValidationError) as found:
        kind.model_validate(told)
    return str(found.value)


def test_what_is_written_rightly_is_taken():
    assert Mailbox.model_validate(IMAP).door == 993
    assert Mailbox.model_validate({**IMAP, "tls": "starttls"}).door == 143
    for here in ("localhost", "127.0.0.1", "::1"):
        assert Mailbox.model_validate({**IMAP, "tls": "none", "host": here, "port": 1143}).door == 1143
    assert Mailbox.model_validate(DISK).place == Path("/m")
    [part] = Mailbox.model_validate({**IMAP, "folders": [{**ANEW, "keep_addresses": ["Desk@B.c"]}]}).folders
    assert (part.is_rewritten, part.kept_addresses) == (True, {"desk@b.c"})
    assert FileFolder.model_validate(FILES).parts[0].name == "logs"


@pytest.mark.parametrize(
    ("body", "change", "word"),
    [
        (IMAP, {"tls": "none"}, "in the clear"),
        (IMAP, {"password_file": None}, "password_file"),
        (IMAP, {"place": "/m"}, "'place' is for"),
        (IMAP, {"folders": [PART, PART]}, "each folder once"),
        (IMAP, {"folders": []}, "folders"),
        (IMAP, {"folders": [{**PART, "folder": "a\r\nA LOGOUT"}]}, "nobody sees"),
        (IMAP, {"folders": [{**PART, "until": "lapsed"}]}, "until"),
        (IMAP, {"folders": [{**PART, "then": "forget"}]}, "then"),
        (IMAP, {"folders": [{**PART, "then": "de-identify"}]}, "write 'text:'"),
        (IMAP, {"folders": [{**PART, "text": "t.yaml"}]}, "are for 'then: de-identify'"),
        (IMAP, {"folders": [{**PART, "keep_addresses": ["a@b.c"]}]}, "are for 'then: de-identify'"),
        (IMAP, {"folders": [{**ANEW, "keep_addresses": ["Desk <a@b.c>"]}]}, "keep_addresses"),
        (IMAP, {"folders": [ANEW, {**PART, "folder": "Sent"}]}, "an entry of their own"),
        (IMAP, {"host": "mail example"}, "host"),
        (DISK, {"place": None}, "place"),
        (DISK, {"user": "u"}, "are for 'kind: imap'"),
        (DISK, {"folders": [{**PART, "folder": "../other"}]}, "without '/'"),
        (DISK, {"folders": [{**PART, "folder": "..x"}]}, "without a dot"),
    ],
)
def test_an_entry_of_mail_that_would_mislead_is_refused(body, change, word):
    assert word in wrong(Mailbox, body, **change)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"patterns": []}, "patterns"),
        ({"patterns": ["/etc/*"]}, "write patterns"),
        ({"patterns": ["a/../*"]}, "write patterns"),
        ({"patterns": ["**/*.log"]}, "write patterns"),
        ({"lines": True}, "'lines: yes'"),
        ({"time": "inside"}, "zone"),
        ({"time": "inside", "zone": "../etc/passwd"}, "time zone"),
        ({"time": "name", "zone": "UTC"}, "dated"),
        ({"time": "name", "zone": "UTC", "dated": "%Y-%m-%"}, "%Y and %m"),
        ({"dated": "%Y-%m"}, "dated"),
    ],
)
def test_an_entry_of_files_that_would_mislead_is_refused(change, word):
    assert word in wrong(FileFolder, FILES, **change)


@pytest.mark.parametrize(
    ("body", "change", "word"),
    [
        (TABLE, {"table": None}, "either 'table'"),
        (TABLE, {"root": "/r"}, "either 'table'"),
        (TABLE, {"dsn_file": None}, "one of the two"),
        (TABLE, {"dsn_env": "D"}, "one of the two"),
        (TABLE, {"apply_dsn_file": "/a", "apply_dsn_env": "A"}, "not both"),
        (TABLE, {"encoding": "utf-8"}, "are for CSV"),
        (TABLE, {"zone": "?"}, "time zone"),
        (TABLE, {"clock": None}, "'clock:' and 'key:'"),
        (TABLE, {"key": []}, "'clock:' and 'key:'"),
        (TABLE, {"key": ["id", "id"]}, "column once"),
        (TABLE, {"blank": "ended"}, "neither the clock nor the key"),
        (TABLE, {"blank": ["who", "id"]}, "neither the clock nor the key"),
        (TABLE, {"format": "%H:%M"}, "'format:'"),
        (TABLE, {"format": "%Y-%m-%d %Z"}, "'format:'"),
        (TABLE, {"format": "%Y-%m-%d %"}, "'format:'"),
        (TABLE, {"format": "%Y-%m-%d %I:%M"}, "'format:'"),
        (TABLE, {"format": "%Y-%m-%d %p"}, "'format:'"),
        (TABLE, {"format": "%Y-%m-%d %H:%M %p"}, "'format:'"),
        (TABLE, {"clock": "a\u202eb"}, "nobody sees"),
        (TABLE, {"record": "gate counts"}, "totals only"),
        (TABLE, {"until": "settled"}, "until"),
        (DROP, {"dsn_file": "/d"}, "for a table of a database"),
        (DROP, {"triggers": ["t"]}, "for a table of a database"),
        (DROP, {"patterns": ["../*"]}, "'patterns:'"),
        (DROP, {"patterns": []}, "'patterns:'"),
        (DROP, {"delimiter": "x"}, "'delimiter:'"),
        (DROP, {"delimiter": '"'}, "'delimiter:'"),
        (DROP, {"encoding": "utf-7"}, "'encoding:'"),
        (DROP, {"header": False}, "named by their numbers"),
        (GATE, {"record": "computer bookings"}, "only gate counts are totals"),
        (TABLE, {"counts": "minutes"}, "for totals"),
        (
            GATE,
            {"dsn_file": None, "table": None, "root": "/r", "patterns": ["*"], "header": False, "counts": "n"},
            "by their numbers",
        ),
        (GATE, {"key": "id"}, "totals have no clock"),
        (GATE, {"clock": "day"}, "totals have no clock"),
        (GATE, {"until": "made"}, "totals have no clock"),
    ],
)
def test_an_entry_of_rows_that_would_mislead_is_refused(body, change, word):
    assert word in wrong(DatedTable, body, **change)


def test_an_entry_of_rows_is_taken():
    for body in (
        TABLE,
        DROP,
        GATE,
        {**GATE, "counts": "n"},
        {**DROP, "format": "seconds"},
        {**DROP, "header": False, "key": "1", "clock": "2"},
    ):
        assert DatedTable.model_validate(body).parts[0].name == body["name"]
    base = DatedTable.model_validate(TABLE).entry
    changes = ({"clock": "started"}, {"zone": "Asia/Tokyo"}, {"key": "no"}, {"blank": "who"}, {"table": "b"}, {"dsn_file": "/e"},
               {"triggers": ["t"]}, {"format": "seconds"})  # fmt: skip
    for change in changes:
        assert DatedTable.model_validate({**TABLE, **change}).entry != base


def test_what_a_plan_rests_on_changes_with_each_part_of_an_entry():
    box, files = Mailbox.model_validate(IMAP), FileFolder.model_validate(FILES)
    for change in ({"host": "other.example"}, {"user": "v"}, {"port": 994}):
        assert Mailbox.model_validate({**IMAP, **change}).entry != box.entry
    for change in ({"root": "/k"}, {"patterns": ["*"]}, {"zone": "UTC"}):
        assert FileFolder.model_validate({**FILES, **change}).entry != files.entry


LOG = {"name": "proxy", "root": "/l", "patterns": ["*.1"], "record": "access logs", "purpose": "provide"}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"patterns": ["../*.log"]}, "without '..'"),
        ({"zone": "Mars/Olympus"}, "time zone"),
        ({"pipe": True}, "'format:'"),
        ({"address": "plain"}, "address"),
        ({"people": "keep"}, "people"),
        ({"every": "often"}, "number and a unit"),
        ({"most_unknown": 101}, "most_unknown"),
        ({"name": "Proxy Log"}, "name"),
        ({"secret": "x"}, "secret"),
    ],
)
def test_an_entry_of_logs_that_would_mislead_is_refused(change, word):
    assert word in wrong(ScrubbedLog, LOG, **change)


def test_an_entry_of_logs_says_what_becomes_of_addresses():
    assert ScrubbedLog.model_validate(LOG).addresses_kept == "cut to their network"
    assert ScrubbedLog.model_validate({**LOG, "address": "drop"}).addresses_kept == "removed"
    assert ScrubbedLog.model_validate({**LOG, "address": "nd"}).addresses_kept == "encrypted"
