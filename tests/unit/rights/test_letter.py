"""The letter to the person: every state in words, in both languages, and nothing said to be done that is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from carrel.retention.outcome import Outcome
from carrel.retention.payer import WHOLE
from carrel.rights.deadline import GDPR, deadline
from carrel.rights.event import Act, Event
from carrel.rights.letter import Said, Sender, letter
from carrel.rights.letter_words import ENGLISH, SPANISH
from carrel.rights.request import Channel, Decision, Ground, Request, Right
from carrel.rights.standing import LinkedCase, Standing, State, Task
from carrel.rights.switch_words import switch_in
from carrel.systems.map_files import load

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
SENDER = Sender("Elm Library", [("the privacy officer", "privacy@elm.example"), ("the state office", "dpo")], ZONE)


def written(now: Standing, said: Said | None = None, language: str = "en", channel: Channel = Channel.DESK) -> str:
    request = Request("req-abcdefghijkl", now.right, "koha", channel, language, (Event(Act.RECEIVED, AT, "Dee"),))
    return letter(request, now, SENDER, said or Said())


def test_both_languages_have_every_word() -> None:
    assert set(ENGLISH) == set(SPANISH)
    wanted = [f"{kind} {one}" for kind, words in (
        ("state", State), ("right", Right), ("ground", Ground), ("decision", Decision), ("outcome", Outcome),
    ) for one in words]  # fmt: skip
    assert not set(wanted) - set(ENGLISH)
    for name, text in ENGLISH.items():
        assert text.count("{") == SPANISH[name].count("{"), name


@pytest.mark.parametrize("language", ["en", "es", "es-MX", "pt"])
@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("state", State)
def test_every_state_of_every_right_can_be_written(right: Right, state: State, language: str) -> None:
    due = deadline(GDPR, AT, ZONE)
    ground = str(Ground.CLAIM) if state is State.REFUSED else ""
    cases = tuple(LinkedCase(f"case-{n}", "erasure", "koha", "", one) for n, one in enumerate((None, *Outcome)))
    tasks = tuple(
        Task(f"t{n}", kind, "the vendor", AT, told, None if how is None else AT, how)
        for n, (kind, told, how) in enumerate(
            [
                ("recipient", None, None),
                ("controller", AT, None),
                ("switch", AT, Act.REPLIED),
                ("vendor", AT, Act.WAIVED),
            ]
        )
    )
    text = written(Standing(right, state, AT, due, cases=cases, tasks=tasks, ground=ground), language=language)
    assert "req-abcdefghijkl" in text
    assert "{" not in text
    for who, where in SENDER.contacts:  # both addresses for questions (MITL-10.8)
        assert f"{who}: {where}" in text
    answered = ENGLISH["state answered"] in text or SPANISH["state answered"] in text
    assert answered == (state is State.ANSWERED)


def test_recipients_are_named_in_the_language_of_the_letter() -> None:
    task = Task("t1", "recipient", "friends group", AT)
    now = Standing(Right.ERASURE, State.WAITING, AT, tasks=(task,))
    assert "El grupo de amigos tenía" in written(now, Said(names={"friends group": "el grupo de amigos"}), "es")
    assert "Friends group had the data from us." in written(now)


def test_it_says_by_when_and_that_it_is_late_and_why_it_takes_longer() -> None:
    due = deadline(GDPR, AT, ZONE)
    assert "We answer by 2026-12-02." in written(Standing(Right.ACCESS, State.OPEN, AT, due))
    assert "We are sorry that it is late." in written(Standing(Right.ACCESS, State.OPEN, AT, due, overdue=True))
    over = written(Standing(Right.ACCESS, State.ANSWERED, AT, due, late=True))
    assert "We answer by" not in over


def test_a_failure_is_told_as_one_and_what_stays_with_its_ground() -> None:
    failed = LinkedCase("case-a", "erasure", "koha", "", Outcome.FAILED)
    text = written(Standing(Right.ERASURE, State.OPEN, AT, cases=(failed,)), Said(stays=["an open loan"]))
    assert "koha: not done; it failed" in text
    assert "  - an open loan" in text
    assert "cannot be read back" not in text  # nothing was erased yet, so nobody is on the list
    done = LinkedCase("case-a", "erasure", "koha", "", Outcome.VERIFIED, settled=True)
    assert "cannot be read back" in written(Standing(Right.ERASURE, State.ANSWERED, AT, cases=(done,)))


def test_one_that_goes_by_email_warns_that_others_can_read_it() -> None:
    now = Standing(Right.QUESTION, State.OPEN, AT)
    for channel in Channel:
        assert ("can be read by others" in written(now, channel=channel)) == (channel in {Channel.EMAIL, Channel.WEB})


def test_what_the_person_wrote_does_not_come_back() -> None:
    text = written(Standing(Right.QUESTION, State.ANSWERED, AT), Said(answer="For a week."))
    assert "For a week." in text
    assert "For a week." not in written(Standing(Right.QUESTION, State.OPEN, AT), Said(answer="For a week."))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("ended", "said"), [(None, "not yet"), (Act.REPLIED, "replied"), (Act.WAIVED, "waived")])
def test_what_has_no_switch_is_told_as_work_of_the_librarys_and_of_nobody_elses(language, ended, said) -> None:
    words = SPANISH if language == "es" else ENGLISH
    at = None if ended is None else AT
    task = Task("t1", "switch", "no switch: overdue notices in koha", AT, None, at, ended)
    text = written(Standing(Right.RESTRICTION, State.WAITING, AT, None, tasks=(task,)), language=language)
    assert f"{words['switch'].format(to='overdue notices in koha')} {words[f'switch {said}']}" in text
    assert not [one for one in (words["task not yet"], words["task replied"], "no switch:") if one in text]


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_stays_is_told_to_whoever_it_is_about_and_not_in_the_words_of_the_map(language: str) -> None:
    case = LinkedCase("case-a", "erasure", "koha", "", Outcome.KEPT)
    stays = (
        WHOLE,
        "financial record, by MITL-6.8: 7 years from its last line",
        "acted at the desk",
        "acted with money",
    )
    words = SPANISH if language == "es" else ENGLISH
    text = written(Standing(Right.ERASURE, State.ANSWERED, AT, None, cases=(case,)), Said(stays=stays), language)
    assert words["stays for the books"] in text
    assert words["stays for the books until"].format(rule="MITL-6.8: 7 years from its last line") in text
    assert text.count(words["stays of your work"]) == 1
    assert f"{words['system'].format(name='koha')}: {words['outcome kept, because']}" in text
    assert not [one for one in ("schedule is set", "acted ", "payer") if one in text]


@pytest.mark.parametrize("product", ["koha", "evergreen"])
def test_what_has_no_switch_is_said_in_spanish_for_both_products(product: str) -> None:
    restrict = load(product).restrict
    for name in (*restrict.no_switch, *(one.name for one in restrict.switches)):
        assert switch_in(f"no switch: {name}", "es-MX"), name
        assert not switch_in(f"no switch: {name}", "en")
    assert not switch_in("no switch: what a map of the library's own names", "es")


def test_a_switch_stands_in_the_language_of_the_letter() -> None:
    task = Task("t1", "switch", "no switch: overdue notices", AT)
    now = Standing(Right.RESTRICTION, State.WAITING, AT, None, tasks=(task,))
    assert "avisos de retraso" in written(now, language="es")
    assert "overdue notices" not in written(now, language="es")
    assert "overdue notices" in written(now)
    own = replace(now, tasks=(replace(task, to="no switch: our own counter"),))
    assert "our own counter" in written(own, language="es")


@pytest.mark.parametrize(("language", "lead"), [("en", "Others answer for data"), ("es", "Otros responden de datos")])
def test_whoever_holds_data_of_their_own_stands_in_each_letter_about_data(language: str, lead: str) -> None:
    """MITL-9.11: once; where the request was passed on, beside that."""
    where = {"campus police": "camera footage: campus police, records", "registrar": "standing: the Registrar's Office"}
    said = Said(where=where, elsewhere=where)
    for right in set(Right) - {Right.QUESTION}:
        text = written(Standing(right, State.ANSWERED, AT), said, language)
        assert lead in text
        assert "- Campus police: camera footage: campus police, records" in text
    assert lead not in written(Standing(Right.QUESTION, State.ANSWERED, AT), said, language)
    told = Task("t1", "controller", "campus police", AT, AT)
    text = written(Standing(Right.ACCESS, State.WAITING, AT, tasks=(told,)), said, language)
    assert text.count("camera footage") == 1
    assert "- Registrar: standing" in text
