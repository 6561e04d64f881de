"""``carrel mailbox`` on threads that are de-identified: written anew, read back, and nobody's name left in them."""

from __future__ import annotations

import email
import re
import signal
import subprocess
import sys
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from tests.breadth import CRASH_ROUNDS
from tests.integration.run import library
from tests.integration.run.mail_site import DATASET, Shelf, ago, declare, in_maildir, in_mbox, on_server
from tests.integration.run.test_mail_kills import _KILLED
from tests.integration.run.test_mailboxes import planned
from tests.integration.servers.dovecot import Relay

ANEW = DATASET.replace("then: delete", "then: de-identify")
NEEDLES = (
    "Amundsen", "jane.a", "patrons.example", "Zelda", "Quimby", "79194", "old-id", "10.9.8.7", "letter.pdf", "Mutt",
    "Zürich-Müller", "secret-host",
)  # fmt: skip


def letter(number, at, *, who="Jane Amundsen <jane.a@patrons.example>", to="Desk <reference@library.example>",
           subject="Card of Jane Amundsen", body="my name is Jane Amundsen, card 21868000079194.\n\nJane Amundsen",
           links=(), more="", own=True):  # fmt: skip
    """One message of a reader, with what leads back in every place."""
    head = f"Received: from secret-host.patrons.example ([10.9.8.7])\n\tby elm.example; {format_datetime(at)}\n"
    head += f"From: {who}\nTo: {to}\nSubject: {subject}\nDate: {format_datetime(at - timedelta(seconds=9))}\n"
    head += f"Message-ID: <old-id-{number}@patrons.example>\n" if own else ""
    head += "".join(f"In-Reply-To: <old-id-{one}@patrons.example>\n" for one in links[-1:])
    head += "References: " + " ".join(f"<old-id-{one}@patrons.example>" for one in links) + "\n" if links else ""
    return f"{head}X-Mailer: Mutt\nUser-Agent: Mutt\n{more or chr(10)}{body}\n".encode()


class Box:
    """A mailbox of one kind with one folder of threads."""

    def __init__(self, request, tmp_path, kind):
        self.kind, self.place = kind, tmp_path / "mail"
        self.server = request.getfixturevalue("dovecot_server") if kind == "imap" else None
        self.folder = "inbox" if kind == "mbox" else "INBOX"
        parts = (
            f"{{folder: {self.folder}, record: mailing lists, purpose: provide, then: de-identify, text: text.yaml, "
            "keep_addresses: [Reference@library.example]}"
        )
        if self.server is not None:
            self.entry = on_server(self.server).entry and self.server.entry(parts, "desk")
        else:
            shelf: Shelf = in_mbox(self.place) if kind == "mbox" else in_maildir(self.place)
            self.entry = shelf.entry.partition("folders: ")[0] + f"folders: [{parts}]}}\n"
            for box in ("cur", "new", "tmp") if kind == "maildir" else ():
                (self.place / box).mkdir(parents=True, exist_ok=True)
        self.count = 0

    def put(self, at, raw, flags="S"):
        self.count += 1
        if self.server is not None:
            words = {"S": r"\Seen", "R": r"\Answered", "F": r"\Flagged $Label1 Jane-Amundsen"}
            self.server.add("INBOX", at, raw, " ".join(words[one] for one in flags))
        elif self.kind == "maildir":
            marks = "".join(sorted(flags)) + "ab" * ("F" in flags)  # keywords, as Dovecot has them: small letters
            name = f"{1700000000 + self.count}.M{self.count}P7.elm,S={len(raw)}:2,{marks}"
            (self.place / "cur" / name).write_bytes(raw)
        else:
            text = raw.replace(b"\r\n", b"\n")
            status = b"\nStatus: RO\n" + (b"X-Status: A\n" if "R" in flags else b"") + b"X-Keywords: Amundsen\n\n"
            with (self.place / self.folder).open("ab") as file:
                file.write(b"From jane.a@patrons.example Mon Jan  1 10:00:00 2024\n" + text.replace(b"\n\n", status, 1)
                           + b"\n")  # fmt: skip

    def raws(self):
        if self.server is not None:
            return [one.replace(b"\r\n", b"\n") for one in self.server.texts("INBOX")]
        if self.kind == "maildir":
            return [one.read_bytes() for box in ("cur", "new") for one in sorted((self.place / box).iterdir())]
        text = (self.place / self.folder).read_bytes()
        return [one for one in re.split(rb"(?:^|\n)From \S+@\S+ \w{3} \w{3} .*\n", text) if one.strip()]

    def wipe(self):
        if self.server is not None:
            self.server.empty("INBOX")
        elif self.kind == "maildir":
            for one in (self.place / "cur").iterdir():
                one.unlink()
        else:
            (self.place / self.folder).unlink(missing_ok=True)


