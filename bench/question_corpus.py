"""Questions with what is to go and what is to stay marked, from templates, with noise as people write."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bench.invented_people import Names, Person, luhn, phone, pick, said

GOES = frozenset(
    {"NAME", "PARTIAL", "UNLISTED", "CARD", "PHONE", "EMAIL", "ADDRESS", "SID", "DOB", "URL", "IP", "PAN", "SSN"}
)
_PLACE = re.compile(r"\{([A-Z_]+)\}")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MESES = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]
_PLAIN = str.maketrans("áéíóúüñçöåäëêøÁÉÍÓÚÜÑÖÅÄØŁřá", "aeiouuncoaaeeoAEIOUUNOAAOLra")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a question: what stands there, how it was written, and from where to where."""

    kind: str
    form: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    marks: tuple[Mark, ...]


class Corpus:
    """Questions about invented people.

    Args:
        people: the roster.
        names: where unlisted people come from.
        authors, titles: the catalogue.
        dice: of this corpus.
    """

    def __init__(
        self, people: list[Person], names: Names, authors: list[str], titles: list[str], dice: random.Random
    ) -> None:
        self._people, self._names, self._dice = people, names, dice
        self._authors, self._titles = authors, titles
        self._listed = {(one.given, one.family) for one in people}

    def questions(self, templates: tuple[str, ...], count: int) -> Iterator[Question]:
        """So many, from these templates in turn."""
        for number in range(count):
            yield self._one(templates[number % len(templates)])

    def _one(self, template: str) -> Question:
        dice = self._dice
        chat = dice.random() < 0.2
        person = dice.choice(self._people)
        out, marks, at, last = "", [], 0, 0
        for place in _PLACE.finditer(template):
            out += self._noise(template[last : place.start()], chat)
            kind, form, text = self._fill(place[1], person)
            if chat and kind in {"NAME", "PARTIAL", "UNLISTED", "AUTHOR", "TITLE"} and dice.random() < 0.6:
                text, form = text.lower(), f"{form} lower"
            at = len(out)
            out += text
            marks.append(Mark(kind, form, at, len(out)))
            last = place.end()
        return Question(out + self._noise(template[last:], chat), tuple(marks))

    def _noise(self, text: str, chat: bool) -> str:
        dice = self._dice
        if chat:
            text = text.lower()
        if dice.random() < 0.15:
            words = re.split(r"(\s+)", text)
            long = [at for at, word in enumerate(words) if len(word) > 4 and word.isalpha()]
            if long:
                at = dice.choice(long)
                words[at] = misspelt(words[at], dice)
            text = "".join(words)
        return text

    def _fill(self, place: str, person: Person) -> tuple[str, str, str]:
        dice = self._dice
        match place:
            case "NAME":
                form, text = self._name(person)
                return "NAME", form, text
            case "FIRST":
                return "PARTIAL", "given", person.given
            case "LAST":
                return "PARTIAL", "family", person.family
            case "UNAME":
                return "UNLISTED", "full", self._unlisted()
            case "UFIRST":
                return "UNLISTED", "given", self._unlisted().split()[0]
            case "ULAST":
                return "UNLISTED", "family", self._unlisted().split(" ", 1)[1]
            case "CARD":
                form = dice.choice(("plain", "plain", "spaced", "dashed", "five"))
                return "CARD", form, spaced(person.barcode, form)
            case "PHONE":
                form, text = self._phone(person)
                return "PHONE", form, text
            case "EMAIL":
                if dice.random() < 0.15:
                    user, _, host = person.email.partition("@")
                    return "EMAIL", "words", f"{user} at {host.replace('.', ' dot ')}"
                return "EMAIL", "plain", person.email.upper() if dice.random() < 0.05 else person.email
            case "ADDRESS":
                unit = dice.choice(("", "", f" Apt {dice.randrange(1, 40)}", f", Unit {dice.randrange(1, 9)}B"))
                return "ADDRESS", "english", person.address + unit
            case "ADDRESS_ES":
                way = dice.choice(("Calle", "Avenida", "calle", "Av.", "C/"))
                street = dice.choice(("Mayor", "de la Paz", "Cervantes", "del Sol", "San Martín", "Hidalgo"))
                return "ADDRESS", "spanish", f"{way} {street} {dice.randrange(1, 300)}"
            case "SID":
                return "SID", "declared", f"{dice.choice('UuU')}{dice.randrange(10**7, 10**8)}"
            case "DOB":
                return "DOB", "date", self._date(1935, 2015)
            case "URL":
                token = "".join(dice.choice("abcdef0123456789") for _ in range(24))
                return "URL", "token", dice.choice((
                    f"https://proxy.example.edu/login?session={token}&url=x", f"http://opac.example.org/patron/{person.barcode}",
                    f"https://discovery.example.org/account?user={person.email.partition('@')[0]}", f"https://example.edu/~{person.family.lower()[:6]}/list",
                ))  # fmt: skip
            case "IP":
                if dice.random() < 0.25:
                    return "IP", "v6", f"2001:db8:{dice.randrange(4096, 65536):x}::{dice.randrange(1, 65536):x}"
                return "IP", "v4", ".".join(str(dice.randrange(1, 255)) for _ in range(4))
            case "PAN":
                body = dice.choice(("4", "51", "37"))
                body += "".join(str(dice.randrange(10)) for _ in range((14 if body == "37" else 15) - len(body)))
                digits = body + luhn(body)
                return "PAN", "card", spaced(digits, dice.choice(("plain", "spaced")) if len(digits) == 16 else "plain")
            case "SSN":
                return (
                    "SSN",
                    "dashed",
                    f"{dice.randrange(1, 666):03d}-{dice.randrange(1, 100):02d}-{dice.randrange(1, 10000):04d}",
                )
            case "TITLE":
                return "TITLE", "title", pick(self._titles, dice)
            case "AUTHOR":
                author = pick(self._authors, dice)
                return "AUTHOR", "author", author if dice.random() < 0.1 else said(author)
            case "ISBN":
                body = f"978{dice.randrange(10**9):09d}"
                check = -sum(int(one) * (1 + 2 * (at % 2)) for at, one in enumerate(body)) % 10
                text = f"{body}{check}"
                return (
                    "ISBN",
                    "isbn",
                    text if dice.random() < 0.5 else f"{text[:3]}-{text[3]}-{text[4:8]}-{text[8:12]}-{text[12]}",
                )
            case "ISSN":
                body = f"{dice.randrange(10**7):07d}"
                check = -sum(int(one) * (8 - at) for at, one in enumerate(body)) % 11
                return "ISSN", "issn", f"{body[:4]}-{body[4:]}{'X' if check == 10 else check}"
            case "CALLNO":
                return "CALLNO", "call", dice.choice((
                    f"QA{dice.randrange(1, 999)}.{dice.randrange(1, 99)} .C{dice.randrange(10, 99)} {dice.randrange(1950, 2024)}",
                    f"{dice.randrange(100, 999)}.{dice.randrange(1, 9999)} {dice.choice(('AUS', 'SMI', 'GAR'))}",
                ))  # fmt: skip
            case "YEAR":
                return "YEAR", "year", str(dice.randrange(1850, 2024))
            case "PRICE":
                return "PRICE", "price", f"${dice.randrange(1, 90)}.{dice.randrange(100):02d}"
            case "TIME":
                return (
                    "TIME",
                    "time",
                    f"{dice.randrange(1, 13)}:{dice.randrange(60):02d}" + dice.choice(("", " pm", ":30")),
                )
            case "PAGES":
                first = dice.randrange(1, 700)
                return "PAGES", "pages", f"{first}-{first + dice.randrange(1, 40)}"
            case "DATE":
                return "DATE", "date", self._date(2020, 2026)
            case "N":
                return "N", "number", str(dice.randrange(1, 60))
            case _:
                pass
        raise ValueError(place)

    def _name(self, person: Person) -> tuple[str, str]:
        dice, given, family = self._dice, person.given, person.family
        forms = ("exact",) * 6 + (
            "upper",
            "lower",
            "initial",
            "inverted",
            "inverted initial",
            "plain",
            "typo",
            "middle",
        )
        form = dice.choice(forms)
        match form:
            case "upper":
                return form, f"{given} {family}".upper()
            case "lower":
                return form, f"{given} {family}".lower()
            case "initial":
                return form, f"{given[0]}. {family}"
            case "inverted":
                return form, f"{family}, {given}"
            case "inverted initial":
                return form, f"{family}, {given[0]}."
            case "plain":
                return form, f"{given} {family}".translate(_PLAIN)
            case "middle":
                return form, f"{given} {person.middle[:1] or 'M'}. {family}"
            case "typo" if len(family) >= 6 and family.isalpha():
                return form, f"{given} {misspelt(family, dice)}"
            case "typo" if len(given) >= 6:
                return form, f"{misspelt(given, dice)} {family}"
            case _:
                pass
        return "exact", f"{given} {family}"

    def _unlisted(self) -> str:
        while True:
            given, family = self._names.first(), self._names.family()
            if (given, family) not in self._listed:
                return f"{given} {family}"

    def _phone(self, person: Person) -> tuple[str, str]:
        dice, (area, middle, end) = self._dice, person.phone.split("-")
        form = dice.choice(("dashed", "dotted", "brackets", "plain", "country", "abroad", "spanish"))
        match form:
            case "dotted":
                return form, f"{area}.{middle}.{end}"
            case "brackets":
                return form, f"({area}) {middle}-{end}"
            case "plain":
                return form, f"{area}{middle}{end}"
            case "country":
                return form, f"+1 {area} {middle} {end}"
            case "abroad":
                return form, f"+44 20 {dice.randrange(7000, 9000)} {dice.randrange(1000, 10000)}"
            case "spanish":
                return form, f"6{dice.randrange(10, 100)} {dice.randrange(100, 1000)} {dice.randrange(100, 1000)}"
            case _:
                pass
        return form, person.phone if dice.random() < 0.9 else phone(dice)

    def _date(self, first: int, last: int) -> str:
        dice = self._dice
        year, month, day = dice.randrange(first, last), dice.randrange(1, 13), dice.randrange(1, 29)
        return dice.choice((
            f"{month}/{day}/{year}", f"{year}-{month:02d}-{day:02d}", f"{_MONTHS[month - 1]} {day}, {year}",
            f"{day:02d}/{month:02d}/{year}", f"{day} {_MONTHS[month - 1]} {year}", f"{day} de {_MESES[month - 1]} de {year}",
        ))  # fmt: skip


def misspelt(word: str, dice: random.Random) -> str:
    """A word with one edit, behind its first letter."""
    at = dice.randrange(1, len(word) - 1)
    match dice.randrange(4):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case 2:
            return word[:at] + dice.choice("aeiourstln") + word[at + 1 :]
        case _:
            pass
    return word[:at] + dice.choice("aeiourstln") + word[at:]


def spaced(digits: str, form: str) -> str:
    """Digits in groups."""
    match form:
        case "spaced":
            return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
        case "dashed":
            return "-".join(digits[at : at + 4] for at in range(0, len(digits), 4))
        case "five":
            return f"{digits[0]} {digits[1:5]} {digits[5:9]} {digits[9:]}"
        case _:
            pass
    return digits
