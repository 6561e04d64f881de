"""Log services in an audit: what is past its time there, by looking, or by what a named person there signs for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from carrel.accountability.attestation import Attestation
from carrel.accountability.evidence import Reading, State, cannot_tell, finding, holds
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.policy.duration import Duration

if TYPE_CHECKING:
    from carrel.accountability.adopted_policy import RuleFacts
    from carrel.accountability.facts import AuditFacts
    from carrel.accountability.kept_logs import KeptLog
    from carrel.accountability.kept_outside import KeptOutside, KeptPart

TWO_WEEKS = 14
_APPLICATION_LOGS = frozenset({"access logs", "website visits", "searches"})
_AGAIN = "have the counts made anew there, and signed for: carrel log-service attest"
_LOOK = "carrel log-service list and carrel check show each place; carrel log-service or folder plan clears it"


@dataclass(frozen=True, slots=True)
class Signed:
    """A log service without an interface, and what was signed for it.

    Attributes:
        name: in the site file.
        person: who is to sign.
        records: kinds of record that it holds.
        newest: attestation that was kept; None where there is none.
        policy_digest: of the policy in force.
        now: aware time.
        broken: code of the fault that looking at it again gave; empty where it holds.
        unread: code of what kept the folder from being read; empty where nothing did.
    """

    name: str
    person: str
    records: frozenset[str]
    newest: Attestation | None
    policy_digest: str
    now: datetime
    broken: str = ""
    unread: str = ""

    @property
    def wrong(self) -> str:
        """Why it is not signed for, in words; empty where it is."""
        said = self.newest
        if self.unread:
            return f"what was signed for it cannot be read ({self.unread})"
        if said is None:
            broken = f", and a file there does not hold ({self.broken})" if self.broken else ""
            return f"{self.person} has not signed for it yet{broken}"
        missing = ", ".join(sorted(self.records - {one.record for one in said.counts}))
        noun = amount(said.overdue, "record is", "records are")
        ended = f"{said.expires_at:%Y-%m-%d}"
        reasons = {
            f"what {said.person} signed does not hold any more ({self.broken})": bool(self.broken),
            f"{said.person} signed for it, and the site file names another person": said.person != self.person,
            f"what {said.person} signed ended on {ended}: a new count is overdue": not said.in_force(self.now),
            "the policy has changed since it was signed for": said.policy_digest != self.policy_digest,
            f"what was signed says nothing of {missing}": bool(missing),
            f"by what {said.person} signed, {noun} past their period there": bool(said.overdue),
        }
        return next((why for why, so in reasons.items() if so), "")

    @property
    def says(self) -> str:
        """How it stands, in one line."""
        said = self.newest
        if self.wrong or said is None:
            return f"log-service {self.name}: {self.wrong}"
        told = f"counted on {said.as_of}, until {said.expires_at:%Y-%m-%d}; nobody measured it"
        return f"log-service {self.name}: {said.person} signed for it, {told}"

    def findings(self) -> Iterator[str]:
        """What is wrong."""
        if self.wrong:
            yield f"log-service {self.name}: {self.wrong}"

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        said = self.newest
        return {
            "name": self.name,
            "interface": "none",
            "attested_by": self.person,
            "attested": not self.wrong,
            "counted_on": None if said is None else said.as_of.isoformat(),
            "expires_at": None if said is None else said.expires_at.isoformat(),
            "overdue": None if said is None else said.overdue,
            "says": self.says,
        }


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked into at a log service: one kind of record there, or what speaks of several of them.

    Attributes:
        name: in the site file.
        records: kinds of record that this speaks of.
        longest_days: longest period of the policy for any of them.
        late: events past their time by more than a day.
        wrong: how much else should not be so.
        unread: codes of what kept it, or a part of it, from being looked into.
    """

    name: str
    records: frozenset[str]
    longest_days: float
    late: int
    wrong: int
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogFacts:
    """Every log service of a site."""

    looked: tuple[Looked, ...] = ()
    signed: tuple[Signed, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Those that were looked into, each once."""
        return tuple(dict.fromkeys(one.name for one in self.looked))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.names) + len(self.signed)

    @property
    def unsigned(self) -> list[str]:
        """Why services for which somebody is to sign are not signed for, in words."""
        return [f"{one.name}: {one.wrong}" for one in self.signed if one.wrong]

    @property
    def further(self) -> list[str]:
        """What else should not be so at services that were looked into, in words with counts."""
        count = sum(one.wrong for one in self.looked)
        return [f"log services: {amount(count, 'further finding')}"] if count else []

    @property
    def attests(self) -> str:
        """Who signs for services that nobody can look into; nothing where there are none."""
        return ", ".join(sorted({one.person for one in self.signed}))

    @property
    def attested(self) -> str:
        """A sentence on this; nothing where nobody signs."""
        count = amount(len(self.signed), "log service")
        return f" {self.attests} attests it of {count}, and nobody measured it." if self.signed else ""

    def told_by(self, found: Reading) -> Reading:
        """A reading that would hold as attested, where a part of it is."""
        return replace(found, state=State.ATTESTED) if self.signed and found.state is State.HOLDS else found

    def of(self, records: frozenset[str]) -> LogFacts:
        """Those that hold one of these kinds of record."""
        looked = tuple(one for one in self.looked if one.records & records)
        return LogFacts(looked, tuple(one for one in self.signed if one.records & records))


@provides("MITL-6.3", at_some_sites=True)
def application_logs_at_the_vendor_go_after_two_weeks(facts: AuditFacts) -> Reading | None:
    """No log service, declared log or file holds an application's lines for longer than two weeks.

    By looking, or at services without an interface by attestation. A site without such a service has no evidence.
    """
    services = facts.outside.services
    mine = LogFacts() if services is None else services.of(_APPLICATION_LOGS)
    return _reading(mine, facts.outside.besides(_APPLICATION_LOGS), facts.policy.rules) if mine.count else None


def _reading(mine: LogFacts, here: KeptOutside, rules: Iterable[RuleFacts]) -> Reading:
    """What the services show, and what the library keeps of the same records itself."""
    unread = [*dict.fromkeys(one.name for one in mine.looked if one.unread), *here.unseen]
    unsigned = [one for one in mine.signed if one.wrong]
    measured: dict[str, int | str] = {
        "log services looked into": len(mine.names),
        "signed for by a person there": len(mine.signed) - len(unsigned),
        "not signed for": len(unsigned),
        "not wholly read": len(unread),
        "events past their time": sum(one.late for one in mine.looked),
        "further findings": sum(one.wrong for one in mine.looked),
        "places here": len(here.parts) + len(here.logs),
        "past their time here": sum(here.late.values()),
    }
    told = [*_of_looking(mine.looked), *mine.unsigned, *_of_files(here, rules)]
    services = amount(mine.count, "log service")
    services += f" and {amount(len(here.parts) + len(here.logs), 'place')} here" if here.parts or here.logs else ""
    if told:
        return finding(
            f"Of {services}: {'; '.join(told)}.",
            measured,
            because="what stands there longer than the policy says breaks the promise",
            fix=_AGAIN if len(told) == len(unsigned) else _LOOK,
        )
    if unread:
        return cannot_tell(
            f"Of {services}, not wholly read: {', '.join(unread)}.",
            measured,
            because="what is not read can be past its time",
            fix="carrel log-service list tells what kept it from being read",
        )
    looked = f"Nothing in {amount(len(mine.names), 'log service')} is past its time" if mine.looked else ""
    of = amount(len(mine.signed), "log service")
    looked += f"{', nor' if looked else 'Nothing'} in declared files and logs" if here.parts or here.logs else ""
    looked += "" if mine.looked or not looked else " is past its time"
    signed = f"{mine.attests} attests it of {of}, and nobody measured it" if mine.signed else ""
    says = "; ".join(filter(None, (looked, signed))) + "."
    return Reading(State.ATTESTED, says, measured) if mine.signed else holds(says, measured)


def _of_files(here: KeptOutside, rules: Iterable[RuleFacts]) -> Iterator[str]:
    """What is wrong with such records in files, mailboxes, tables and logs of the library's own."""
    yield from (f"{place}: {count:,} past their time" for place, count in here.late.items() if count)
    if undated := sum(one.undated for one in here.parts):
        yield amount(undated, "record here has no usable date", "records here have no usable date")
    if changed := sum(one.changed for one in here.logs):
        yield amount(changed, "log is not as it was scrubbed", "logs are not as they were scrubbed")
    lax = {(one.record, one.id) for one in rules if Duration.parse(one.keep).days_at_most > TWO_WEEKS}
    both: tuple[KeptPart | KeptLog, ...] = (*here.parts, *here.logs)
    if longer := [one.place for one in both if (one.record, one.rule) in lax]:
        yield f"the policy itself keeps those of {', '.join(longer)} for longer than two weeks"


def _of_looking(looked: Sequence[Looked]) -> Iterator[str]:
    if late := sum(one.late for one in looked):
        yield f"{amount(late, 'event is', 'events are')} past their time"
    if lax := dict.fromkeys(one.name for one in looked if one.longest_days > TWO_WEEKS):
        yield f"the policy itself keeps those of {', '.join(lax)} for longer than two weeks"
    if wrong := sum(one.wrong for one in looked):
        yield amount(wrong, "further finding")
