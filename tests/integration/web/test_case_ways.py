"""What the command line can do in a case, the pages can: findings, several people, holds that stay, forgetting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from carrel.disclosure.event import Act
from carrel.disclosure.finding import Finding
from carrel.errors import CarrelError
from carrel.web.case_desk import CameIn
from tests.integration.web.case_site import ADA, DEE, LOU, MO, OFFICERS, PROVED, opened, quick_set_up, write
from tests.integration.web.conftest import Pages, give_password, pages_of
from tests.integration.web.staff_site import cheap_hashes, form, signed_in

KEEP = {"act": "preserve", "system": "ils"}


@pytest.fixture
def of_policy(koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Pages of a library that goes by one policy."""
    cheap_hashes(monkeypatch)

    def made(policy: str):
        return pages_of(tmp_path, koha_sqlite.url, "koha", policy=policy, more=OFFICERS)

    return made


@pytest.fixture
def pages(of_policy) -> Iterator[Pages]:
    with of_policy("worcester") as made:
        quick_set_up(made, ADA, LOU, DEE, MO)
        yield made


def holds(pages: Pages) -> list:
    return [one.scope for one in pages.store.keepings.current("ils", pages.clock(), to_dispose=False).legal_holds]


def standing(pages: Pages, case: str, who: str = ADA):
    return pages.store.disclosures.case(case, pages.premises.staff.cases.viewer(who))


def test_several_people_are_kept_at_once_more_later_and_titles_with_their_items(pages: Pages, koha_sqlite) -> None:
    cards = [give_password(koha_sqlite, offset) for offset in (3, 4, 5)]
    dee, lou = signed_in(pages, DEE), signed_in(pages, LOU)
    case = opened(dee, card=f"{cards[0]}\r\n  {cards[1]}\r\n\r\n{cards[0]}")
    assert len(holds(pages)[0].persons) == 2
    page = lou.get(f"/staff/en/cases/{case}").text
    assert "Keep more from deletion" in page
    assert not [one for one in cards if one in page]
    write(lou, f"cases/{case}", {**KEEP, "card": cards[2]})
    with koha_sqlite.engine().begin() as connection:
        ask = "select itemnumber, biblionumber from items order by itemnumber limit 1 offset"
        (first, title), (item, _) = (connection.exec_driver_sql(f"{ask} {n}").one() for n in (0, 5))
    write(lou, f"cases/{case}", {**KEEP, "title": str(title)})
    write(lou, f"cases/{case}", {**KEEP, "item": str(item)})
    assert len(holds(pages)) == 4
    assert sum(named in one.items for one in holds(pages) for named in (first, item)) == 2
    before = pages.store.disclosures.commitments()
    for said, told in (
        ({}, "Something is missing"), ({"card": "nobody"}, "No card has this number"),
        ({"card": f"{cards[0]}\nnobody"}, "No card has this number"), ({"item": "x"}, "known by numbers alone"),
        ({"item": "9" * 19}, "known by numbers alone"), ({"title": "99999999"}, "No item of this title"),
        ({"card": "x" * 201}, "Something is missing"), ({"item": "\n".join(map(str, range(101)))}, "Something is missing"),
    ):  # fmt: skip
        assert told in write(lou, f"cases/{case}", {**KEEP, **said}, 422), said
    assert (len(holds(pages)), pages.store.disclosures.commitments()) == (4, before)
    wish = opened(dee, title=str(title), from_day="2026-01-01")
    assert standing(pages, wish)[1].for_readers
    assert "It asks who read a title." in lou.get(f"/staff/en/cases/{wish}").text


def test_whoever_ends_a_case_says_that_its_hold_stays(pages: Pages, koha_sqlite) -> None:
    dee, ada = signed_in(pages, DEE), signed_in(pages, ADA)
    cases = [opened(dee, instrument="informal ask", card=give_password(koha_sqlite, 3 + n)) for n in range(2)]
    assert "They may come back." in ada.get(f"/staff/en/cases/{cases[0]}/decide").text
    refuse = {"act": "refuse", "ground": "no legal process", "words": "no paper"}
    write(ada, f"cases/{cases[0]}/decide", {**refuse, "keep_hold": "1"})
    write(ada, f"cases/{cases[1]}/decide", refuse)
    assert len(holds(pages)) == 1
    assert "What it kept stays kept." in ada.get(f"/staff/en/cases/{cases[0]}").text
    assert "What it kept stays kept." not in ada.get(f"/staff/en/cases/{cases[1]}").text
    bare = opened(dee, instrument="informal ask")
    assert "They may come back." not in ada.get(f"/staff/en/cases/{bare}/decide").text, "there is nothing to keep"


