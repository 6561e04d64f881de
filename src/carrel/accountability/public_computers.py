"""Public computers in an audit: what the machines reported, and what that says of the clauses about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carrel.accountability.evidence import Reading, State, cannot_tell, finding, holds
from carrel.accountability.outside_clauses import bookings_in_time
from carrel.accountability.registry import provides
from carrel.accountability.station_report import Trace
from carrel.accountability.station_standing import MachineStanding, Standing
from carrel.amount import amount

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts

_NAMED = 5
_WORST = (State.FINDING, State.CANNOT_TELL, State.HOLDS)
_REFUSED = {
    "STA-001": "altered, or signed with another secret; put the machine's own key on it, or let another be made",
    "STA-002": "not what this version's probe writes; put that one on the machine",
}
_FIX = "carrel station list names the machines; let what is left be deleted there, and mend the silent ones"


@dataclass(frozen=True, slots=True)
class PublicComputers:
    """Every machine, and what else was in the drop.

    Attributes:
        policy: name of the policy that was held against them.
        ruled: whether it has a rule for public computers.
        machines: in the order of the site file.
        refused: code → reports that were not believed.
        strange: files that are no report of a machine of the site.
        unkeyed: machines whose secret cannot be read.
        whole: whether every file was looked at.
    """

    policy: str
    ruled: bool
    machines: tuple[MachineStanding, ...]
    refused: Mapping[str, int]
    strange: int
    unkeyed: tuple[str, ...]
    whole: bool

    @property
    def open(self) -> bool:
        """Whether anything is to be done."""
        unclean = any(one.standing is not Standing.CLEAN for one in self.machines)
        return unclean or bool(self.refused) or bool(self.unkeyed) or not self.whole or not self.ruled

    def count(self, standing: Standing) -> int:
        """How many machines stand so."""
        return sum(one.standing is standing for one in self.machines)

    def lines(self) -> Iterator[str]:
        """What is to be said besides the machines."""
        if not self.ruled:
            yield (
                f"{self.policy} has no 'stations:' under 'computer sessions:'; judged as if all went with the session"
            )
        for code, count in sorted(self.refused.items()):
            why = _REFUSED.get(code, "see the list of errors")
            yield f"{amount(count, 'report was', 'reports were')} not believed ({code}): {why}"
        if self.unkeyed:
            named = ", ".join(self.unkeyed[:_NAMED]) + (" and more" if self.unkeyed[_NAMED:] else "")
            yield f"no secret can be read for {named}: carrel station key NAME --out FILE makes one"
        if self.strange:
            strange = amount(self.strange, "file in the drop is", "files in the drop are")
            yield f"{strange} no report of a machine of the site"
        if not self.whole:
            yield "the drop holds more files than are looked at: carrel station tidy, and see who fills it"

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "policy": self.policy,
            "rule": self.ruled,
            "machines": [one.as_dict() for one in self.machines],
            "refused": dict(self.refused),
            "strange": self.strange,
            "without_secret": list(self.unkeyed),
            "whole": self.whole,
            "open": self.open,
        }


@provides("MITL-2.9", at_some_sites=True)
def nothing_outlives_its_session_or_its_day(facts: AuditFacts) -> Reading | None:
    """Every machine reported in time and was wholly read, and what users left there went in time."""
    return _reading(facts.computers, logs=False)


@provides(
    "MITL-7.2",
    partly="that the logs stay on the machine and are combined with nothing, and the periods of other equipment",
    at_some_sites=True,
)
def no_event_log_is_older_than_the_last_boot(facts: AuditFacts) -> Reading | None:
    """The same, and no event log of theirs is older than the last boot."""
    return _reading(facts.computers, logs=True)


@provides(
    "WPL-5.2", partly="booking history that lies elsewhere than in a declared folder or table", at_some_sites=True
)
def histories_and_searches_go_with_the_session(facts: AuditFacts) -> Reading | None:
    """As for MITL-2.9, by the library's own period; and no declared booking stands past its hours."""
    machines, bookings = _reading(facts.computers, logs=False), bookings_in_time(facts)
    both = [one for one in (machines, bookings) if one is not None]
    return min(both, key=lambda one: _WORST.index(one.state), default=None)


def _reading(seen: PublicComputers | None, *, logs: bool) -> Reading | None:
    """What the machines show; None where the site has none that report."""
    if seen is None:
        return None
    kept = [one for one in seen.machines if any((trace is Trace.EVENT_LOGS) == logs for trace in one.survived)]
    silent, unseen = seen.count(Standing.SILENT), seen.count(Standing.UNSEEN)
    measured: dict[str, int | str] = {
        "machines": len(seen.machines),
        "with something left behind": len(kept),
        "silent": silent,
        "not wholly read": unseen,
        "reports not believed": sum(seen.refused.values()),
    }
    if kept or silent or seen.refused or seen.unkeyed:
        parts = [amount(len(kept), "machine keeps", "machines keep") + " what should be gone"] if kept else []
        parts += [amount(silent, "machine is", "machines are") + " silent"] if silent else []
        parts += ["reports are not believed"] if seen.refused else []
        parts += [f"no secret can be read of {', '.join(seen.unkeyed)}"] if seen.unkeyed else []
        return finding(
            f"Of {amount(len(seen.machines), 'public computer')}: {', '.join(parts)}.",
            measured,
            because="a survivor, or a machine that does not report, breaks the promise",
            fix=_FIX,
        )
    if unseen or not seen.whole or not seen.ruled:
        return cannot_tell(
            "Not every public computer could be judged.",
            measured,
            because="the policy has no rule for them, or something on them, or in the drop, was not read",
            fix=_FIX,
        )
    what = "no event log is older than the last boot" if logs else "nothing outlived its session or its day"
    return holds(f"On {amount(len(seen.machines), 'public computer')} {what}.", measured)
