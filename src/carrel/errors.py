"""One way for everything in Carrel to say what went wrong, and what to do about it.

Every chapter keeps its conditions in a module ``faults.py``; each condition is one `Condition` with a code that the
error reference documents and a test provokes. No field of an error ever holds a patron's value or a secret: counts,
names of columns, files, rules and codes only.
"""

from __future__ import annotations

import enum
import traceback
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path


class Exit(enum.IntEnum):
    """What the shell learns (DESIGN 7)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    FINDINGS = 3
    REFUSED = 4
    VERIFICATION_FAILED = 5
    APPROVAL_PENDING = 6


NOTHING = "nothing"  # what a fault says has changed, unless it says something else
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_HARMLESS = frozenset("\u00ad\u200c\u200d")  # a soft hyphen, and the joiners that some scripts are written with


def unseen(text: str, *, lines: bool = False) -> bool:
    """Whether a text holds a sign that steers a terminal, or that nobody sees: such a text can pass for another.

    Args:
        text: any.
        lines: the ends of its lines do not count, nor tabs.
    """
    plain = text.replace("\n", "").replace("\t", "") if lines else text
    return not plain.isprintable() and any(_steers(sign) and not (lines and sign in "\n\t") for sign in text)


def shown(text: str, *, lines: bool = False) -> str:
    """A text as it may be printed: what steers a terminal, or cannot be seen, stands there as its number.

    Args:
        text: any.
        lines: the ends of its lines are meant, and so are tabs.
    """
    if not unseen(text, lines=lines):
        return text
    return "".join(_number(sign) if _steers(sign) and not (lines and sign in "\n\t") else sign for sign in text)


def _steers(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSEEN and sign not in _HARMLESS


def _number(sign: str) -> str:
    code = ord(sign)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Condition:
    """One documented condition: its code, its title in the error reference, and the exit code it leads to."""

    code: str
    title: str
    exit: Exit


_catalogue: dict[str, Condition] = {}
MARGIN = 11  # before the text of a field


def define(code: str, title: str, exit: Exit = Exit.FAILED) -> Condition:  # noqa: A002  (the field's name in DESIGN)
    """Register a condition once, at import of a chapter's ``faults.py``.

    Raises:
        ValueError: the code is already taken by another condition.
    """
    condition = Condition(code, title, exit)
    if _catalogue.setdefault(code, condition) != condition:
        raise ValueError(f"code {code} is taken: {_catalogue[code].title}")
    return condition


def catalogue() -> tuple[Condition, ...]:
    """Every condition registered so far, in order of code."""
    return tuple(_catalogue[code] for code in sorted(_catalogue))


@dataclass(frozen=True, slots=True)
class Fault:
    """What one error says, field by field; empty fields are left out when it is shown."""

    condition: Condition
    at: str = ""
    wanted: str = ""
    found: str = ""
    because: str = ""
    changed: str = NOTHING
    fix: str = ""

    def lines(self) -> list[str]:
        """The error as a person reads it."""
        rows = [f"error[{self.condition.code}]: {self.condition.title}"]
        for name, text in self._told():
            # Only a fix can have several lines; elsewhere the end of a line may be somebody's trick.
            first, *more = text.split("\n") if name == "fix" else (text,)
            rows.append(f"  {name + ':':<9}{shown(first)}")
            rows.extend(f"{' ' * MARGIN}{shown(line)}" for line in more)  # such as lines for a file
        return rows

    def _told(self) -> list[tuple[str, str]]:
        names = ("at", "wanted", "found", "because", "changed", "fix")
        return [(name, text) for name in names if (text := getattr(self, name))]

    def as_dict(self) -> dict[str, str]:
        """The error as ``--json`` prints it."""
        out = {"code": self.condition.code, "title": self.condition.title}
        out.update(self._told())
        return out


@dataclass
class CarrelError(Exception):
    """The one base error: one or more faults, all of them told at once.

    ``cause`` stays out of the text on purpose: a driver's message can quote the row that it failed on.
    """

    faults: tuple[Fault, ...] = field(default_factory=tuple)

    @property
    def exit(self) -> Exit:
        """The exit code of the first fault."""
        return self.faults[0].condition.exit

    @property
    def code(self) -> str:
        """The code of the first fault."""
        return self.faults[0].condition.code

    def having_changed(self, changed: str) -> CarrelError:
        """The same, of a work of which something was done before: a fault that knows of nothing tells that instead."""
        return CarrelError(
            tuple(replace(one, changed=changed) if one.changed == NOTHING else one for one in self.faults)
        )

    def __str__(self) -> str:
        return "\n".join(line for fault in self.faults for line in fault.lines())


def fault(
    condition: Condition,
    *,
    at: str = "",
    wanted: str = "",
    found: str = "",
    because: str = "",
    changed: str = NOTHING,
    fix: str = "",
) -> CarrelError:
    """One error with one fault, ready to raise from the chapter that found it."""
    return CarrelError((Fault(condition, at, wanted, found, because, changed, fix),))


def met_in(wrong: BaseException) -> traceback.FrameSummary | None:
    """The innermost place in Carrel at which an error came by; None where it never was in it."""
    here = [frame for frame in traceback.extract_tb(wrong.__traceback__) if "carrel" in frame.filename]
    return here[-1] if here else None


def unforeseen(wrong: BaseException) -> str:
    """Of which kind an error is that Carrel does not know, and where it was met; never its text."""
    frame = met_in(wrong)
    place = "outside Carrel" if frame is None else f"{Path(frame.filename).name}:{frame.lineno}"
    return f"{type(wrong).__name__} in {place}"