@pytest.fixture(params=("imap", "maildir", "mbox"))
def box(request, tmp_path):
    return Box(request, tmp_path, request.param)


@pytest.fixture
def elm(box, small_sqlite, tmp_path):
    return made(box, small_sqlite, tmp_path)


def made(box, small_sqlite, tmp_path, dataset=ANEW):
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, box.entry, dataset)
    (elm.folder / "roster.csv").write_text(
        "firstname,surname,cardnumber\nZelda,Quimby,21868000012345\nZoë,Zürich-Müller,21868000054321\n"
    )
    (elm.folder / "books.csv").write_text('author,title\n"Dickens, Charles",David Copperfield\n')
    (elm.folder / "text.yaml").write_text(
        'cards: ["21868#########"]\nroster:\n  - records: {file: roster.csv}\ncatalogue:\n'
        "  - records: {file: books.csv}\n",
        encoding="utf-8",
    )
    return elm


def thread(box, days=100, first=1):
    """A question, its answer, and thanks; the last message decides."""
    box.put(ago(days), letter(first, ago(days)), "SR")
    answer = letter(first + 1, ago(days - 1), who="Desk <reference@library.example>",
                    to="Jane Amundsen <jane.a@patrons.example>", subject="Re: Card of Jane Amundsen",
                    body="Dear Jane Amundsen,\nDavid Copperfield by Dickens is here.\n\nOn Monday jane.a@patrons.example wrote:\n"
                    "From here on\n> card 21868000079194", links=(first,))  # fmt: skip
    box.put(ago(days - 1), answer)
    thanks = letter(first + 2, ago(days - 2), subject="Re: Card of Jane Amundsen", body="Thanks! Zelda Quimby too.",
                    links=(first, first + 1))  # fmt: skip
    box.put(ago(days - 2), thanks, "SF")


def assert_clean(raws):
    for raw in raws:
        for needle in (*NEEDLES, "Jane"):
            assert needle.encode() not in raw, (needle, raw.decode("utf-8", "replace"))


def done(raws):
    return [email.message_from_bytes(one) for one in raws if b"\nX-Carrel: de-identified; of=" in one]


def approved(elm, name="clear.json"):
    place, plan = planned(elm, name)
    elm.approve(place)
    return place, plan


def test_a_thread_is_written_anew_when_its_last_message_is_past_the_period(box, elm):
    thread(box)
    box.put(ago(400), letter(11, ago(400), subject="An old question of Zelda Quimby"))
    box.put(ago(5), letter(12, ago(5), links=(11,), subject="Re: something else"))  # keeps the old one
    box.put(ago(300), letter(21, ago(300), own=False, subject="A title without ids"))
    box.put(ago(10), letter(22, ago(10), own=False, subject="AW: a  title without ids"))
    listed = elm.ok("mailbox", "list", code=3)["mailboxes"][0]["folders"][0]
    assert (listed["messages"], listed["past_their_time"], listed["stay"]) == (7, 3, {"not yet": 4})
    place, plan = approved(elm)
    assert (plan["parts"][0]["count"], plan["parts"][0]["way"]) == (3, "de-identified")
    before = box.raws()
    box.put(ago(200), letter(31, ago(200)))  # past its time, and nobody has approved it
    told = elm.ok("mailbox", "apply", place)["clearing"]
    assert (told["de_identified"], told["kept_since"], told["outcome"]) == (3, 0, "verified")
    after = box.raws()
    anew = done(after)
    assert len(after) == 8
    assert len(anew) == 3
    assert {one for one in before if one in after} >= {one for one in before if b"uestion of Zelda" in one}
    raws = [one for one in after if b"\nX-Carrel: " in one]
    assert_clean(raws)
    question, answer, thanks = sorted(anew, key=lambda one: parsedate_to_datetime(one["Date"]))
    assert parsedate_to_datetime(question["Date"]) == ago(100)
    assert (question["From"], question["To"]) == ("person-1@invalid", "reference@library.example")
    assert (answer["From"], answer["To"]) == ("reference@library.example", "person-1@invalid")
    assert question["Subject"] == "Card of [PATRON 1]"
    assert question.get_payload(decode=True) == b"my name is [PATRON 1], card [CARD 1].\n\n[PATRON 1]\n"
    assert b"Dear [PATRON 1],\nDavid Copperfield by Dickens is here." in answer.get_payload(decode=True)
    assert b"[CARD 1]" in answer.get_payload(decode=True)
    assert b"[PATRON 2] too" in thanks.get_payload(decode=True)
    assert answer["In-Reply-To"] == question["Message-ID"]
    assert thanks["References"].split() == [question["Message-ID"], answer["Message-ID"]]
    if box.server is not None:
        flags = {frozenset(one.strip(" )").split()) - {"\\Recent"} for one in box.server.left("INBOX").values()}
        assert frozenset(("\\Seen", "\\Flagged", "$Label1")) in flags
        assert frozenset(("\\Seen", "\\Answered")) in flags
    elif box.kind == "mbox":
        assert [one["X-Status"] for one in (question, answer)] == ["A", None]
        assert b"X-Keywords" not in b"".join(raws)
    else:
        names = [one.name.partition(":2,") for one in (box.place / "cur").iterdir()]
        assert sorted(marks for unique, _, marks in names if unique.endswith(".carrel")) == ["FS", "RS", "S"]
    again = elm.ok("mailbox", "list", code=3)["mailboxes"][0]["folders"][0]
    assert again["stay"] == {"not yet": 4, "de-identified already": 3}
    # What came in meanwhile is of the next plan; the reply to a message that was written anew finds it.
    place, plan = approved(elm, "next.json")
    assert plan["parts"][0]["count"] == 1
    assert elm.ok("mailbox", "apply", place)["clearing"]["de_identified"] == 1
    assert {bytes(one) for one in done(box.raws())} >= {bytes(one) for one in anew}
    assert "nothing" not in str(elm.ok("mailbox", "list")["findings"])


