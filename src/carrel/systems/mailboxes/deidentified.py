"""A folder of mail whose threads lose what names a person, and stay otherwise.

A thread's messages are all put there before the first of the old ones goes, and each of them says under a seal which
one it stands for. So whatever a kill leaves behind, the next run can tell what is left to do: old messages that have
their copy go, and copies whose old message is to stay go instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from carrel.deidentification.mail.letters import UnreadableError
from carrel.deidentification.mail.plain_message import PlainMessage, plain_message
from carrel.deidentification.mail.rewritten import Origin, People, rewritten
from carrel.deidentification.mail.seal import is_whole, origin_of, seal_of
from carrel.deidentification.mail.threads import Envelope, Placed, envelope_of, threads_of
from carrel.inventory.mailbox import MailFolder
from carrel.retention.clearing import Piece
from carrel.systems.mailboxes.mail_key import MailKey
from carrel.systems.mailboxes.mail_text import MailRules, MailText
from carrel.systems.mailboxes.shelf import Desk, Letter, Shelf, unkept

DONE_ALREADY = "de-identified already"
UNREADABLE = "it cannot be read as a message, and no one can tell whom it names"
_THREAD_UNDATED = "another message of its thread has no usable date"
_MANY = 50  # messages between two looks at whether somebody asks to stop
_MUCH = 1 << 23  # bytes


@dataclass(frozen=True, slots=True)
class _Slip:
    """A message of a thread, without its headers: a folder can hold very many."""

    letter: Letter
    envelope: Envelope = field(repr=False)
    piece: Piece
    origin: str


@dataclass
class DeidentifiedFolder:
    """One folder.

    Args:
        shelf: the folder as its kind is.
        part: of the site file.
        ours: addresses of the library, whose messages wait for no answer.
        key: of the site.
        rules: what texts are looked through by, put together when a message is written anew.
        at: what errors call the folder.
    """

    shelf: Shelf
    part: MailFolder
    ours: frozenset[str]
    key: MailKey
    rules: Callable[[MailFolder], MailRules] | None
    at: str
    uncertain: int = 0
    left_in: int = 0

    def mark(self) -> str:
        """As of its kind."""
        return self.shelf.mark()

    def pieces(self, enough: datetime | None = None) -> Iterator[Piece]:
        """Every message by the date of the last one in its thread; what was de-identified says so, under its seal.

        Args:
            enough: what is not due anyway is not read to its end.

        Raises:
            CarrelError: of the MBX codes.
        """
        with self.shelf.reading() as desk:
            threads, copies = self._found(desk, self.key.there())
            yield from (Piece(one.tag, one.at, kept=DONE_ALREADY) for one in copies.values())
            for slip in (one for thread in threads for one in thread):
                piece = slip.piece
                old = enough is not None and piece.at is not None and piece.at <= enough
                if old and not piece.kept and self._read(desk, slip.letter) is None:
                    piece = Piece(piece.tag, piece.at, kept=UNREADABLE)
                yield piece

    def clear(self, goes: Callable[[Piece], bool], beat: Callable[[], None]) -> None:
        """Write the messages of threads anew and read them back; then the old ones go.

        Raises:
            CarrelError: MBX-008, and others of the MBX, TXT, SRC and SQL codes.
        """
        if self.rules is None:
            raise ValueError("a folder that was opened to be looked at")
        key, text = self.key.drawn(), MailText(self.rules(self.part), self.part.kept_addresses)
        written: set[str] = set()
        with self.shelf.working() as desk:
            threads, copies = self._found(desk, key)
            work = _Work(desk, key, text, frozenset(self.part.kept_addresses), copies, written)
            batch: list[list[_Slip]] = []
            size = 0
            for thread in threads:
                due = [one for one in thread if not one.piece.kept and goes(one.piece)]
                left = {one.letter.tag for one in thread} - {one.letter.tag for one in due}
                # Put there by a run that was killed, and not to be put there by now.
                desk.drop([copies.pop(one.origin) for one in thread if one.letter.tag in left and one.origin in copies])
                if due:
                    batch.append(due)
                    size += len(due)
                if size >= _MANY:
                    beat()
                    work.carry_out(batch)
                    batch, size = [], 0
            if batch:
                beat()
                work.carry_out(batch)
        self.uncertain, self.left_in = text.uncertain, text.left_in
        self._require(written)

    def _require(self, written: set[str]) -> None:
        """Look whether everything that was written is in the folder now."""
        if not written:
            return
        key = self.key.there()
        with self.shelf.reading() as desk:
            found = {seal.origin for one in desk.letters() if (seal := seal_of(key, one.head)) is not None}
        if missing := len(written - found):
            raise unkept(self.at, f"{missing:,} of {len(written):,} not there")

    def _found(self, desk: Desk, key: bytes) -> tuple[list[list[_Slip]], dict[str, Letter]]:
        """The threads of the folder, and by whom they stand for the messages that Carrel wrote."""
        copies: dict[str, Letter] = {}
        kept: list[Letter] = []
        envelopes: list[Envelope] = []
        for letter in desk.letters():
            seal = seal_of(key, letter.head)
            if seal is not None:
                # Of two that stand for one message the second is somebody's copy of the first.
                name = seal.origin if seal.origin not in copies else letter.tag
                copies[name] = _bare(letter)
            else:
                envelopes.append(envelope_of(letter.head))
                kept.append(_bare(letter))
        placed = [Placed(env, one.at, one.answered) for env, one in zip(envelopes, kept, strict=True)]
        threads = []
        for thread in threads_of(placed, self.ours):
            slips = []
            for at in thread.members:
                one, why = kept[at], kept[at].kept
                if not why and thread.last is None and one.at is not None:
                    why = _THREAD_UNDATED
                end = one.at if thread.last is None else thread.last
                piece = Piece(one.tag, end, open=thread.open, kept=why, since=one.at)
                slips.append(_Slip(one, envelopes[at], piece, origin_of(key, f"{self.at}/{one.tag}")))
            threads.append(slips)
        return threads, copies

    @staticmethod
    def _read(desk: Desk, letter: Letter) -> PlainMessage | None:
        raw = desk.whole(letter)
        try:
            return plain_message(raw or b"")
        except UnreadableError:
            return None


def _bare(letter: Letter) -> Letter:
    """A letter with those headers only that an mbox file keeps its marks in."""
    marks = [one for one in letter.head.splitlines() if one.lower().startswith((b"status:", b"x-status:"))]
    return Letter(
        letter.where, letter.tag, letter.at, letter.answered, b"\n".join(marks), letter.flags, letter.kept
    )  # fmt: skip


@dataclass
class _Work:
    """The rewriting of some threads at a time."""

    desk: Desk
    key: bytes = field(repr=False)
    text: MailText
    keep: frozenset[str]
    copies: dict[str, Letter]
    written: set[str]

    def carry_out(self, threads: Sequence[Sequence[_Slip]]) -> None:
        """Put all copies there, then delete what they stand for."""
        plain: list[tuple[str, list[tuple[_Slip, PlainMessage]]]] = []
        away: list[Letter] = []
        for thread in threads:
            readable = [(one, message) for one in thread if (message := self._message(one)) is not None]
            if all(self._has_copy(one) for one, _ in readable):
                away += [one.letter for one, _ in readable]  # a run that was killed wrote them all
                self.written.update(one.origin for one, _ in readable)
                continue
            plain.append((thread[0].origin, readable))
            if sum(len(message.body) for _, some in plain for _, message in some) > _MUCH:
                away += self._write(plain)
                plain = []
        away += self._write(plain)
        self.desk.drop(away)

    def _write(self, threads: Sequence[tuple[str, list[tuple[_Slip, PlainMessage]]]]) -> list[Letter]:
        """Copies of all messages of these threads, read back; which messages they stand for."""
        done: list[Letter] = []
        asked = [(name, [message for _, message in some]) for name, some in threads]
        for (_, some), texts in zip(threads, self.text.written(asked), strict=True):
            people = People(self.keep)
            for (slip, message), said in zip(some, texts, strict=True):
                letter, envelope = slip.letter, slip.envelope
                if letter.at is None:
                    continue
                name = envelope.message_id or slip.origin
                origin = Origin(slip.origin, letter.at, name, envelope.links)
                raw = rewritten(self.key, origin, message, said, people)
                before = self.copies.get(slip.origin)
                if before is None or not self._is(before, raw):
                    # Of a run that was killed, and by other lists: what it stands for is there still.
                    self.desk.drop([] if before is None else [before])
                    self.desk.add(letter, raw, slip.origin)
                done.append(letter)
                self.written.add(slip.origin)
        return done

    def _message(self, slip: _Slip) -> PlainMessage | None:
        raw = self.desk.whole(slip.letter)
        try:
            return None if raw is None else plain_message(raw)
        except UnreadableError:
            return None

    def _has_copy(self, slip: _Slip) -> bool:
        copy = self.copies.get(slip.origin)
        raw = None if copy is None else self.desk.whole(copy)
        return raw is not None and is_whole(self.key, raw)

    def _is(self, copy: Letter, raw: bytes) -> bool:
        found = self.desk.whole(copy)
        return found is not None and found.replace(b"\r\n", b"\n") == raw
