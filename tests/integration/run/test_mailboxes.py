"""``carrel mailbox``: a real IMAP server, Maildir and mbox, whose messages go by plan only, and are never read out."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from carrel.ledger.leaf import decode_leaf
from carrel.store.ledger_folder import LedgerFolder
from tests.integration.run import library
from tests.integration.run.mail_site import (
    ago,
    declare,
    digest,
    folders_of,
    in_maildir,
    in_mbox,
    killed,
    measured,
    message,
    on_server,
)
from tests.integration.servers.dovecot import PASSWORD, Relay


def fill(mail):
    """What every test begins with: letters of many ages, and questions with and without an answer."""
    letters, questions = folders_of(mail)
    for number, days in enumerate((400, 91, 89, 1), 1):
        mail.put(letters, ago(days), number, number == 2)
    for number, days, answered in ((11, 31, True), (12, 31, False), (13, 29, True)):
        mail.put(questions, ago(days), number, answered)
    return letters, questions


def planned(elm, name="clear.json"):
    place = elm.folder / name
    return place, elm.ok("mailbox", "plan", "--as", "Cal Example", "--out", place)["plan"]


def refused(elm, mail, *words, code, error):
    """A call that ends with this error, and leaves every message where it is."""
    folders = folders_of(mail)
    before = [mail.left(one) for one in folders]
    answer = elm.run(*words)
    assert (answer.code, error in answer.codes) == (code, True), answer.text
    assert [mail.left(one) for one in folders] == before
    return answer


def test_what_is_past_its_time_is_counted_planned_and_gone(mail, small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, mail.entry)
    letters, questions = fill(mail)
    listed = elm.ok("mailbox", "list", code=3)
    [one] = listed["mailboxes"]
    told = {part["folder"]: (part["messages"], part["past_their_time"]) for part in one["folders"]}
    assert told == {letters: (4, 2), questions: (3, 1)}
    assert one["folders"][1]["stay"] == {"not answered": 1, "not yet": 1}
    assert abs(datetime.fromisoformat(one["folders"][0]["oldest"]) - ago(400)) < timedelta(seconds=2)
    assert f"2 messages are older than the policy allows (rule 'old mail'), the oldest of {ago(400):%Y-%m-%d}" in str(
        listed
    )
    shown = elm.run("mailbox", "list")
    assert max(map(len, shown.out.splitlines())) <= 100
    place, plan = planned(elm)
    assert [len(part["goes"]) for part in plan["parts"]] == [2, 1]
    refused(elm, mail, "mailbox", "apply", place, code=6, error="APR-008")
    elm.approve(place)
    assert mail.left(letters) == {1, 2, 3, 4}
    mail.put(letters, ago(500), 5, False)  # came in later, and was not approved
    done = elm.ok("mailbox", "apply", place)["clearing"]
    assert (done["deleted"], done["kept_since"], done["outcome"]) == (3, 0, "verified")
    assert (mail.left(letters), mail.left(questions)) == ({3, 4, 5}, {12, 13})
    assert elm.ok("mailbox", "apply", place)["clearing"]["deleted"] == 3  # again: nothing is left to do
    assert mail.left(letters) == {3, 4, 5}
    leaves = [decode_leaf(entry) for entry in LedgerFolder(elm.folder / "ledger").entries()]
    [leaf] = [entry.fields for entry in leaves if entry.kind == "expiry"]
    assert (leaf["applied"], leaf["kept"], leaf["outcome"]) == ("1-9", "1-9", "verified")


def test_a_question_that_is_open_again_stays_and_a_hold_on_everything_keeps_all(mail, small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, mail.entry)
    fill(mail)
    place, _ = planned(elm)
    elm.approve(place)
    words = ("--reason", "claim", "--authority", "County court", "--as", "Ada Example")
    hold = elm.ok("hold", "place", "--all", "--sealed", *words)["id"]
    answer = refused(elm, mail, "mailbox", "apply", place, code=4, error="CLR-003")
    assert "court" not in answer.text
    refused(
        elm, mail, "mailbox", "plan", "--as", "Cal Example", "--out", elm.folder / "o.json", code=4, error="CLR-003"
    )
    elm.ok("hold", "release", hold, "--as", "Ada Example")
    elm.ok("stop", "--as", "Ben Example")
    refused(elm, mail, "mailbox", "apply", place, code=4, error="RUN-003")
    elm.ok("stop", "--clear", "--as", "Ben Example")
    elm.edit("purpose: provide}, {folder", "purpose: improve}, {folder")
    refused(elm, mail, "mailbox", "plan", "--as", "Cal Example", code=4, error="CLR-007")
    refused(elm, mail, "mailbox", "apply", place, code=4, error="CLR-004")
    elm.edit("purpose: improve}, {folder", "purpose: provide}, {folder")
    changed = json.loads(place.read_text())
    changed["parts"][0]["goes"].pop()
    other = elm.folder / "other.json"
    other.write_text(json.dumps(changed))
    refused(elm, mail, "mailbox", "apply", other, code=4, error="APR-001")
    assert elm.ok("mailbox", "apply", place)["clearing"]["deleted"] == 3
    elm.ok("mailbox", "list")
    refused(elm, mail, "mailbox", "plan", "--as", "Cal Example", code=2, error="CLR-001")
    refused(elm, mail, "mailbox", "plan", "other", "--as", "Cal Example", code=2, error="CLR-006")


@pytest.fixture
def on_imap(dovecot_server, small_sqlite, tmp_path):
    """A library whose mail lies on the server, with what every test begins with."""
    elm, mail = library.make(tmp_path / "site", small_sqlite), on_server(dovecot_server)
    declare(elm, mail.entry)
    fill(mail)
    return elm, mail


def test_another_password_certificate_or_folder_is_refused_and_nothing_is_marked_as_read(on_imap, dovecot_server):
    elm, mail = on_imap
    flags = dovecot_server.left("INBOX")
    place, _ = planned(elm)
    elm.approve(place)
    assert dovecot_server.left("INBOX") == flags
    secret = elm.folder / "mail.dsn"
    for words in (("mailbox", "list"), ("mailbox", "apply", place)):
        secret.write_text("another\n")
        refused(elm, mail, *words, code=1, error="MBX-002")
        secret.write_text(PASSWORD + "\n")
    secret.chmod(0o644)
    refused(elm, mail, "mailbox", "list", code=4, error="SIT-005")
    secret.chmod(0o600)
    elm.edit(f"ca_file: {dovecot_server.certificate}, ", "")
    answer = refused(elm, mail, "mailbox", "list", code=1, error="MBX-001")
    assert "a certificate that is not trusted" in answer.err
    for ca_file, found in (("nowhere.pem", "No such file or directory"), ("mail.dsn", "one without any")):
        elm.edit("kind: imap, ", f"kind: imap, ca_file: {ca_file}, ")
        answer = refused(elm, mail, "mailbox", "list", code=1, error="MBX-001")
        assert "a file of certificates at 'ca_file'" in answer.err
        assert f"found:   {found}" in answer.err
        elm.edit(f"ca_file: {ca_file}, ", "")
    elm.edit("kind: imap, ", f"kind: imap, ca_file: {dovecot_server.certificate}, ")
    # The folder is made anew under its name: its first message bears the number of one that was approved.
    dovecot_server.empty('"Fragen &- &AMQ-rger"')
    mail.put("Fragen & Ärger", ago(300), 21, True)
    refused(elm, mail, "mailbox", "apply", place, code=4, error="CLR-004")
    elm.edit('"Fragen & Ärger"', "Nowhere")
    refused(elm, mail, "mailbox", "list", code=1, error="MBX-003")
    check = next(one for one in elm.run("check", "--json").told["checks"] if one["name"] == "mailbox desk")
    assert (check["state"], "MBX-003" in check["detail"]) == ("cannot tell", True)


def test_what_others_have_marked_as_deleted_stays(on_imap, dovecot_server):
    elm, mail = on_imap
    dovecot_server.add("INBOX", ago(1), message(ago(1), 31), r"\Deleted")
    place, _ = planned(elm)
    elm.approve(place)
    elm.ok("mailbox", "apply", place)
    assert mail.left("INBOX") == {3, 4, 31}


def through(elm, relay):
    """The site file speaks of the server through a relay."""
    text = (elm.folder / "carrel.yaml").read_text()
    before = text[text.index("mailboxes:") : text.index("people:")]
    elm.edit(before, relay.entry(before.partition("folders: [")[2].partition("]}")[0]))


def test_a_server_that_only_says_so_is_not_believed_and_one_without_single_deletion_is_not_used(
    on_imap, dovecot_server
):
    elm, mail = on_imap
    relay = Relay(dovecot_server)
    through(elm, relay)
    place, _ = planned(elm)
    elm.approve(place)
    try:
        relay.swap = {b"UIDPLUS": b"UIDLESS"}
        refused(elm, mail, "mailbox", "apply", place, code=4, error="MBX-005")
        relay.swap = {b"SILENT (\\Deleted)": b"SILENT (\\Flagged)"}  # the server says OK, and nothing was marked
        refused(elm, mail, "mailbox", "apply", place, code=5, error="CLR-005")
        relay.swap = {}
        assert elm.ok("mailbox", "apply", place)["clearing"]["deleted"] == 3
    finally:
        relay.close()


@pytest.mark.parametrize("killed", [False, True])
def test_a_server_that_ends_in_the_middle_and_a_kill_leave_what_the_same_command_goes_on_with(
    on_imap, dovecot_server, killed
):
    elm, mail = on_imap
    relay = Relay(dovecot_server)
    try:
        through(elm, relay)
        place, _ = planned(elm)
        elm.approve(place)
        process = None
        if killed:
            relay.act = lambda: os.kill(process.pid, signal.SIGKILL)
        relay.word = b"UID EXPUNGE"
        process = elm.start("mailbox", "apply", place)
        answer = elm.done(process)
        assert answer.code == (-signal.SIGKILL if killed else 1), answer.text
        assert relay.seen
        assert killed or answer.codes == ["MBX-006"]
        assert mail.left("INBOX") == {1, 2, 3, 4}  # marked, and still there
        if killed:
            until = time.monotonic() + 200
            while "RUN-001" in (answer := elm.run("mailbox", "apply", place)).codes and time.monotonic() < until:
                time.sleep(1)
            assert answer.code == 0, answer.text
        assert elm.ok("mailbox", "apply", place)["clearing"]["deleted"] == 3
        assert (mail.left("INBOX"), mail.left("Fragen & Ärger")) == ({3, 4}, {12, 13})
    finally:
        relay.close()
    elm.edit(relay.entry("x").partition("port: ")[2].partition(",")[0], "1")
    assert elm.run("mailbox", "list").codes == ["MBX-001"]


@pytest.mark.parametrize("asked", ["stop", "hold"])
def test_who_asks_to_stop_or_keep_everything_is_heeded_in_the_middle(small_sqlite, tmp_path, dovecot_server, asked):
    elm, mail = library.make(tmp_path / "site", small_sqlite), on_server(dovecot_server)
    declare(elm, mail.entry)
    deliver(dovecot_server, 250, lambda _: 100)
    relay = Relay(dovecot_server)
    through(elm, relay)
    place, _ = planned(elm)
    elm.approve(place)
    words = ("--reason", "claim", "--authority", "County court", "--as", "Ada Example")

    def ask():
        elm.ok("stop", "--as", "Ben Example") if asked == "stop" else elm.ok("hold", "place", "--all", *words)
        time.sleep(2.2)

    try:
        relay.ends, relay.act, relay.word = False, ask, b"UID STORE"
        answer = elm.done(elm.start("mailbox", "apply", place))
        assert answer.codes == ["RUN-003" if asked == "stop" else "CLR-003"], answer.text
        assert len(dovecot_server.left("INBOX")) == 50  # the batch in flight came to its end
        if asked == "stop":
            elm.ok("stop", "--clear", "--as", "Ben Example")
        else:
            [one] = elm.ok("hold", "list")["legal_holds"]
            elm.ok("hold", "release", one["id"], "--as", "Ada Example")
        assert elm.ok("mailbox", "apply", place)["clearing"]["deleted"] == 250
        assert not dovecot_server.left("INBOX")
    finally:
        relay.close()


def deliver(server, count, days):
    """Messages by way of the server's own files, which is faster than by its protocol."""
    cur = server.folder / "mail" / "cur"
    owner = cur.stat()
    for number in range(count):
        at = ago(days(number)).timestamp()
        one = cur / f"{int(at)}.M{number}P9.elm:2,S"
        one.write_bytes(b"Subject: lanterns for whales 0\r\n\r\nx\r\n")
        os.chown(one, owner.st_uid, owner.st_gid)
        os.utime(one, (at, at))


