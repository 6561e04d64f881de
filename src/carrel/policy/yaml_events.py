"""The events of a YAML text by libyaml, in a twentieth of the time, where a text leaves nothing to two opinions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# No tab, no line break but one, no mark of byte order, no half of a sign, nothing that is not printed: libyaml reads
# YAML 1.1, and of these the two versions say different things.
_SIGNS = re.compile("[\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
# A remark right behind the head of a block, an indentation told by a figure, a line of blanks, an end of the document
# that is told, and a value right behind a key in quotes or brackets are read differently by the two.
_DISPUTED = re.compile(r"[|>][-+0-9]*#|[|>][-+]*[0-9]|^ +$|^\.\.\.|[\"'\]}]:[^ \n]", re.MULTILINE)


def is_common(text: str) -> bool:
    """Whether both readers find the same in a text, if both find it to be YAML.

    Args:
        text: the whole file.

    Guarantees:
        A property test holds that whatever is common and is read by libyaml without a fault is read by the reader of
        YAML 1.2 alike, with each place.
    """
    return _SIGNS.fullmatch(text) is not None and _DISPUTED.search(text) is None


def quick_events(text: str) -> Iterator[Any] | None:
    """The events of a text by libyaml; None where it is not built.

    Raises:
        ValueError: in the course, the text is not well-formed, or libyaml does not take it.
    """
    import yaml

    parser = getattr(yaml, "CSafeLoader", None)
    return None if parser is None else _events(parser, text)


def _events(parser: Any, text: str) -> Iterator[Any]:
    import yaml

    try:
        yield from yaml.parse(text, Loader=parser)
    except yaml.YAMLError as wrong:
        raise ValueError(type(wrong).__name__) from None
