"""Where a request can stand: its state, whom it waits for, and the plans that were made for it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from carrel.retention.outcome import Outcome
from carrel.rights.deadline import Deadline
from carrel.rights.event import Act
from carrel.rights.request import Decision, Right

SETTLED = frozenset({Outcome.VERIFIED, Outcome.KEPT})  # read back; what is kept, is kept on a ground that was told


class State(enum.StrEnum):
    """Every state that a request can be in."""

    RECEIVED = "received"  # nobody made sure yet that it is the person
    OPEN = "open"
    WAITING = "waiting for others"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def is_final(self) -> bool:
        """Whether it is over."""
        return self in {State.ANSWERED, State.REFUSED, State.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Task:
    """Somebody beside the library has to do something.

    Attributes:
        id: short, within the request.
        kind: whom it waits for.
        to: by name.
        since: aware time at which it was set.
        told_at: aware time at which they were told; None where nobody told them yet.
        ended_at: aware time; None while it is open.
        ended_how: `Act.REPLIED` or `Act.WAIVED`.
        ended_by: of the staff.
    """

    id: str
    kind: str
    to: str
    since: datetime
    told_at: datetime | None = None
    ended_at: datetime | None = None
    ended_how: Act | None = None
    ended_by: str = ""


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """A plan of the engine that was made for the request.

    Attributes:
        case, kind, system: of the plan; ``what`` tells plans of one kind apart.
        outcome: of its last attempt, as read back; None where there was none yet.
        settled: nothing is left to do about it.
        waived: it was given up before anything was carried out.
    """

    case: str
    kind: str
    system: str
    what: str = ""
    outcome: Outcome | None = None
    settled: bool = False
    waived: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a request stands.

    Attributes:
        right: that is exercised.
        state: as it is.
        received_at: aware time.
        due: the clock that ends first; None where the policy sets none.
        overdue: it is open, and the clock is over.
        late: it was ended after the clock was over.
        tasks: all; ``waiting`` those that are open.
        cases: plans of the engine.
        owner: who sees to it.
        identified: how it was made sure that it is the person; empty where it was not.
        decision: of a challenge, or that nothing is held.
        ground: of a refusal.
        changes_nothing: a challenge was upheld, and somebody said why no plan follows from it.
        ended_at: aware time; None while it is open.
        stated: the person's statement of disagreement is attached.
    """

    right: Right
    state: State
    received_at: datetime
    due: Deadline | None = None
    overdue: bool = False
    late: bool = False
    tasks: tuple[Task, ...] = ()
    cases: tuple[LinkedCase, ...] = ()
    owner: str = ""
    identified: str = ""
    decision: Decision | None = None
    ground: str = ""
    ended_at: datetime | None = None
    stated: bool = False
    changes_nothing: bool = False

    @property
    def waiting(self) -> tuple[Task, ...]:
        """Tasks that are open."""
        return tuple(one for one in self.tasks if one.ended_at is None)

    @property
    def unsettled(self) -> tuple[LinkedCase, ...]:
        """Plans of which something is left: not carried out, failed, not reached, or with a residue."""
        return tuple(one for one in self.cases if not one.settled)

    @property
    def done(self) -> bool:
        """Whether something was carried out for it and read back, or nothing is held."""
        carried = any(one.settled and (one.outcome is not None or not one.waived) for one in self.cases)
        return carried or self.decision is Decision.NOTHING_HELD

    @property
    def owes_copy(self) -> bool:
        """Whether somebody who is known to be the person waits for a copy, which nobody can give after an erasure."""
        return self.right.is_copy and bool(self.identified) and not (self.state.is_final or self.done)

    def task(self, name: str) -> Task | None:
        """A task by its id."""
        return next((one for one in self.tasks if one.id == name), None)

    def case(self, name: str) -> LinkedCase | None:
        """A plan by its id."""
        return next((one for one in self.cases if one.case == name), None)
