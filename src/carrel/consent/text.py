"""A consent text: the exact words that somebody is asked to agree to, in one version and one language (OWWL-10)."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from carrel.consent import faults
from carrel.errors import CarrelError, fault

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
_KEYS = ("text", "version", "language", "purpose", "asks again", "title", "says")


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One text.

    Attributes:
        text: its name; versions and languages of it share that.
        version: 1 is the first.
        language: a language tag, such as ``en`` or ``es``.
        purpose: of the policy, that is agreed to.
        asks_again: whether whoever agreed to an earlier version is asked again; its author says so.
        title, says: the words, as they are shown.
    """

    text: str
    version: int
    language: str
    purpose: str
    asks_again: bool
    title: str
    says: str

    @property
    def digest(self) -> str:
        """SHA-256 in hex over everything that makes the text; a space more is another text."""
        whole = [self.text, self.version, self.language, self.purpose, self.asks_again, self.title, self.says]
        return hashlib.sha256(json.dumps(whole, ensure_ascii=True).encode()).hexdigest()

    @property
    def key(self) -> tuple[str, int, str]:
        """What tells it from every other text."""
        return self.text, self.version, self.language

    @property
    def file_name(self) -> str:
        """What its file is called."""
        return f"{self.text}.{self.version}.{self.language}.yaml"


def text_of(data: object, at: str) -> ConsentText:
    """The text that a file holds.

    Args:
        data: of the file, as YAML reads it: texts, with true and false.
        at: what errors call the file.

    Raises:
        CarrelError: CNS-001, with what does not fit.
    """
    if not isinstance(data, dict) or set(data) != set(_KEYS):
        raise _unfit(at, f"the keys {', '.join(_KEYS)}", "other keys" if isinstance(data, dict) else "no keys")
    version = str(data["version"])
    if not re.fullmatch(r"[1-9][0-9]{0,3}", version):
        raise _unfit(at, "'version:' with a whole number from 1 on", "something else")
    if not isinstance(data["asks again"], bool):
        raise _unfit(at, "'asks again: true' or 'asks again: false'", "something else")
    words = {key: data[key] for key in ("text", "language", "purpose", "title", "says")}
    for key, value in words.items():
        if not isinstance(value, str) or not value.strip():
            raise _unfit(at, f"words under '{key}:'", "none")
    if not NAME.fullmatch(words["text"]):
        raise _unfit(at, "'text:' with a short name of small letters, digits and hyphens", "something else")
    if not LANGUAGE.fullmatch(words["language"]):
        raise _unfit(at, "'language:' with a language tag such as en, es or pt-BR", "something else")
    title, says = (unicodedata.normalize("NFC", words[key]).strip() for key in ("title", "says"))
    return ConsentText(
        words["text"], int(version), words["language"], words["purpose"], data["asks again"], title, says
    )


@dataclass(frozen=True, slots=True)
class TextFinding:
    """What is wrong with the texts of a library.

    Attributes:
        at: the file or text.
        says: what, and what to do.
        serious: nobody can be asked by this text before it is mended.
    """

    at: str
    says: str
    serious: bool = True


def lint_texts(
    texts: Iterable[ConsentText], used: Iterable[ConsentText], optional: Iterable[str], known: Iterable[str]
) -> tuple[TextFinding, ...]:
    """What is wrong with all the texts of a library together.

    Args:
        texts: of the folder.
        used: by which somebody agreed, as the store keeps them.
        optional: purposes of the policy that need consent.
        known: every purpose of the policy.

    Guarantees:
        A text that was used and has other words, another purpose or another ``asks again`` now is always among them.
    """
    own = sorted(texts, key=lambda one: one.key)
    return tuple(
        sorted(
            {
                *_changed(own, used),
                *_versions(own),
                *_purposes(own, set(known)),
                *_asked(own, set(optional), set(known)),
            },
            key=lambda one: (one.at, one.says),
        )
    )


def _changed(own: list[ConsentText], used: Iterable[ConsentText]) -> Iterator[TextFinding]:
    there = {one.key: one for one in own}
    for old in used:
        new = there.get(old.key)
        if new is None:
            yield TextFinding(old.file_name, "somebody agreed to this text and its file is gone: put it back", False)
        elif new.digest != old.digest:
            says = "somebody agreed to this text in other words: put them back, and write what is new as a next version"
            yield TextFinding(old.file_name, says)


def _versions(own: list[ConsentText]) -> Iterator[TextFinding]:
    for name in dict.fromkeys(one.text for one in own):
        mine = [one for one in own if one.text == name]
        languages = {one.language for one in mine}
        for version in dict.fromkeys(one.version for one in mine):
            here = [one for one in mine if one.version == version]
            if len({(one.purpose, one.asks_again) for one in here}) > 1:
                says = f"version {version} differs between languages in its purpose or in 'asks again'"
                yield TextFinding(name, says)
            for missing in sorted(languages - {one.language for one in here}):
                yield TextFinding(name, f"version {version} is not there in '{missing}'", serious=False)
        if len({one.purpose for one in mine}) > 1:
            yield TextFinding(name, "its versions are for different purposes: give the other purpose a text of its own")


def _purposes(own: list[ConsentText], known: set[str]) -> Iterator[TextFinding]:
    for one in own:
        if one.purpose not in known:
            yield TextFinding(one.file_name, f"the policy has no purpose '{one.purpose}'", serious=False)
    for purpose in dict.fromkeys(one.purpose for one in own):
        names = sorted({one.text for one in own if one.purpose == purpose})
        if len(names) > 1:
            yield TextFinding(purpose, f"several texts ask for it: {', '.join(names)}; keep one")


def _asked(own: list[ConsentText], optional: set[str], known: set[str]) -> Iterator[TextFinding]:
    for purpose in sorted(optional - {one.purpose for one in own}):
        yield TextFinding(purpose, "no text asks for it, so nobody can agree to it", serious=False)
    for one in own:
        if optional and one.purpose in known - optional:
            yield TextFinding(one.file_name, f"'{one.purpose}' needs no consent under this policy", serious=False)


def require_same(new: ConsentText, old: ConsentText) -> None:
    """Refuse a text whose words are not those that somebody agreed to.

    Raises:
        CarrelError: CNS-002.
    """
    if new.digest != old.digest:
        raise fault(
            faults.TEXT_CHANGED,
            at=new.file_name,
            wanted="the words of its first use",
            found="other words, another purpose, or another 'asks again'",
            because="nobody could tell any more what was agreed to",
            fix="put the words back, and write the new ones as the next version",
        )


def _unfit(at: str, wanted: str, found: str) -> CarrelError:
    return fault(faults.TEXT_FORM, at=at, wanted=wanted, found=found, fix="see docs/consent.md for the form of a text")