def test_no_ground_is_chosen_beforehand_and_what_was_chosen_stays_with_a_refusal(pages: Pages, koha_sqlite) -> None:
    dee, ada = signed_in(pages, DEE), signed_in(pages, ADA)
    case = opened(dee, instrument="court order", card=give_password(koha_sqlite, 3))
    where = f"/staff/en/cases/{case}/decide"
    text = ada.get(where).text
    for name in ("ground", "basis"):
        assert re.search(rf'name="{name}" required><option value="">Choose one</option>', text), name
    assert " selected>" not in text
    write(ada, f"cases/{case}/decide", {"act": "refuse", "ground": "", "words": "a reason", "keep_hold": "1"}, 422)
    sealing = {"act": "silence", "basis": "order", "court": "District court", "starts": "2026-01-01", "ends": "2026-01-02",
               "indefinite": "1", "may_tell": [LOU], "words": "Tell nobody."}  # fmt: skip
    refused = write(ada, f"cases/{case}/decide", sealing, 422)
    for kept in ('<option value="order" selected>', 'value="District court"', 'value="2026-01-02"', ">Tell nobody.<",
                 f'name="may_tell" value="{LOU}" checked', 'name="indefinite" value="1" checked'):  # fmt: skip
        assert kept in refused, kept
    assert refused.count("Tell nobody.") == 1, "it is no reason to refuse"
    law = re.search(r'<select id="statute" .*?<option value="([^"]+)" lang', text)
    assert law is not None
    refused = write(ada, f"cases/{case}/decide", {**sealing, "basis": "statute", "statute": law[1]}, 422)
    assert f'<option value="{law[1]}" lang="en" selected>' in refused, "sent on, it would name no law"
    long = write(ada, f"cases/{case}/decide",
                 {"act": "refuse", "ground": "a defect was not cured", "words": "x" * 6000, "keep_hold": "1"}, 422)  # fmt: skip
    assert '<option value="a defect was not cured" selected>' in long
    assert re.search(r'id="refuse-stays" name="keep_hold" value="1" checked', long), (
        "or the hold would go with the case"
    )
    assert 'id="withdraw-stays" name="keep_hold" value="1">' in long


def test_a_finding_about_students_is_written_down_by_who_may_of_whom_it_was_found(of_policy, koha_sqlite) -> None:
    with of_policy("mit-11.2") as pages:
        quick_set_up(pages, LOU, DEE)
        lou, dee = signed_in(pages, LOU), signed_in(pages, DEE)
        cards = [give_password(koha_sqlite, offset) for offset in (3, 4, 5)]
        case = opened(dee, card="\n".join(cards[:2]))
        own, exempt = (
            f"cases/{case}",
            {"act": "exempt", "exemption": "no student", "words": "a visitor", "system": "ils", "everybody": "1"},
        )
        page = lou.get(f"/staff/en/{own}").text
        assert "Everybody counts as a student" in page
        assert 'value="no student"' in page
        assert 'value="health or safety"' not in page, "a senior officer finds that"
        assert 'value="no student"' not in dee.get(f"/staff/en/{own}").text
        assert "not yours to do" in write(dee, own, exempt, 422)
        for wrong, told in (
            ({"exemption": "a poem"}, "Something is missing"), ({"words": " "}, "Something is missing"),
            ({"records": "poems"}, "Something is missing"), ({"exemption": ""}, "Something is missing"),
            ({"card": "nobody", "everybody": ""}, "No card has this number"), ({"everybody": ""}, "Whom is it about?"),
            ({"card": cards[2], "everybody": ""}, "keeps nothing of one of these"), ({"card": cards[0]}, "Whom is it about?"),
            ({"exemption": "health or safety"}, "not yours to do"), ({"records": "x" * 301}, "Something is missing"),
        ):  # fmt: skip
            assert told in write(lou, own, {**exempt, **wrong}, 422), wrong
        assert standing(pages, case, LOU)[1].findings == frozenset()
        one = {**exempt, "everybody": "", "records": "loans"}
        page = write(lou, own, {**one, "card": cards[0], "words": "x" * 6000}, 422)
        assert '<option value="loans" selected>' in page, "sent on, it would be said of all records"
        assert 'name="everybody" value="1">' in page
        assert "Whom is it about?" in write(lou, own, one, 422), (
            "no card stands in the form again: nobody said everybody"
        )
        assert standing(pages, case, LOU)[1].findings == frozenset()
        write(lou, own, {**one, "card": cards[0]})
        (found,) = standing(pages, case, LOU)[1].findings
        assert (found.exemption, found.records, len(found.subject)) == ("no student", "loans", 16)
        page = lou.get(f"/staff/en/{own}").text
        assert f"of one person (mark {found.subject[:4]})" in page
        assert not [one for one in cards if one in page]
        write(lou, own, exempt)
        assert standing(pages, case, LOU)[1].exemptions == {"no student"}
        back = {"act": "unfind", "exemption": "no student", "words": "she is one"}
        write(lou, own, {**back, "subjects": "0" * 16}, 422)
        write(dee, own, back, 422)
        write(lou, own, {**back, "subjects": found.subject, "records": "loans"})
        assert standing(pages, case, LOU)[1].findings == {Finding("no student")}
        assert "not any more" in lou.get(f"/staff/en/{own}").text


