"""Exports on record, judged again: what cannot have gone, and never what was within the rules then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from carrel.consent.event import Act, Channel, ConsentEvent
from carrel.consent.on_record import ExportOnRecord, agreed_by, judged, without_words
from carrel.consent.text import ConsentText
from carrel.systems.policy_files import load

OWWL, WORCESTER = load("owwl"), load("worcester")
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEXT = ConsentText("news", 1, "en", "library news", False, "News", "I want news.")


def event(act=Act.GIVEN, hours=-1.0, **more):
    at = AT + timedelta(hours=hours)
    said = {} if act is Act.WITHDRAWN else {"text": "news", "version": 1, "language": "en", "digest": TEXT.digest}
    return ConsentEvent(act, "library news", Channel.DESK, "Dee", at, at, **{**said, **more})


def export(written=1, purpose="library news", recipient="the library", fields=("name", "email address"), digest="d"):
    return ExportOnRecord(purpose, recipient, fields, AT, digest, written)


def against(one, people=(), policies=(OWWL,)):
    return judged(one, policies, "d", people).against


def test_more_than_agreed_by_then_cannot_have_gone():
    agreed = [[event()], [event(hours=-9), event(Act.WITHDRAWN, 2)]]
    assert against(export(2), agreed) == ()
    assert against(export(3), agreed) == ("more addresses went than people had agreed",)
    assert against(export(1), [[event(hours=1)], [event(), event(Act.WITHDRAWN, -0.5)]]) == ("nobody had agreed",)
    assert against(export(900, "library campaign", fields=("email address",)), policies=(WORCESTER,)) == ()


def test_recipients_fields_and_purposes_are_those_of_the_policy():
    agreed = [[event()]]
    assert against(export(recipient="friends group"), agreed)[0].startswith("CNS-011")
    assert against(export(fields=("telephone number",)), agreed)[0].startswith("CNS-013")
    assert against(export(fields=("shoe size",)), agreed) == ("a field that is no category",)
    assert against(export(purpose="sales"))[0].startswith("CNS-004")
    old = judged(export(recipient="friends group", digest="older"), (OWWL,), "d", agreed)
    assert (old.against, old.earlier) == ((), True), "what another policy let go is not judged by this one"


def test_a_consent_without_its_words_is_counted():
    assert without_words([event(), event(Act.WITHDRAWN)], [TEXT]) == 0
    for wrong in ({"digest": "0" * 64}, {"version": 2}, {"digest": ""}, {"language": "es"}):
        assert without_words([event(**wrong), event()], [TEXT]) == 1
    assert without_words([ConsentEvent(Act.GIVEN, "library news", Channel.DESK, " ", AT, AT, "news", 1, "en",
                                       TEXT.digest)], [TEXT]) == 1  # fmt: skip


@given(st.lists(st.lists(st.tuples(st.booleans(), st.integers(-40, 40)), max_size=5), max_size=6))
def test_what_is_written_down_later_changes_nothing_of_then(said):
    people = [[event(Act.GIVEN if yes else Act.WITHDRAWN, hours) for yes, hours in one] for one in said]
    then = [[one for one in events if one.recorded_at <= AT] for events in people]
    assert agreed_by(people, AT) == agreed_by(then, AT) <= sum(map(bool, then))
