r"""The text of a format, taken out of the line of a server's settings that it was copied from.

Apache writes ``LogFormat "%h \"%r\"" common``, with a name behind the format; a library's proxy ``LogFormat %h "%r"``,
and ``LogSPU -strftime spu%Y%m.log %h %U``, with a file before it; nginx, in several pieces,
``log_format main '$remote_addr ' '"$request"';``.
"""

from __future__ import annotations

import re

_QUOTED = r"'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\""
_NGINX = re.compile(rf"\s*log_format\s+\S+\s+(?:escape=\w+\s+)?((?:(?:{_QUOTED}|[^\s;'\"]++)\s*+)++);?\s*", re.DOTALL)
_PIECE = re.compile(rf"{_QUOTED}|[^\s;'\"]+", re.DOTALL)
_SPU = re.compile(r"\s*LogSPU\s+(?:-strftime\s+)?\S+\s+", re.IGNORECASE)
_LOG_FORMAT = re.compile(r"\s*LogFormat\s+", re.IGNORECASE)
_NAMED = re.compile(r'("(?:[^"\\]|\\.)*")\s+[\w.-]+\s*')


def format_text(setting: str) -> str:
    """The format alone: without the setting's name, what stands before and behind it, and the marks around it.

    Args:
        setting: a line of a server's settings, or the format as it is.
    """
    text = setting.strip("\r\n")
    if (nginx := _NGINX.fullmatch(text)) is not None:
        return _plain("".join(_unmarked(one) for one in _PIECE.findall(nginx[1])))
    if (spu := _SPU.match(text)) is not None:
        return _plain(_unmarked(text[spu.end() :]))
    if (before := _LOG_FORMAT.match(text)) is not None:
        text = text[before.end() :]
        if (named := _NAMED.fullmatch(text)) is not None:
            text = named[1]
    return _plain(_unmarked(text))


def _unmarked(text: str) -> str:
    mark = text[:1]
    if mark in {"'", '"'} and text.endswith(mark) and text[1:-1].count(mark) == text[1:-1].count("\\" + mark):
        return text[1:-1].replace("\\" + mark, mark)
    return text


def _plain(text: str) -> str:
    return text.replace('\\"', '"').replace("\\t", "\t")
