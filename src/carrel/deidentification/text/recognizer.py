"""Recognizers of others, such as those of Presidio: whoever has a model for names plugs it in.

The protocol is the one that Presidio's recognizers already have; nothing of Presidio is needed for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.reader import Finding

RULE: Final = 60
_KINDS: Final = {
    "PERSON": spans.NAME, "EMAIL_ADDRESS": spans.EMAIL, "PHONE_NUMBER": spans.PHONE, "LOCATION": spans.ADDRESS,
    "URL": spans.URL, "IP_ADDRESS": spans.NETWORK, "CREDIT_CARD": spans.PAYMENT, "US_SSN": spans.SOCIAL,
}  # fmt: skip
_ENOUGH: Final = 0.5


class Recognizer(Protocol):
    """What a recognizer has to have."""

    supported_entities: Sequence[str]

    def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: Any) -> Iterable[Any]:
        """What it found: each with ``entity_type``, ``start`` and ``end`` in letters, and ``score``."""


def with_recognized(text: bytes, findings: Sequence[Finding], recognizers: Sequence[Recognizer]) -> list[Finding]:
    """What was found, and what recognizers of others find beside it.

    Args:
        text: in UTF-8, else a byte that is none counts as a letter.
        findings: in order, without overlaps; they go before what others find.
        recognizers: asked one after the other.

    Returns:
        All in order, without overlaps. What a recognizer gives a score below one half is for a person to look at.
    """
    plain = text.decode("utf-8", "surrogateescape")
    found = list(findings)
    for one in recognizers:
        for said in one.analyze(plain, list(one.supported_entities), None) or ():
            start = len(plain[: said.start].encode("utf-8", "surrogateescape"))
            end = start + len(plain[said.start : said.end].encode("utf-8", "surrogateescape"))
            sure = spans.PROBABLY if said.score >= _ENOUGH else spans.HARDLY
            if start < end and not any(start < other.end and other.start < end for other in found):
                found.append(Finding(start, end, _KINDS.get(said.entity_type, spans.OTHER), sure, RULE))
    return sorted(found, key=lambda other: other.start)