def fix_of(elm):
    """What `carrel check` says is to be done with the mailbox."""
    return next(one["fix"] for one in elm.run("check", "--json").told["checks"] if one["name"] == "mailbox desk")


def half(box):
    """When each message came in that is there, old or anew; old ones by their topmost Received."""
    found = []
    for raw in box.raws():
        one = email.message_from_bytes(raw)
        found.append(parsedate_to_datetime((one["Received"] or one["Date"]).rpartition(";")[2].strip()))
    return found


def killed_and_again(box, elm, shares):
    """Kill `apply` at these steps, each time from the same begin, and end with the same command."""
    elm.needles.add("Amundsen")
    total, kills = 0, 0
    for share in (0, *shares):
        fatal = 1 + round(share * (total - 1)) if share else 0
        box.wipe()
        thread(box)
        thread(box, 120, 7)
        box.put(ago(3), letter(50, ago(3)))
        times = sorted(half(box))
        place, _ = approved(elm, f"plan{share}.json")
        run = subprocess.run(
            [sys.executable, "-c", _KILLED, str(box.place), str(fatal), "mailbox", "apply", str(place), "--site",
             str(elm.folder)],
            cwd=elm.folder, env=library.environment(None), capture_output=True, text=True, check=False,
        )  # fmt: skip
        elm.assert_no_leak(run.stdout, run.stderr)
        if fatal and not run.returncode:
            continue  # the first one had more to open
        assert run.returncode == (-signal.SIGKILL if fatal else 0), run.stderr
        kills += fatal > 0
        total = total or int(run.stderr.split()[-1])
        assert set(half(box)) == set(times), "nothing is lost"
        if fatal:
            box.put(ago(1), letter(60, ago(1), links=(60,)))  # somebody writes meanwhile
            times.append(ago(1))
            assert elm.ok("mailbox", "apply", place)["clearing"]["de_identified"] == 6
        assert sorted(half(box)) == sorted(times), "nothing is doubled"
        anew = [one for one in box.raws() if b"\nX-Carrel: " in one]
        assert len(anew) == 6
        assert_clean(anew)
        assert sum(b"[PATRON 2] too" in one for one in anew) == 2, "as if it had never been killed"
        if box.server is None:
            assert not [one for one in box.place.rglob("*") if one.name.startswith(".inbox") or one.suffix == ".lock"]
    return kills


def test_killed_in_the_middle_nothing_is_lost_and_nothing_is_doubled(box, elm):
    assert killed_and_again(box, elm, (0.5, 0.9)) == 2


@pytest.mark.deep
def test_killed_at_every_step_nothing_is_lost_and_nothing_is_doubled(box, elm):
    shares = [(n + 1) / CRASH_ROUNDS for n in range(CRASH_ROUNDS)]
    assert killed_and_again(box, elm, shares) >= CRASH_ROUNDS - 2