def test_ten_thousand_messages_go_in_bounded_memory(small_sqlite, tmp_path, dovecot_server):
    elm, mail = library.make(tmp_path / "site", small_sqlite), on_server(dovecot_server)
    declare(elm, mail.entry)
    deliver(dovecot_server, 10_000, lambda number: 100 if number % 10 else 10)
    place, plan = planned(elm)
    assert (len(plan["parts"][0]["goes"]), plan["parts"][0]["stays"]) == (9_000, {"not yet": 1_000})
    elm.approve(place)
    told, peak = measured(elm, "mailbox", "apply", place)
    assert told["clearing"]["deleted"] == 9_000
    assert peak < 200_000
    assert len(dovecot_server.left("INBOX")) == 1_000


def test_a_message_without_a_usable_date_stays_and_is_told(small_sqlite, tmp_path):
    elm, mail = library.make(tmp_path / "site", small_sqlite), in_maildir(tmp_path / "Maildir")
    declare(elm, mail.entry)
    fill(mail)
    cur = tmp_path / "Maildir" / "cur"
    old = (cur / "1700000001.M1P7.elm,S=400:2,S").read_bytes()
    for number, head in enumerate((b"", b"Date: \xff\xfe yesterday\r\n", b"Date: Tue, 31 Feb 2024 99:00:00 +0000\r\n",
                                   b"Date: Mon, 01 Jan 2096 10:00:00 +0000\r\n"), 61):  # fmt: skip
        one = cur / f"{number}.M{number}P7.elm:2,S"
        one.write_bytes(head + message(None, number))
        os.utime(one, (0, 0))  # a file's time says nothing
    (cur / "70.link.elm:2,S").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_bytes(old)
    # What a sender wrote long ago counts for less than when the library's server took it in.
    (cur / "71.M71P7.elm:2,S").write_bytes(message(ago(5), 71, dated="Received"))
    listed = elm.ok("mailbox", "list", code=3)
    assert listed["mailboxes"][0]["folders"][0]["stay"] == {"not yet": 3, "no usable date": 4}
    assert "mailbox desk, INBOX: 4 messages have no usable date, and never go" in listed["findings"]
    place, plan = planned(elm)
    assert plan["parts"][0]["stays"]["no usable date"] == 4
    assert "no usable date" in elm.run("mailbox", "plan", "--as", "Cal Example", "--out", elm.folder / "p.json").out
    elm.approve(place)
    elm.ok("mailbox", "apply", place)
    (cur / "70.link.elm:2,S").unlink()
    assert mail.left("INBOX") == {3, 4, 61, 62, 63, 64, 71}
    assert (tmp_path / "elsewhere").exists()