def test_old_cases_are_agreed_to_by_one_and_forgotten_by_another(pages: Pages) -> None:
    ada, lou, dee = (signed_in(pages, name) for name in (ADA, LOU, DEE))
    cases = [opened(dee, instrument="informal ask", words=f"visit {n}") for n in range(2)]
    for case in cases:
        write(dee, f"cases/{case}/decide", {"act": "refuse", "ground": "no legal process", "words": "no paper"})
    young = opened(dee)
    assert "No case is old enough." in ada.get("/staff/en/cases/forget").text
    pages.clock.go_on(timedelta(days=6 * 366))
    ada, lou, dee = (signed_in(pages, name) for name in (ADA, LOU, DEE))
    page = ada.get("/staff/en/cases/forget").text
    assert all(case in page for case in cases)
    assert young not in page
    plan = re.search(r'name="plan" value="([0-9a-f]{16})"', page)
    assert plan is not None
    agree = {"act": "approve", "plan": plan[1]}

    def sent(browser, data: dict[str, str], code: int = 303) -> str:
        answer = browser.post("/staff/en/cases/forget", data={"form": form(browser, PROVED), **data})
        assert answer.status_code == code, re.sub(r"<[^>]+>|\s+", " ", answer.text)
        return answer.text

    assert 'value="approve"' not in dee.get("/staff/en/cases/forget").text
    assert "not yours to do" in sent(dee, agree, 422)
    assert "not the cases of a moment ago" in sent(ada, {**agree, "plan": "0" * 16}, 422)
    assert "Something is missing" in sent(ada, {"act": "shred"}, 422)
    sent(ada, agree)
    page = ada.get(f"/staff/en/cases/{cases[0]}").text
    assert "Somebody agreed that it is forgotten" in page
    assert "takes a second person" in sent(ada, {"act": "forget"}, 422)
    assert len(standing(pages, cases[0])[0].events) == 3
    write(lou, f"cases/{cases[1]}", {"act": "note", "words": "they rang"})  # then nobody agreed any more
    assert "1 case is forgotten." in sent(lou, {"act": "forget"}, 200)
    assert lou.get(f"/staff/en/cases/{cases[0]}").status_code == 404
    assert lou.get(f"/staff/en/cases/{cases[1]}").status_code == 200
    assert [one.state for one in pages.store.disclosures.past()] == ["refused"]


def test_whoever_may_not_approve_one_of_what_is_due_approves_none(of_policy, tmp_path: Path) -> None:
    """Under two policies in one: a unit head signs of permanent records alone, and sees another office's case by name."""
    with of_policy("mit-libraries") as pages:
        place = tmp_path / "carrel.yaml"
        place.write_text(place.read_text().replace("role: staff, may: []", "role: staff, may: [unit head]"))
        desk = pages.premises.staff.cases
        cases = []
        for instrument in ("permanent records", "informal ask"):
            terms = {"instrument": instrument, "served on": "the library", "from": "a firm"}
            cases.append(desk.open(DEE, CameIn(terms, "", None)))
            desk.act(DEE, cases[-1], Act.REFUSED, {"ground": "no legal process"}, "no paper")
        pages.clock.go_on(timedelta(days=6 * 366))
        before = pages.store.disclosures.commitments()
        assert {one.case.id for one in desk.forgetting(DEE).due} == set(cases)
        with pytest.raises(CarrelError, match="DSC-003"):
            desk.approve(DEE, desk.forgetting(DEE).plan)
        assert pages.store.disclosures.commitments() == before