@pytest.fixture
def maildir(request, small_sqlite, tmp_path):
    box = Box(request, tmp_path, "maildir")
    return box, made(box, small_sqlite, tmp_path)


def test_bad_mail_is_read_or_left_as_it_is_and_told(maildir):
    box, elm = maildir
    old = ago(200)
    head = "MIME-Version: 1.0\n"
    box.put(old, letter(1, old, more=head + "Content-Type: text/plain; charset=latin-1\n\n", who="Zo Q <z@patrons.example>")
            .replace(b"\n\nmy name", "\n\nDear Zelda Quimby and Zoë Zürich-Müller".encode("latin-1") + b"\nmy name"))  # fmt: skip
    files = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n"
    files += "Content-Type: text/html\n\n<p>ask <a href='mailto:jane.a@patrons.example'>Zelda Quimby</a></p>\n--b--\n"
    files += '--a\nContent-Type: application/pdf; name="letter.pdf"\nContent-Transfer-Encoding: base64\n\n'
    box.put(old, letter(2, old, more=head + files, body="QUFB" * (10 << 18) + "\n--a--"))  # of 10 MB
    odd = letter(
        3, old, who="\udcff\udced\udca0\udc80 <x@patrons.example>".encode("ascii", "surrogateescape").decode("latin-1")
    )
    box.put(old, odd.replace(b"Subject: ", b"Subject: \xff\xfe =?utf-8?q?=ED=A0=80?= "))
    unread = [
        letter(4, old, more=head + "Content-Type: multipart/encrypted; boundary=e\n\n", body="--e\n\nx\n--e--"),
        letter(5, old, more=head + "Content-Type: text/plain; charset=x-none\n\n", body="Zürich"),
    ]
    for one in unread:
        box.put(old, one)
    (box.place / "cur" / "1700009999.M9P7.elm:2,S").write_bytes(b"From: Jane Amundsen <x@y.z>\nSubject: no date\n\nx\n")
    forged = letter(
        6, ago(210), more="X-Carrel: de-identified; of=" + "0" * 24 + "; text=" + "1" * 32 + "; seal=" + "2" * 32
    )
    box.put(ago(210), forged.replace(b"\nX-Mailer", b"\nX-Own"))
    found = elm.ok("mailbox", "list", code=3)
    part = found["mailboxes"][0]["folders"][0]
    assert (part["messages"], part["past_their_time"]) == (7, 4)
    assert (
        "mailbox desk, INBOX: 2 messages stay: it cannot be read as a message, and no one can tell whom it names"
        in (found["findings"])
    )
    assert "mailbox desk, INBOX: 1 message has no usable date, and never goes" in found["findings"]
    assert "plan clears what is past its time; what has no usable date is in no plan" in fix_of(elm)
    place, _ = approved(elm)
    told = elm.ok("mailbox", "apply", place)["clearing"]
    assert (told["de_identified"], told["stay"]) == (4, {})
    assert "delete it by hand" in fix_of(elm)
    assert "plan clears" not in fix_of(elm), "a plan never takes what has no date"
    raws = box.raws()
    assert set(unread) <= set(raws)
    anew = [one for one in raws if b"\nX-Carrel: " in one]
    assert len(anew) == 4
    assert_clean(anew)
    assert max(map(len, anew)) < 5_000
    assert [one for one in anew if "Zürich".encode() in one] == []
    assert sum(b"[attachment removed]" in one for one in anew) == 1
    again = elm.ok("mailbox", "list", code=3)
    assert again["mailboxes"][0]["folders"][0]["past_their_time"] == 0
    shown = elm.run("mailbox", "list")
    assert "4 messages stay: de-identified already" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 100


def test_what_was_approved_is_not_done_with_other_lists_rules_or_messages(maildir):
    box, elm = maildir
    thread(box)
    box.put(ago(150), letter(9, ago(150)))
    place, _ = approved(elm)
    before = box.raws()
    (elm.folder / "text.yaml").write_text("cards: []\n")
    assert elm.run("mailbox", "apply", place).codes == ["CLR-004"]
    (elm.folder / "text.yaml").write_text("no such key: 1\n")
    assert elm.run("mailbox", "plan", "--as", "Cal Example").codes == ["SRC-007"]
    (elm.folder / "text.yaml").write_text('cards: ["21868#########"]\nroster:\n  - records: {file: nowhere.csv}\n')
    place, _ = approved(elm, "other.json")
    answer = elm.run("mailbox", "apply", place)
    assert answer.code != 0
    assert box.raws() == before
    (elm.folder / "nowhere.csv").write_text("name\nZelda Quimby\n")
    box.put(ago(1), letter(4, ago(1), links=(1, 2, 3)))  # somebody asks again
    told = elm.run("mailbox", "apply", place, "--json").told["clearing"]
    assert (told["de_identified"], told["stay"]) == (1, {"not yet": 3})
    assert sum(b"\nX-Carrel: " in one for one in box.raws()) == 1
    key = elm.folder / "mail.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_bytes(b"short")
    assert elm.run("mailbox", "list").codes == ["MBX-009"]
    elm.edit("then: de-identify, text", "then: delete, text")
    assert "SIT" in elm.run("mailbox", "list").codes[0]