def test_every_other_byte_of_an_mbox_stays_and_locks_are_kept(small_sqlite, tmp_path):
    elm, mail = library.make(tmp_path / "site", small_sqlite), in_mbox(tmp_path / "mail")
    declare(elm, mail.entry)
    box = tmp_path / "mail" / "inbox"
    own = (
        b"From MAILER-DAEMON Mon Jan  1 10:00:00 2024\nDate: Mon, 01 Jan 2024 10:00:00 +0000\nX-IMAP: 17 2\n\ndata\n\n"
    )
    box.write_bytes(own)
    letters, questions = fill(mail)
    text = box.read_bytes()
    starts = [text.index(f"whales {n}".encode()) for n in (1, 2, 3)]
    cuts = [text.rindex(b"From quill@", 0, at) for at in starts]
    box.chmod(0o640)
    os.utime(box, ns=(5 * 10**9, 7 * 10**9))
    place, plan = planned(elm)
    assert plan["parts"][0]["stays"] == {"not yet": 2, "the folder's own data": 1}
    elm.edit("says: Letters to and from", "says: Letters from", "policy.yaml")
    answer = elm.run("mailbox", "apply", place)
    assert (answer.code, answer.codes) == (4, ["APR-007"])
    assert "the policy has changed" in answer.err
    assert "`carrel mailbox plan desk`, and have" in answer.err
    elm.edit("says: Letters from", "says: Letters to and from", "policy.yaml")
    elm.approve(place)
    # A mail program writes its marks: the message is the same.
    box.write_bytes(
        box.read_bytes().replace(
            b"\nSubject: lanterns for whales 1\n", b"\nSubject: lanterns for whales 1\nStatus: RO\n"
        )
    )
    wanted = text[: cuts[0]] + text[cuts[2] :]
    before = digest(tmp_path / "mail")
    (tmp_path / "mail" / "inbox.lock").write_text(f"4194303:{socket.gethostname()}\n")  # of a process that is no more
    os.link(box, tmp_path / "other-name")
    answer = elm.done(elm.start("mailbox", "apply", place))
    assert (answer.code, answer.codes) == (1, ["MBX-007"]), answer.text
    (tmp_path / "other-name").unlink()
    assert digest(tmp_path / "mail") == before
    (tmp_path / "mail" / ".inbox.carrel").write_bytes(b"of a try that was killed")
    assert elm.ok("mailbox", "apply", place)["clearing"]["deleted"] == 3
    assert box.read_bytes() == wanted
    assert box.stat().st_mode & 0o777 == 0o640
    assert sorted(one.name for one in box.parent.iterdir()) == [letters, questions]
    text = box.read_bytes()
    box.write_bytes(b"no mailbox\n" + text)
    assert elm.run("mailbox", "list").codes == ["MBX-003"]
    box.unlink()
    box.symlink_to(tmp_path / "mail" / questions)
    assert elm.run("mailbox", "list").codes == ["MBX-003"]


