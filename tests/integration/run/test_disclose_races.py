"""Two at once in one case, as two processes: what stands there in the end is what one of them did after the other."""

from __future__ import annotations

import hashlib
import io
import threading
import time
import zipfile
from datetime import date, timedelta

import pytest

from carrel.cli import premises
from carrel.systems import age_file
from tests.integration.run.test_consent import policy
from tests.integration.run.test_disclose import ADA, BEA, DEE, LOU, PEOPLE, by_hand, cleared, opened, shown
from tests.integration.run.test_disclose_whole import ASKED, GATHERS, MARCH
from tests.integration.run.test_erasure import given
from tests.integration.run.test_production import CARD, PASSPHRASE, SCOPE, loan, person, scoped, words

TODAY = date.today()  # noqa: DTZ011  (days around it are the same in every zone)
REFUSE = ("--ground", "the law exempts it", "--because", "closed by law")
TURNS = 3
DUE = 40


@pytest.fixture
def elm(small_stored):
    """On each database, with the store in a file or on a server; Ann and Bea may gather and sign."""
    policy(small_stored, "worcester")
    people = PEOPLE.replace("[custodian, authorised officer]", GATHERS)
    people = people.replace("{name: Bea Example, role: staff}", f"{{name: Bea Example, role: staff, may: {GATHERS}}}")
    small_stored.edit("people:\n", people)
    return small_stored


def at_once(elm, *commands):
    """The answers of commands that begin together."""
    answers, start = {}, threading.Barrier(len(commands))

    def call(n: int) -> None:
        start.wait()
        answers[n] = elm.run("disclose", *commands[n], "--json")

    threads = [threading.Thread(target=call, args=(n,)) for n in range(len(commands))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return [answers[n] for n in range(len(commands))]


def acts(elm, case, act):
    return [one for one in shown(elm, case)["events"] if one["act"] == act]


def sound(elm) -> None:
    """Every event is there once and in its place, and the ledger is told of each."""
    with elm.store as store:
        told = [one for one in store.owed.entries() if b'"kind":"disclosure"' in one]
        assert store.disclosures.whole()
        assert len(told) == len(set(told)) == len(store.disclosures.commitments())


@pytest.mark.slow
@pytest.mark.deep
def test_of_two_who_decide_at_once_one_is_told_that_it_is_done(elm) -> None:
    for turn in range(TURNS):
        case = opened(elm, "subpoena", "--item", "1", "--from", f"2025-01-{10 + turn}", dates=False)
        elm.run("disclose", "cure", case, "d1", "--because", "it names days", *MARCH, *LOU)
        cleared(elm, case)
        by_hand(elm, case)
        first, second = at_once(elm, ("sign", case, *ADA), ("sign", case, *BEA))
        assert sorted((first.code, second.code)) == [0, 4], (first.text, second.text)
        assert len(acts(elm, case, "signed")) == 1
        ends = at_once(elm, ("release", case, *DEE), ("refuse", case, *REFUSE, *ADA))
        assert sorted(one.code for one in ends) == [0, 4], [one.text for one in ends]
        assert len(acts(elm, case, "released")) + len(acts(elm, case, "refused")) == 1
    sound(elm)


@pytest.mark.whole_run
def test_two_who_seal_at_once_seal_it_and_who_opens_twice_opens_one(elm) -> None:
    order = ("--basis", "order", "--court", "a court", "--starts", TODAY, "--ends", TODAY + timedelta(days=90),
             "--may-tell", "Lou Example")  # fmt: skip
    paper = ("open", "subpoena", *ASKED, *MARCH, "--item", "7", *DEE)
    first, second = at_once(elm, paper, paper)
    case = first.told["case"]["id"]
    assert second.told["case"]["id"] == case
    with elm.store as store:
        assert len(store.keepings.current("koha", premises.now(), to_dispose=False).legal_holds) == 1
    answers = at_once(elm, ("silence", case, *order, *DEE), ("silence", case, *order, *ADA))
    done = [one for one in answers if one.code == 0]
    assert done
    assert all(one.code in {0, 2} for one in answers), [one.text for one in answers]
    assert len(
        [one for one in elm.ok("disclose", "show", case, *LOU)["case"]["events"] if one["act"] == "silenced"]
    ) == len(done)
    assert elm.ok("disclose", "list", "--as", "Mo Example")["cases"] == []
    sound(elm)


@pytest.mark.slow
@pytest.mark.deep
def test_two_gather_at_once_and_one_ends_it_meanwhile(elm) -> None:
    """A package is there where the case was told of it, and nowhere else; none is told of a case that is over."""
    seed, number = person(elm)
    loan(seed, number, "2026-03-15 12:00:00")
    passphrase, scope = words(elm), scoped(elm, SCOPE)
    for turn, pause in enumerate((0.0, 0.6, 1.2)):
        case = elm.ok("disclose", "open", "subpoena", *ASKED, *MARCH, "--dated", f"2026-04-{10 + turn}", "--card",
                      given(elm, CARD), *DEE)["case"]["id"]  # fmt: skip
        cleared(elm, case)
        outs = [elm.folder.parent / f"{turn}-{n}.age" for n in range(2)]
        gather = [("produce", scope, "--case", case, "--out", out, "--age-passphrase-file", passphrase, *who)
                  for out, who in zip(outs, (ADA, BEA), strict=True)]  # fmt: skip
        ended: list[int] = []

        def end(pause: float = pause, case: str = case, ended: list[int] = ended) -> None:
            time.sleep(pause)
            ended.append(elm.run("disclose", "refuse", case, *REFUSE, *ADA).code)

        ending = threading.Thread(target=end)
        ending.start()
        answers = at_once(elm, *gather)
        ending.join()
        assert ended == [0]
        events = shown(elm, case)["events"]
        told = [one["terms"]["manifest"] for one in events if one["act"] == "produced"]
        assert [one.code in {0, 4} for one in answers] == [True, True], [one.text for one in answers]
        assert [out.exists() for out in outs] == [one.code == 0 for one in answers]
        assert sorted(told) == sorted(_manifest(out) for out in outs if out.exists())
        order = [one["act"] for one in events]
        assert "produced" not in order[order.index("refused") :]
    sound(elm)


@pytest.mark.slow
@pytest.mark.deep
def test_what_a_case_keeps_while_a_night_cuts_is_what_stays(small_server) -> None:
    """From the moment in which `open` is back no row of the person goes, whatever chunk was in flight."""
    elm = small_server
    elm.edit("people:\n", PEOPLE)
    seed, number = person(elm)
    for n in range(DUE):
        loan(seed, number, f"2024-01-{1 + n % 28:02} 12:00:00")
    place = elm.approved()
    count = f"SELECT count(*) FROM old_issues WHERE borrowernumber = {number}"
    running = elm.start("apply", place, "--json")
    time.sleep(1.5)
    elm.ok("disclose", "open", "informal ask", *ASKED, "--card", given(elm, CARD), *DEE)
    [(kept,)] = elm.koha.rows(count)
    done = elm.done(running)
    assert done.code in {0, 3}, done.text
    assert elm.koha.rows(count) == [(kept,)]
    for _ in range(6):  # and every stage after it
        again = elm.run("apply", elm.approved(), "--json")
        if again.code or again.told["run"]["complete"]:
            break
    assert elm.koha.rows(count) == [(kept,)]
    assert kept, "everything was cut before the case was opened: nothing was asked"


def _manifest(place) -> str:
    with zipfile.ZipFile(io.BytesIO(age_file.opened(place.read_bytes(), PASSPHRASE.encode()))) as package:
        return hashlib.sha256(package.read("manifest.json")).hexdigest()