def test_a_question_waits_for_its_answer_and_a_rule_that_deletes_takes_no_names_out(maildir):
    box, elm = maildir
    elm.edit("active until: made, keep: 90 days", "active until: answered, keep: 90 days", "policy.yaml")
    box.put(ago(200), letter(1, ago(200)))
    box.put(ago(199), letter(2, ago(199), who="Reference@library.example", links=(1,)))
    box.put(ago(200), letter(3, ago(200)))
    part = elm.ok("mailbox", "list", code=3)["mailboxes"][0]["folders"][0]
    assert (part["past_their_time"], part["stay"]) == (2, {"not answered": 1})
    elm.edit("keep: 90 days, then: de-identify", "keep: 90 days, then: delete", "policy.yaml")
    assert elm.run("mailbox", "list").codes == ["RUN-014"]


def test_what_was_de_identified_is_deleted_by_a_second_entry_when_that_is_due(maildir):
    box, elm = maildir
    rule = "- {id: old mail, active until: made, keep: 90 days, then: de-identify}"
    elm.edit(
        rule,
        f"{rule.replace('made', 'answered')}\n      - {{id: gone, active until: made, keep: 1 year, then: delete}}",
        "policy.yaml",
    )
    entry = f"  - {{name: end, kind: maildir, place: {box.place}, folders: ["
    elm.edit("people:\n", f"{entry}{{folder: INBOX, record: mailing lists, purpose: provide}}]}}\npeople:\n")
    box.put(ago(300), letter(1, ago(300)), "SR")
    box.put(ago(400), letter(2, ago(400)), "SR")
    place = elm.folder / "anew.json"
    elm.ok("mailbox", "plan", "desk", "--as", "Cal Example", "--out", place)
    elm.approve(place)
    assert elm.ok("mailbox", "apply", place)["clearing"]["de_identified"] == 2
    elm.ok("mailbox", "plan", "end", "--as", "Cal Example", "--out", elm.folder / "end.json")
    elm.approve(elm.folder / "end.json")
    assert elm.ok("mailbox", "apply", elm.folder / "end.json")["clearing"]["deleted"] == 1
    [left] = box.raws()
    assert parsedate_to_datetime(email.message_from_bytes(left)["Date"]) == ago(300)
    assert b"\nX-Carrel: " in left


def test_a_roster_can_be_that_of_a_system_of_the_site(maildir):
    box, elm = maildir
    (elm.folder / "text.yaml").write_text("roster:\n  - system: koha\n")
    box.put(ago(200), letter(1, ago(200), body="ask anika price, or 617-555-0019"))
    place, _ = approved(elm)
    elm.needles -= {"Price, Anika"}
    assert elm.ok("mailbox", "apply", place)["clearing"]["de_identified"] == 1
    assert b"ask [PATRON 2], or [PHONE 1]" in box.raws()[0] or b"ask [PATRON 1], or [PHONE 1]" in box.raws()[0]


def test_a_message_that_does_not_read_back_keeps_the_old_one(request, small_sqlite, tmp_path, dovecot_server):
    box = Box(request, tmp_path, "imap")
    elm = made(box, small_sqlite, tmp_path)
    relay = Relay(dovecot_server)
    parts = box.entry.partition("folders: [")[2].rpartition("]}")[0]
    elm.edit(box.entry, relay.entry(parts))
    try:
        thread(box)
        before = box.raws()
        place, _ = approved(elm)
        relay.swap = {b"X-Carrel: de-identified": b"X-Barrel: de-identified"}
        assert elm.run("mailbox", "apply", place).codes == ["MBX-008"]
        assert set(before) <= set(box.raws())
        relay.swap = {}
        assert elm.ok("mailbox", "apply", place)["clearing"]["de_identified"] == 3
        assert not [one for one in before if one in box.raws()]
    finally:
        relay.close()
