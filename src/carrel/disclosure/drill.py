"""Five made-up visits for a new front desk: what would you do? Whoever errs is told what went wrong, by the policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from carrel.disclosure import faults
from carrel.disclosure.precedence import Processes
from carrel.disclosure.process import Instrument, Outcome
from carrel.errors import fault


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that one may do; `wrong` says what is wrong with it, and is empty of the right one."""

    does: str
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit.

    Attributes:
        instrument: with what they come.
        happens: what the desk sees and hears.
        choices: in the order in which they are shown.
        script: what the policy has the desk say.
        clauses: of the policies in force that rule it.
    """

    instrument: Instrument
    happens: str
    choices: tuple[Choice, ...]
    script: tuple[str, ...]
    clauses: tuple[str, ...] = ()

    @property
    def letters(self) -> str:
        """By which the choices are named."""
        return "abcdef"[: len(self.choices)]

    @property
    def right(self) -> str:
        """The letter of the right one."""
        return next(letter for letter, one in zip(self.letters, self.choices, strict=True) if not one.wrong)


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one answer; `wrong` is empty where it was right."""

    number: int
    visit: Visit
    answer: str
    wrong: str


_GIVES = "Nothing is given out or looked up at the desk, not even whether somebody is a patron."
_PAPER = "A paper is taken and noted, and goes to whoever answers for it; turning it away loses time."


def visits(processes: Processes) -> tuple[Visit, ...]:
    """The five visits, by the policies in force."""
    return tuple(_visits(processes))


def judge(visit: Visit, number: int, answer: str) -> Judged:
    """Whether an answer was right.

    Raises:
        CarrelError: DSC-019, there is no such choice.
    """
    if len(answer) != 1 or answer not in visit.letters:
        raise unreadable(f"visit {number}: one of the letters {', '.join(visit.letters)}")
    return Judged(number, visit, answer, visit.choices[visit.letters.index(answer)].wrong)


def judge_all(found: tuple[Visit, ...], answers: Mapping[str, object]) -> tuple[Judged, ...]:
    """Whether each of a whole set of answers was right.

    Args:
        found: the visits.
        answers: a letter for each number, counted from 1.

    Raises:
        CarrelError: DSC-019, one is missing, or none of the choices.
    """
    if set(answers) != {str(n + 1) for n in range(len(found))}:
        raise unreadable(f"an answer for each visit from 1 to {len(found)}, and no other")
    return tuple(judge(visit, n, str(answers[str(n)])) for n, visit in enumerate(found, 1))


def unreadable(wanted: str) -> Exception:
    """The error of whoever gives answers that are none."""
    return fault(
        faults.ANSWERS,
        wanted=wanted,
        found="something else",
        fix='write a file such as {"1": "b", "2": "a", "3": "c", "4": "a", "5": "d"}',
    )


def _visits(processes: Processes) -> Iterator[Visit]:
    ask = processes.of(Instrument.INFORMAL_ASK)
    yield Visit(
        Instrument.INFORMAL_ASK,
        "An officer in uniform, friendly, without a paper: 'I only need to know whether this man has a card here.'",
        (
            Choice("Look him up, and say yes or no: it is only a yes or no.", _GIVES),
            Choice("Say that you cannot tell, note who asks, and find whoever answers such requests."),
            Choice("Say no, whatever is true.", "Nobody lies at the desk: you say that you may not tell, of anybody."),
            Choice("Print the record, and seal the envelope.", _GIVES),
        ),
        ask.script,
        ask.clauses,
    )
    subpoena, warrant = processes.of(Instrument.SUBPOENA), processes.of(Instrument.SEARCH_WARRANT)
    order = processes.of(Instrument.NATIONAL_SECURITY)
    yield Visit(
        Instrument.SUBPOENA,
        "A messenger hands a shelver a subpoena that bears the shelver's own name: 'Today, or it is contempt.'",
        (
            Choice("Take it, note when it came, and bring it to whoever answers for it now."),
            Choice("Refuse to take it, because it is not addressed to the library.", _PAPER),
            Choice("Look up the records at once, because a subpoena must be obeyed.",
                   "A subpoena is not executed on the spot: counsel reads it first."),
            Choice("Tell the person named in it, so that they can go home and think.",
                   "Whether and when the person is told is a step of the case: an order may forbid it."),
        ),
        subpoena.script,
        subpoena.clauses,
    )  # fmt: skip
    yield Visit(
        Instrument.SEARCH_WARRANT,
        "Three agents with a warrant walk behind the desk and ask for the returns of this morning, all of them.",
        (
            Choice("Stand before the computer until the director comes.", "Nobody stands in the way of a warrant."),
            Choice("Give them the whole machine, so that it is over soon.",
                   "Only what the warrant names is shown or taken."),
            Choice("Ask them to wait for counsel, copy the warrant, write down what they take, and call the office."),
            Choice("Delete this morning's returns before they sit down.",
                   "What is asked for is kept from that moment on; destroying it is a crime, and no policy wants it."),
        ),
        warrant.script,
        warrant.clauses,
    )  # fmt: skip
    yield _emergency(processes)
    yield Visit(
        Instrument.NATIONAL_SECURITY,
        "Yesterday two agents brought the director a letter. A colleague asks at lunch: 'What was that about?'",
        (
            Choice("Tell it, since a colleague is no patron.",
                   "A sealed case is known to those who are named in it, and to nobody else."),
            Choice("Say that it was a national-security letter, but not about whom.",
                   "That there is one is what may not be told."),
            Choice("Say that no letter ever came.", "Nobody has to lie: you do not speak of what she gets."),
            Choice("Say that you do not speak of what the director gets, whatever it is, and talk of the weather."),
        ),
        order.script,
        order.clauses,
    )  # fmt: skip


def _emergency(processes: Processes) -> Visit:
    process = processes.of(Instrument.EMERGENCY)
    told = Choice("Call 911, tell the officers who it is and where he went, and write it down at once.")
    shut = Choice("Call 911, say what you see, and call the office that answers; look nothing up.")
    first = process.release_first and Outcome.RELEASED in process.outcomes
    return Visit(
        Instrument.EMERGENCY,
        "A man threatens a reader with a knife and runs upstairs. You know him: he has just borrowed a film.",
        (
            Choice("Wait for the director before you call anybody.", "People come first: act at once."),
            told if first else shut,
            Choice("Print all that he ever borrowed, for the officers.",
                   "Only what they need now is told: who it is and what you saw."),
            Choice("Call 911, and say nothing to anybody afterwards.",
                   "What was told is written down, and looked at after the event."),
        ),
        process.script,
        process.clauses,
    )  # fmt: skip
