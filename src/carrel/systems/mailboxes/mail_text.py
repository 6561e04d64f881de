"""The texts of messages looked through and written anew, thread by thread."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from carrel.deidentification.mail.plain_message import PlainMessage
from carrel.deidentification.text.knowledge import Knowledge
from carrel.deidentification.text.reader import TextReader
from carrel.deidentification.text.recognizer import Recognizer
from carrel.systems.text.release import TextRelease
from carrel.systems.text.text_record import Record

_CELLS = ("subject", "body")


@dataclass(frozen=True)
class MailRules:
    """By what messages are looked through.

    Attributes:
        knowledge: forms, roster and catalogue.
        leave: kinds that stay.
        recognizers: of others.
    """

    knowledge: Knowledge = field(repr=False)
    leave: frozenset[int] = frozenset()
    recognizers: Sequence[Recognizer] = ()


@dataclass
class MailText:
    """Writes the texts of messages anew; who writes or is written to is learnt as a name first.

    Args:
        rules: by which it does.
        keep: addresses whose names are not learnt.
    """

    rules: MailRules
    keep: Collection[str]
    uncertain: int = 0
    left_in: int = 0
    _learnt: set[str] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        """One reader for all of them."""
        self._release = TextRelease(TextReader(self.rules.knowledge), self.rules.leave, self.rules.recognizers)

    def written(self, threads: Sequence[tuple[str, Sequence[PlainMessage]]]) -> Iterator[list[tuple[str, str]]]:
        """Subject and body of each message, thread by thread, without what names a person.

        Args:
            threads: by a name of each, its messages in order.

        Guarantees:
            What stands for somebody is the same within a thread.
        """
        self._learn(one for _, messages in threads for one in messages)
        found: list[list[bytes]] = []

        def put(_: IO[bytes], cells: Sequence[bytes]) -> None:
            found.append(list(cells))

        number, records = 0, []
        for name, messages in threads:
            for one in messages:
                number += 1
                cells = [one.subject.encode("utf-8", "replace"), one.body.encode("utf-8", "replace")]
                records.append(Record(number, cells, _CELLS, name, put))
        self._release.learn(records)
        told = self._release.write(records, io.BytesIO())
        self.uncertain += told.doubtful
        self.left_in += sum(not one.went for one in told.doubts)
        texts = iter(found)
        for _, messages in threads:
            yield [(_text(cells[0]), _text(cells[1])) for cells in (next(texts) for _ in messages)]

    def _learn(self, messages: Iterator[PlainMessage]) -> None:
        names = {
            address.name
            for one in messages
            for people in one.people.values()
            for address in people
            if address.name and "@" not in address.name and address.address not in self.keep
        }
        if new := sorted(names - self._learnt):
            self.rules.knowledge.whole_names(new)
            self._learnt.update(new)


def _text(cell: bytes) -> str:
    return cell.decode("utf-8", "replace")
