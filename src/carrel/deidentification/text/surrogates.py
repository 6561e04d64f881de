"""What stands in a text for whom it named: the same within a conversation, and nothing that leads to the next one.

Which value became which number is known while a conversation is worked on, in memory alone. No list of it is kept, so
nobody can turn a released text back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.kernels.spans import Kind
from carrel.deidentification.text.reader import Finding

_MOST_ALIKE = 64  # people of one name in a conversation that a name is compared with

_LABELS = {int(kind): kind.label.encode() for kind in Kind}
_SIGNS = bytes(sign for sign in range(0x80) if not chr(sign).isalnum())


def is_clear(found: Finding) -> bool:
    """Whether a finding goes as long as nobody has decided otherwise."""
    return found.sure != spans.HARDLY


class Conversation:
    """One conversation: a question with its answers, a thread, a chat."""

    def __init__(self) -> None:
        self._people: list[tuple[set[int], set[int]]] = []
        self._by_word: defaultdict[int, list[int]] = defaultdict(list)
        self._values: dict[tuple[int, bytes], int] = {}
        self._count: Counter[int] = Counter()

    def rewritten(
        self, text: bytes, findings: Sequence[Finding], leave: frozenset[int] = frozenset(),
        goes: Callable[[Finding], bool] = is_clear,
    ) -> tuple[bytes, list[int]]:  # fmt: skip
        """A text with surrogates for what was found in it.

        Args:
            text: bytes; what is not found stays as it is, whatever its encoding.
            findings: in order, without overlaps.
            leave: kinds that stay.
            goes: whether a finding is taken out.

        Returns:
            The text, and the kind of each finding that went.
        """
        out: list[bytes] = []
        last, gone = 0, []
        for found in findings:
            kind = found.kind
            if kind in leave or not goes(found):
                continue
            value = text[found.start : found.end]
            number = self._person(found, value) if kind == spans.NAME else self._value(kind, value)
            out.append(text[last : found.start])
            out.append(b"[%s %d]" % (_LABELS[kind], number))
            last = found.end
            gone.append(kind)
        if not out:
            return text, gone
        out.append(text[last:])
        return b"".join(out), gone

    def _value(self, kind: int, value: bytes) -> int:
        plain = value.lower().translate(None, _SIGNS)
        number = self._values.get((kind, plain))
        if number is None:
            self._count[kind] += 1
            number = self._values[kind, plain] = self._count[kind]
        return number

    def _person(self, found: Finding, value: bytes) -> int:
        if not (found.given or found.family):
            return self._unnamed(value)
        alone = found.given == found.family  # one word that stands for the whole name
        alike = sorted({*self._by_word[found.given], *self._by_word[found.family]})[:_MOST_ALIKE]
        for number in alike:
            # Ada Cole is A. Cole, Ada and Cole, and not Ben Cole.
            given, family = self._people[number - 1]
            if alone and (found.given in given or found.given in family):
                return number
            fits_given = not found.given or not given or found.given in given
            fits_family = not found.family or not family or found.family in family
            if (fits_given and fits_family) or found.given in family:
                self._name(number, found)
                return number
        self._people.append((set(), set()))
        self._name(len(self._people), found)
        return len(self._people)

    def _name(self, number: int, found: Finding) -> None:
        for word, words in zip((found.given, found.family), self._people[number - 1], strict=True):
            if word and word not in words:
                words.add(word)
                self._by_word[word].append(number)

    def _unnamed(self, value: bytes) -> int:
        key = (spans.NAME, value.lower())
        if key not in self._values:
            self._people.append((set(), set()))
            self._values[key] = len(self._people)
        return self._values[key]
