"""Messages made plain, whatever they are wrapped in, threads found, and seals that nobody else can make."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from carrel.deidentification.mail.html_text import html_text
from carrel.deidentification.mail.letters import UnreadableError, header_text, letters
from carrel.deidentification.mail.plain_message import Address, plain_message
from carrel.deidentification.mail.rewritten import Origin, People, rewritten
from carrel.deidentification.mail.seal import is_whole, origin_of, seal_of, stand_in
from carrel.deidentification.mail.threads import Placed, envelope_of, threads_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = b"k" * 32


def body(text: bytes, kind: str = "text/plain", way: str = "8bit") -> str:
    head = f"Subject: x\nMIME-Version: 1.0\nContent-Type: {kind}\nContent-Transfer-Encoding: {way}\n\n"
    return plain_message(head.encode() + text).body


def mixed(*parts: bytes, kind: str = "mixed") -> bytes:
    head = f"Subject: x\nContent-Type: multipart/{kind}; boundary=edge\n\n".encode()
    return head + b"".join(b"--edge\n" + one + b"\n" for one in parts) + b"--edge--\n"


def test_encodings_are_read_as_they_are_and_not_as_they_say():
    assert body("Zoë".encode("latin-1"), "text/plain; charset=iso-8859-1") == "Zoë\n"
    assert body("Zoë".encode(), "text/plain; charset=iso-8859-1") == "Zoë\n"
    assert body("Zoë\n".encode() + "Zoë".encode("latin-1"), "text/plain; charset=utf-8") == "Zoë\nZoë\n"
    assert body("Зоя".encode("koi8-r"), "text/plain; charset=KOI8-R") == "Зоя\n"
    assert body("Jane".encode("utf-7"), "text/plain; charset=utf-7") == "Jane\n"
    assert body("Jane".encode("utf-16"), "text/plain; charset=utf-16") == "Jane\n"
    assert body(base64.b64encode("Zoë".encode()), "text/plain; charset=utf-8", "base64") == "Zoë\n"
    assert body(b"Zo=C3=AB=\nJane", "text/plain; charset=utf-8", "quoted-printable") == "ZoëJane\n"
    assert body(b"Jane", "text/plain; charset=x-unknown") == "Jane\n"
    assert body(b"my name is Jane \nAmundsen.\n> quoted \n> text", "text/plain; format=flowed") == (
        "my name is Jane Amundsen.\n> quoted \n> text\n"
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: text/plain; charset=x-unknown\n\nZo\xeb",
        b"Content-Type: text/plain; charset=rot13\n\n\xe9",
        b"Content-Type: text/plain; charset=x-unknown\n\n\x1b$B%8%'!<%s",
        b"Content-Type: text/plain\n\n" + "Jane".encode("utf-16-le"),
        b"Content-Transfer-Encoding: x-own\n\nJane",
        b"Content-Transfer-Encoding: base64\n\nSmFuZ\n",
        b"Content-Type: multipart/mixed\n\nJane",
        b"Content-Type: multipart/mixed; boundary=edge\n\nJane",
        b"Content-Type: application/pkcs7-mime\n\nJane",
        mixed(b"Content-Type: application/pgp-encrypted\n\nx", kind="encrypted"),
        b"".join(
            b"%sContent-Type: multipart/mixed; boundary=a%d\n\n" % (b"--a%d\n" % (one - 1) if one else b"", one)
            for one in range(3_000)
        ),
    ],
)  # fmt: skip
def test_what_nobody_can_read_is_told_so(raw):
    with pytest.raises(UnreadableError) as told:
        plain_message(raw)
    assert not str(told.value)


def test_headers_are_decoded_whatever_is_in_them():
    assert header_text("=?utf-8?q?Z=C3?= =?utf-8?q?=BCrich?= and more") == "Zürich and more"
    assert header_text("=?iso-8859-1*de?Q?M=FCller?=") == "Müller"
    assert header_text("=?utf-8?b?////?=") == "ÿÿÿ"
    assert header_text("=?x-unknown?b?6Q==?= x") == "[unreadable] x"
    assert header_text(b"caf\xe9".decode("ascii", "surrogateescape")) == "café"
    assert header_text(b"caf\xc3\xa9".decode("ascii", "surrogateescape")) == "café"
    assert not [one for one in header_text("a\udce9\ud800b") if 0xD800 <= ord(one) <= 0xDFFF]
    assert header_text("a\r\n Bcc: x\x00") == "a Bcc: x"
    odd = plain_message(b'Subject: \xff\xed\xa0\x80 =?utf-8?q?=ED=A0=80?=\nFrom: \xe9 <A@B.c>, "x\nTo: ;;<<\n\nx')
    odd.subject.encode()
    assert odd.people["From"][0].address == "a@b.c"


def test_parts_become_text_and_no_name_of_a_file_stays():
    whole = EmailMessage()
    whole["Subject"] = "x"
    whole.set_content("plain words")
    whole.add_alternative("<p>other words</p>", subtype="html")
    whole.add_attachment(b"1", maintype="application", subtype="pdf", filename="jane.pdf")
    whole.add_attachment("notes of jane", filename="jane.txt")
    found = plain_message(whole.as_bytes())
    assert found.body == "plain words\n\n[attachment removed]\n\n[attachment removed]\n"
    assert found.removed == 2
    forwarded = mixed(b"\nwords", b"Content-Type: message/rfc822\n\nSubject: Jane\n\nJane")
    assert plain_message(forwarded).body == "words\n\n[attached message removed]\n"
    signed = mixed(b"\nwords", b"Content-Type: application/pgp-signature\n\nJane", kind="signed")
    assert plain_message(signed).body == "words\n"
    assert (
        plain_message(mixed(b"\n \n", b"Content-Type: text/html\n\n<b>words</b>", kind="alternative")).body == "words\n"
    )
    files = b"words\nbegin 644 jane.jpg\nM123\nend\nbegin 644 no file\n-----BEGIN PGP SIGNATURE-----\nJane"
    assert body(files) == "words\n[attachment removed]\nbegin 644 no file\n[attachment removed]\n"
    inner = mixed(b"Content-Type: multipart/alternative; boundary=in\n\n--in\n\ndeep words\n--in--\n")
    assert plain_message(inner).body == "deep words\n"


def test_html_becomes_what_a_person_reads_in_a_time_that_grows_with_its_length():
    source = (
        "<html><head><title>Jane</title><style>.jane{}</style></head><body><!-- Jane --><p class=jane>a &lt; b &amp; c"
        "<br>2 < 3<script>'<p>jane'</script><a href='mailto:jane@x.y'>write</a><td>x<td>y<img alt=Jane></body>"
    )
    assert html_text(source) == "a < b & c\n2 < 3write x y"
    assert html_text("words <b") == "words b"
    assert html_text("<head>unclosed<body>words") == "words"
    before = time.perf_counter()
    for one in ("<script ", "<!--", "<script>", "<a ", "<title>", "&"):
        html_text(one * 200_000)
    assert time.perf_counter() - before < 20


def placed(number, days, *, links=(), subject="s", own=True, answered=False, sender="a@b.c"):
    head = f"From: <{sender}>\nSubject: {subject}\n" + (f"Message-ID: <{number}@x>\n" if own else "")
    head += f"References: {' '.join(f'<{one}@x>' for one in links)}\n" if links else ""
    return Placed(envelope_of(head.encode()), None if days is None else AT + timedelta(days=days), answered)


def groups(*messages, ours=()):
    return sorted(one.members for one in threads_of(messages, ours))


def test_threads_are_joined_by_ids_and_by_subject_where_there_are_none():
    assert groups(placed(1, 0), placed(2, 1, links=(1,)), placed(3, 2, links=(1, 2)), placed(9, 0)) == [(0, 1, 2), (3,)]
    assert groups(placed(5, 0, links=(4,)), placed(6, 1, links=(4,))) == [(0, 1)], "the first one is not here"
    assert groups(placed(1, 0, subject="Card"), placed(2, 1, subject="RE: AW: card")) == [(0, 1)]
    assert groups(placed(1, 0, subject="Card"), placed(2, 1, subject="Card")) == [(0,), (1,)]
    assert groups(placed(1, 0, subject="Card"), placed(2, 1, subject="Card", own=False)) == [(0, 1)]
    assert groups(placed(1, 1, subject="Card"), placed(2, 0, subject="Re: Card")) == [(0,), (1,)], "it came before"
    assert groups(placed(1, 1, subject=""), placed(2, 2, subject="Re:", own=False)) == [(0,), (1,)]
    [one] = threads_of([placed(1, 0), placed(2, 5, links=(1,))])
    assert one.last == AT + timedelta(days=5)
    assert threads_of([placed(1, 0), placed(2, None, links=(1,))])[0].last is None


def test_a_thread_is_open_while_somebody_waits():
    answer = placed(2, 1, links=(1,), sender="desk@library.example")
    assert threads_of([placed(1, 0)])[0].open
    assert not threads_of([placed(1, 0, answered=True)])[0].open
    assert threads_of([placed(1, 0, answered=True), answer])[0].open, "nobody said that the desk is ours"
    assert not threads_of([placed(1, 0), answer], {"desk@library.example"})[0].open
    assert threads_of([placed(1, 0), answer, placed(3, 2, links=(1, 2))], {"desk@library.example"})[0].open


def anew(text="words", key=KEY, name="n"):
    plain = plain_message(b"From: Jane <j@x.y>\nTo: desk@l.e, J@X.y\nX-Own: Jane\n\nold")
    origin = Origin(origin_of(key, name), AT, "1@x", ("0@x",))
    return rewritten(key, origin, plain, ("[PATRON 1] ä", text), People({"desk@l.e"}))


def test_what_is_written_anew_holds_nothing_of_the_old_headers():
    raw = anew()
    assert raw == anew()
    head = raw.partition(b"\n\n")[0].decode()
    assert "Jane" not in head
    assert "j@x.y" not in head
    assert "1@x" not in head
    assert "To: desk@l.e,\n person-1@invalid" in head
    assert f"Message-ID: <{stand_in(KEY, '1@x')}>" in head
    assert f"In-Reply-To: <{stand_in(KEY, '0@x')}>" in head
    assert "Date: Sun, 01 Mar 2026 12:00:00 +0000" in head
    assert plain_message(raw).subject == "[PATRON 1] ä"
    long = "wörter " * 1_000
    assert plain_message(anew(long)).body == long + "\n"
    assert max(map(len, anew(long).split(b"\n"))) < 1_000


def test_a_seal_is_believed_only_on_what_was_written_so():
    raw = anew()
    head = raw.partition(b"\n\n")[0]
    assert is_whole(KEY, raw)
    assert is_whole(KEY, raw.replace(b"\n", b"\r\n"))
    assert is_whole(KEY, b"Status: RO\n" + raw + b"\n")
    assert is_whole(KEY, anew("From here\n>From there").replace(b"\nFrom here", b"\n>From here"))
    assert seal_of(KEY, head).origin == origin_of(KEY, "n")
    assert seal_of(b"o" * 32, head) is None
    assert seal_of(b"", head) is None
    assert seal_of(KEY, b"Received: from x\n" + head) is None, "it came by mail"
    assert seal_of(KEY, head.replace(b"person-1", b"person-2")) is None
    assert seal_of(KEY, head + b"\n" + head.splitlines()[-1]) is None
    assert not is_whole(KEY, raw.replace(b"words", b"names"))
    assert seal_of(KEY, b"X-Carrel: de-identified\nSubject: x") is None


def test_what_nobody_can_see_is_in_no_text():
    assert letters(b"a\x00b\x1b[2Jc\r\nd", "us-ascii") == "ab[2Jc\nd"
    assert "Jane" not in repr(Address("Jane", "jane@x.y"))
    assert "Jane" not in repr(plain_message(b"Subject: Jane\nFrom: Jane <j@x.y>\n\nJane"))
    assert "Jane" not in repr(envelope_of(b"Subject: Jane\nFrom: Jane <jane@x.y>\nMessage-ID: <Jane@x>"))
