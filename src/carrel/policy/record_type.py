"""The record types that a policy may speak of: the library's words, never a table's name (DESIGN 3)."""

from __future__ import annotations

import enum


class RecordType(enum.StrEnum):
    """One kind of record; which of them a system holds, and can dispose of, its map tells."""

    LOANS = "loans"
    HOLDS = "holds"
    CHARGES = "charges"
    REGISTRATIONS = "registrations"
    NOTICES = "notices"
    MAILING_LISTS = "mailing lists"
    CORRESPONDENCE = "correspondence"
    SEARCHES = "searches"
    REFERENCE_QUESTIONS = "reference questions"
    INTERLIBRARY_LOANS = "interlibrary loans"
    READING_HISTORIES = "reading histories"
    IN_HOUSE_USE = "in-house use"
    READING_ROOM_VISITS = "reading room visits"
    EVENT_REGISTRATIONS = "event registrations"
    EQUIPMENT_USE = "equipment use"
    COMPUTER_BOOKINGS = "computer bookings"
    COMPUTER_SESSIONS = "computer sessions"
    DOOR_RECORDS = "door records"
    GATE_COUNTS = "gate counts"
    CAMERA_FOOTAGE = "camera footage"
    ACCESS_LOGS = "access logs"
    WEBSITE_VISITS = "website visits"
    VENDOR_USAGE = "vendor usage"
    RFID_LOGS = "rfid logs"
    CONTRIBUTIONS = "contributions"  # what patrons publish in the catalogue: reviews, stars, words, lists
    PERSONNEL = "personnel"  # what is held on staff, who did what at the desk included
    EDUCATION_RECORDS = "education records"
    BACKUPS = "backups"


class Intake(enum.StrEnum):
    """By which way a patron gives information: the five of MPL-0."""

    IN_PERSON = "in person"
    IN_WRITING = "in writing"
    BY_PHONE = "by phone"
    BY_CHAT = "by chat"
    ON_THE_WEB = "on the web"


class Source(enum.StrEnum):
    """Where data comes from: the five sources of MITL-2.3."""

    PATRON = "patron"
    PATRONS_SOFTWARE = "patron's software"
    OTHER_SYSTEMS = "other systems"
    LIBRARY = "library"
    THIRD_PARTIES = "third parties"
