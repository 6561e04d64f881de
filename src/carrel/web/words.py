"""The words of the pages in the languages that there are: English in the templates, others in ``words/*.po``."""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from functools import cache, lru_cache
from pathlib import Path

from babel.dates import format_date, format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup

_FOLDER = Path(__file__).parent / "words"
ENGLISH = "en"
NAMES = {"en": "English", "es": "Español"}


@cache
def words(language: str) -> gettext.NullTranslations:
    """The translations into a language; English stands in the templates themselves."""
    if language == ENGLISH:
        return gettext.NullTranslations()
    catalogue = read_po(io.BytesIO((_FOLDER / f"{language}.po").read_bytes()), locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def said_in(language: str) -> dict[str, Callable[..., Markup]]:
    """What templates call for their words. A page has hundreds of them, so each is looked up and made safe once.

    Args:
        language: into which they are translated.

    Returns:
        By name; values that are put into a text are escaped, as Jinja's own would do.
    """
    translations, known = words(language), dict[str, Markup]()

    def said(text: str, /, **values: object) -> Markup:
        found = known.get(text)
        if found is None:
            found = known[text] = Markup(translations.gettext(text))  # noqa: S704  (our own words)
        return found % values if values or "%" in found else found

    def counted(one: str, more: str, number: int, /, **values: object) -> Markup:
        text = Markup(translations.ngettext(one, more, number))  # noqa: S704  (our own words)
        return text % {"num": number, **values}

    return {"_": said, "gettext": said, "ngettext": counted}


def preferred(asked: str, offered: tuple[str, ...]) -> str:
    """The language that somebody would like best of those that there are.

    Args:
        asked: an ``Accept-Language`` header, or anything else that a browser sent in its place.
        offered: at least one; the first is for whoever asks for none of them.
    """
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(asked[:500].split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            liking = float(weight or 1)
        except ValueError:
            liking = 0.0
        if (code := name.strip().lower().partition("-")[0]) in offered and liking > 0:
            wishes.append((-liking, place, code))
    return min(wishes)[2] if wishes else offered[0]


@lru_cache(maxsize=4096)
def day(when: date, language: str) -> str:
    """A day as people write it."""
    return str(format_date(when, format="long", locale=language))


def hour(when: datetime, language: str, zone: tzinfo) -> str:
    """The hour of a moment as people write it, on the clocks of a zone."""
    return str(format_time(when.astimezone(zone), format="short", locale=language))


def moment(when: datetime, language: str, zone: tzinfo = UTC) -> str:
    """A moment as people write it, in a zone that is named: whoever reads it can be elsewhere than the library."""
    there = when.astimezone(zone)
    name = there.tzname() or "UTC"
    named = f"UTC{name}" if name[0] in "+-" else name
    return f"{format_datetime(there, format='medium', locale=language)} {named}"