@pytest.mark.parametrize(("make", "call"), [(in_mbox, "replace"), (in_maildir, "unlink")])
def test_killed_between_steps_on_disk_the_same_command_goes_on(small_sqlite, tmp_path, make, call):
    elm, mail = library.make(tmp_path / "site", small_sqlite), make(tmp_path / "mail")
    declare(elm, mail.entry)
    letters, questions = fill(mail)
    place, _ = planned(elm)
    elm.approve(place)
    if call == "unlink":
        killed(elm, call, 1, "mailbox", "apply", place)
        assert len(mail.left(letters)) == 3
    else:
        before = (tmp_path / "mail" / letters).read_bytes()
        # A plan's own file is not put in place here: the first replacing is that of the mailbox.
        killed(elm, call, 0, "mailbox", "apply", place)
        assert (tmp_path / "mail" / letters).read_bytes() == before
        assert (tmp_path / "mail" / f"{letters}.lock").exists()
    assert elm.ok("mailbox", "apply", place)["clearing"]["deleted"] == 3
    assert (mail.left(letters), mail.left(questions)) == ({3, 4}, {12, 13})
    assert make is in_maildir or len(list((tmp_path / "mail").iterdir())) == 2


def test_check_doctor_and_audit_tell_of_mail_past_its_time(small_sqlite, tmp_path):
    elm, mail = library.make(tmp_path / "site", small_sqlite), in_maildir(tmp_path / "Maildir")
    declare(elm, mail.entry)
    letters, _ = fill(mail)
    mail.put(letters, datetime.now(UTC) - timedelta(days=90, hours=2), 9, False)  # whoever clears does so once a day
    told = elm.ok("check", code=3)["checks"]
    check = next(one for one in told if one["name"] == "mailbox desk")
    assert "INBOX: 2 messages are older than the policy allows (rule 'old mail')" in check["detail"]
    assert not any("old mail" in one["detail"] for one in told if one["name"] == "records")
    assert any(check["detail"].partition(";")[0] in line for line in elm.ok("audit", code=3)["process"])
    doctor = elm.run("doctor", "--json").told["checks"]
    assert [one["state"] for one in doctor if one["name"] == "mailbox desk"] == ["finding"]
    elm.edit("record: mailing lists", "record: correspondence")
    assert elm.run("mailbox", "plan", "--as", "Cal Example").codes == ["RUN-014"]  # that rule de-identifies
    elm.edit("record: correspondence", "record: gate counts")
    assert elm.run("mailbox", "plan", "--as", "Cal Example").codes == ["CLR-007"]
    elm.edit("record: gate counts", "record: letters")
    answer = elm.run("mailbox", "list")
    assert (answer.code, answer.codes) == (2, ["CLR-002"])
    assert f"{letters}" in answer.out  # counted, though nothing says when they go
