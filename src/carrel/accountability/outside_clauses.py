"""Mail, files, backups and logs in an audit: what stands past its time outside the databases.

A site that declares nothing of the kind has no evidence of it, and the clause stays a promise there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Kind, Reading
from carrel.accountability.kept_logs import KeptLog
from carrel.accountability.kept_outside import KeptPart
from carrel.accountability.log_services import LogFacts
from carrel.accountability.outside_reading import judged_outside, some
from carrel.accountability.registry import provides

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts

_PLAN_FIX = "carrel mailbox, folder, table, log-service or backup plan clears what is past its time"
_UNDATED_FIX = "what has no usable date is in no plan: give it one, or delete it by hand"
_OTHER_PURPOSE = "CLR-007"
_QUESTIONS = ("reference questions", "correspondence")
_OF_PERSONS = "TBL-005"


@provides("MITL-2.7", partly="that the counters keep no images, and that totals come once a month", at_some_sites=True)
def gate_counts_are_totals(facts: AuditFacts) -> Reading | None:
    """No declared table or file of gate counts has a column that tells of single persons."""
    if not (gates := facts.outside.of("gate counts")):
        return None
    of_persons = [one.place for one in gates if one.wrong == _OF_PERSONS]
    return judged_outside(
        some(
            len(of_persons),
            "place of gate counts tells of single persons",
            "places of gate counts tell of single persons",
        ),
        [one.place for one in gates if one.wrong and one.wrong != _OF_PERSONS],
        {"places of gate counts": len(gates), "that tell of persons": len(of_persons)},
        kept="Declared gate counts are totals: no column tells of single persons.",
        because="gate counters hold counts; counts are kept without limit, and so must not tell who came",
        fix="have only totals delivered; carrel table list names the column",
    )


@provides("WPL-4.2", partly="monthly totals of the database, and that only library equipment reads tags",
          at_some_sites=True)  # fmt: skip
def rfid_records_go_in_time(facts: AuditFacts) -> Reading | None:
    """Nothing of the RFID server that is declared stands past its time."""
    return _in_time(facts, ("rfid logs",), "RFID logs")


@provides("WPL-5.1", Kind.ATTESTED, partly="that paper sheets go daily: nobody is asked for it yet", at_some_sites=True)
def electronic_bookings_go_in_time(facts: AuditFacts) -> Reading | None:
    """No booking in a declared folder, mailbox or log stands past its time."""
    return bookings_in_time(facts)


def bookings_in_time(facts: AuditFacts) -> Reading | None:
    """The reading of computer bookings, which two clauses speak of."""
    return _in_time(facts, ("computer bookings",), "Computer bookings")


@provides("WPL-6.1", at_some_sites=True)
def mail_serves_the_purposes_it_was_given_for(facts: AuditFacts) -> Reading | None:
    """Each folder of mail names a purpose for which the policy holds such records, and was read."""
    if not (mail := [one for one in facts.outside.parts if one.mail]):
        return None
    other = [one.place for one in mail if one.wrong == _OTHER_PURPOSE]
    return judged_outside(
        some(len(other), "folder of mail is kept for another purpose", "folders of mail are kept for other purposes"),
        [one.place for one in mail if one.wrong and one.wrong != _OTHER_PURPOSE],
        {"folders of mail": len(mail), "for other purposes": len(other)},
        kept="Each declared folder of mail is kept for a purpose that the policy gives for its records.",
        because="what was given for one purpose serves no other",
        fix="move these messages elsewhere, or write the purpose that was told when people gave them",
    )


@provides(
    "WPL-6.3",
    partly="questions that were asked in person or stand in no declared place, names that no rule finds, and that "
    "questions are confidential",
    at_some_sites=True,
)
def questions_lose_what_names_a_person(facts: AuditFacts) -> Reading | None:
    """No declared folder of mail keeps questions or comments past their time as they came: they went, or lost names."""
    mail = [one for one in facts.outside.parts if one.mail and one.record in _QUESTIONS]
    if not mail:
        return None
    late, undated = sum(one.late for one in mail), sum(one.undated for one in mail)
    unread = sum(one.unread for one in mail)
    wrong = some(late, "message stands as it came past its time", "messages stand as they came past their time")
    wrong += some(undated, "message has no usable date, and stays", "messages have no usable date, and stay")
    wrong += some(
        unread, "message cannot be read, and stays as it came", "messages cannot be read, and stay as they came"
    )
    return judged_outside(
        wrong, [one.place for one in mail if one.wrong],
        {"messages": sum(one.total for one in mail), "past their time": late, "without a date": undated,
         "unreadable": unread},
        kept="Questions and comments in the declared folders of mail go, or lose what names a person, in their time.",
        because="personal data in closed questions is taken out continually",
        fix=f"{_PLAN_FIX}; what cannot be read or has no date is looked at by hand",
    )  # fmt: skip


@provides("MPL-8", at_some_sites=True)
def mail_with_patrons_has_a_period_of_its_own(facts: AuditFacts) -> Reading | None:
    """The policy rules correspondence, and no declared folder of it holds a message past its time."""
    mail = [one for one in facts.outside.parts if one.mail and one.record == "correspondence"]
    if not mail:
        return None
    ruled = any(one.record == "correspondence" for one in facts.policy.rules)
    late, undated = sum(one.late for one in mail), sum(one.undated for one in mail)
    wrong = [] if ruled else ["the policy has no period for correspondence"]
    wrong += some(late, "message stands past its time", "messages stand past their time")
    wrong += some(undated, "message has no usable date, and never goes", "messages have no usable date, and never go")
    return judged_outside(
        wrong, [one.place for one in mail if one.wrong],
        {"messages": sum(one.total for one in mail), "past their time": late, "without a date": undated},
        kept="Mail with patrons has a period of its own, and no message stands past it.",
        because="correspondence is a kind of record with its own period",
        fix=_fix(late, undated),
    )  # fmt: skip


@provides(
    "WPL-8.3",
    partly="what vendors collect beside the declared log services, and what no entry of the site file names",
    at_some_sites=True,
)
def usage_records_go_wherever_they_are(facts: AuditFacts) -> Reading | None:
    """Nothing stands past its time in backups, logs, mailboxes and folders, and what was restored is swept.

    Log services for which nobody signed, what else is wrong at them, and what has no date speak against it as well.
    """
    seen = facts.outside
    if not seen.backups:
        return None
    services = seen.services or LogFacts()
    damaged = sum(one.damaged for one in seen.backups)
    undated = sum(one.undated for one in seen.parts if not one.service)  # at log services a further finding
    wrong = [
        *_late_words(seen.late),
        *some(undated, "record has no usable date, and never goes", "records have no usable date, and never go"),
        *services.unsigned,
        *services.further,
        *some(damaged, "backup is half-written or cannot be read", "backups are half-written or cannot be read"),
        *some(len(seen.closed), "restored system is not swept", "restored systems are not swept"),
        *some(facts.returned or 0, "person who was erased is back", "persons who were erased are back"),
    ]
    unseen = [*seen.unseen, *([] if seen.backup_rule else ["a period for backups"])]
    unseen += ["whether somebody who was erased is back"] if facts.returned is None else []
    measured: dict[str, int | str] = {
        "copies": sum(one.copies for one in seen.backups),
        "past their time": sum(seen.late.values()),
        "without a date": undated,
        "log services not signed for": len(services.unsigned),
        "restored and closed": len(seen.closed),
    }
    kept = "Nothing stands past its time in the declared backups, logs, mailboxes and folders, and nothing that was "
    kept += "disposed of came back by a restore."
    found = judged_outside(
        wrong, unseen, measured,
        kept=f"{kept}{services.attested}",
        because="usage records go wherever they are, and a restore brings none back",
        fix=f"{_fix(sum(seen.late.values()), undated)}; carrel replay open tells what keeps a system closed",
    )  # fmt: skip
    return services.told_by(found)


@provides(
    "WPL-8.7",
    Kind.ATTESTED,
    partly="what no entry of the site file names: mail, proxy, firewall and backups of the parent body",
    at_some_sites=True,
)
def what_others_hold_goes_by_the_same_periods(facts: AuditFacts) -> Reading | None:
    """Nothing in mail, files, logs and backups that are declared stands past the library's own periods."""
    seen = facts.outside
    services = seen.services or LogFacts()
    if not (seen.parts or seen.backups or seen.logs or services.count):
        return None
    kept = "Nothing in the declared mailboxes, folders, logs and backups stands past the policy's periods."
    measured: dict[str, int | str] = {
        "places": len(seen.late) + len(seen.unseen),
        "past their time": sum(seen.late.values()),
        "signed for by a person there": len(services.signed) - len(services.unsigned),
        "not signed for": len(services.unsigned),
    }
    found = judged_outside(
        [*_late_words(seen.late), *services.unsigned, *services.further], seen.unseen, measured,
        kept=f"{kept}{services.attested}",
        because="who holds the records for the library keeps to its periods",
        fix=_PLAN_FIX,
    )  # fmt: skip
    return services.told_by(found)


def _in_time(facts: AuditFacts, records: tuple[str, ...], what: str) -> Reading | None:
    if not (kept := facts.outside.of(*records)):
        return None
    late = sum(one.late for one in kept)
    undated = sum(one.undated for one in kept if isinstance(one, KeptPart))
    wrong = [
        *some(late, "of them stands past its time", "of them stand past their time"),
        *some(undated, "of them has no usable date", "of them have no usable date"),
    ]
    unseen = [one.place for one in kept if one.wrong or (isinstance(one, KeptLog) and one.unread)]
    return judged_outside(
        wrong, unseen, {"places": len(kept), "past their time": late, "without a date": undated},
        kept=f"{what} in declared places are within their period.",
        because="the policy has them gone by now",
        fix=_fix(late, undated),
        what=f"{what}: ",
    )  # fmt: skip


def _fix(late: int, undated: int) -> str:
    """What to do: a plan takes what is late, and never what has no date."""
    if not undated:
        return _PLAN_FIX
    return f"{_PLAN_FIX}; {_UNDATED_FIX}" if late else _UNDATED_FIX


def _late_words(late: Mapping[str, int]) -> list[str]:
    return [f"{place}: {count:,} past their time" for place, count in late.items() if count]
