"""What the name of a column says of it: whether its values may name a person, count something, or tell a time."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PERSON = _set(
    """
    card cardnumber cardno cardnum barcode patron borrower user username userid login logon account name firstname
    lastname surname forename familyname fullname givenname initials email mail mailto phone
    telephone tel mobile cell sms fax address street addr zip zipcode postcode postal birth dob birthday birthdate age
    gender sex guest visitor member student pupil staff employee customer client reader person owner who requester
    bookedby uid upn netid sid ssn passport ip ipaddress mac session sessionid cookie token pin password
    note notes comment comments remark remarks memo message subject reason description document documentname doc docname
    title filename jobname
    benutzer nutzer leser karte ausweis kartennummer nachname vorname anrede adresse telefon geburtsdatum bemerkung
    nom prenom courriel lecteur carte usager naissance remarque
    nombre apellido correo telefono tarjeta lector usuario nacimiento nota
    kortti asiakas nimi sukunimi etunimi puhelin sahkoposti osoite
    """
)
# A name, an address or a note of these is one of a thing.
_THINGS = _set(
    """
    station workstation computer pc room space seat zone branch library location printer queue gate door entrance
    device machine host server area building floor site resource item policy category type status state event file
    """
)
# With a number, these are records: the number is the row's own, and nobody's.
_RECORDS = _set("session document doc message note comment remark memo description")
_JOINED = re.compile(
    r"(?:patron|borrower|user|member|student|customer|guest|visitor|reader|card|client|staff|person|employee)"
    r"(?:id|number|no|nr|num|name|code|key|barcode)"
)
_OF_THINGS = _set("name title address ip mac age note description session")
_COUNTS = _set(
    """
    count counts total totals sum qty quantity entries exits visits visitors users patrons readers members
    guests people persons sessions pages copies minutes seconds hours duration avg mean average anzahl summe
    besucher
    """
)
_ENDS = _set(
    """
    end ended ends finish finished logout logoff checkout returned closed completed expires until to stop stopped
    """
)
_STARTS = _set("start started starts begin began login logon checkin opened from")
_MADE = _set("created made printed submitted inserted date time timestamp datetime at ts when logged")
_BIRTH = _set("birth dob birthday birthdate born geburtsdatum naissance nacimiento")
_CARDS = _set("card barcode karte ausweis kartennummer tarjeta kortti carte")
_MAILS = _set("email mail mailto courriel correo sahkoposti")
_USERS = _set("user username userid login logon account uid upn netid benutzer nutzer usager usuario bookedby")
_ROW = _set("id key rowid seq sequence no nr guid uuid")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a column's name, in small letters: ``CardNumber``, ``card_number`` and ``card-number`` are alike."""
    return tuple(one.lower() for one in _PARTS.findall(name))


def person_words(name: str) -> tuple[str, ...]:
    """The words of a name by which its values may name a person; none where it counts, or names a thing."""
    words = words_of(name)
    found = [one for one in words if one in _PERSON or _JOINED.fullmatch(one)]
    if words and words[-1] in _ROW:
        found = [one for one in found if one not in _RECORDS]
    joined = "".join(words)
    if not found and joined in _PERSON:
        found = [joined]
    if any(one in _COUNTS for one in words) and not ({"card", "phone", "account"} & set(found)):
        return ()
    if any(one in _THINGS for one in words):
        found = [one for one in found if one not in _OF_THINGS]
    return tuple(found)


def counts(name: str) -> bool:
    """Whether a name says that its values are counts."""
    return any(one in _COUNTS for one in words_of(name)) and not person_words(name)


def tells_birth(name: str) -> bool:
    """Whether it is a date of birth."""
    return _any(name, _BIRTH)


def tells_end(name: str) -> bool:
    """Whether it is the end of something."""
    return _any(name, _ENDS)


def tells_start(name: str) -> bool:
    """Whether it is the beginning of something."""
    return _any(name, _STARTS) and not tells_end(name)


def tells_making(name: str) -> bool:
    """Whether it is when something was made."""
    return _any(name, _MADE)


def tells_row(name: str) -> bool:
    """Whether it numbers rows: its last word is one such as ``id``."""
    words = words_of(name)
    return bool(words) and words[-1] in _ROW and not person_words(name)


def tells_thing(name: str) -> bool:
    """Whether it speaks of a thing, such as a station, a room or a branch."""
    return _any(name, _THINGS)


def tells_time(name: str) -> bool:
    """Whether it is a time of any kind but birth."""
    return _any(name, _ENDS | _STARTS | _MADE) and not tells_birth(name)


def _any(name: str, wanted: Iterable[str]) -> bool:
    return bool(set(words_of(name)) & set(wanted))


def named_by(name: str) -> str:
    """What a column called so holds of a person, as `person:` of a site file writes it; empty where it may be much.

    Returns:
        ``card``, ``email`` or ``user name``: by these a person is found. A name or a note finds nobody for certain.
    """
    found = set(person_words(name))
    if found & _MAILS:
        return "email"
    if found & _CARDS or any(one.startswith(("card", "barcode")) for one in found):
        return "card"
    return "user name" if found & _USERS else ""
