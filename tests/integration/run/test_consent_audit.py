"""Consents in the audit, at night and under ``carrel doctor``: each can turn red, and is put right again."""

from __future__ import annotations

import json
import os
import sqlite3

import pytest

from carrel.store.store import FILE
from tests.integration.run import library
from tests.integration.run.consent_desk import CAMPAIGN, NEWS
from tests.integration.run.test_consent import people, policy

CLAUSES = ("OWWL-6", "OWWL-7", "OWWL-8", "OWWL-10")
RED, HISTORY = "finding", "reading history"
NOTHING_SENT = (
    "DELETE FROM systempreferences WHERE variable IN ('AutoEmailNewUser', 'MembershipExpiryDaysNotice')",
    "DELETE FROM borrower_message_transport_preferences",
    "UPDATE borrowers SET privacy = 1",  # nobody keeps a history
)


@pytest.fixture
def quick(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)
    policy(elm, "owwl")
    return elm


def evidence(elm, *clauses):
    told = json.loads(elm.run("audit", "--json").out)
    found = {one["clause"]: one.get("evidence") for one in told["clauses"]}
    return {one: None if found[one] is None else found[one]["state"] for one in clauses}


def sql(elm, statement, *values):
    with sqlite3.connect(elm.folder / FILE) as store:
        store.execute(statement, values)
    store.close()


def test_each_clause_turns_red_and_back(quick):
    desk = people(quick, "ann", "bob")
    quick.sql(*NOTHING_SENT)
    nothing = {**dict.fromkeys(CLAUSES), "OWWL-7": "holds"}  # what the product sends by itself was looked at
    assert evidence(quick, *CLAUSES) == nothing, "nothing was written down, so nothing is told as kept"
    desk.say("give", "ann")
    desk.export()
    desk.say("give", "bob", purpose=CAMPAIGN)
    desk.export(CAMPAIGN)
    green = dict.fromkeys(CLAUSES, "holds")
    assert evidence(quick, *CLAUSES) == green
    for change, back, red in (
        ("UPDATE contact_export SET recipient = 'friends group'", "UPDATE contact_export SET recipient = 'the library'",
         {"OWWL-6", "OWWL-7"}),
        ("UPDATE contact_export SET written = 2", "UPDATE contact_export SET written = 1", {"OWWL-6", "OWWL-7"}),
        ("UPDATE consent_event SET digest = 'x' || digest", "UPDATE consent_event SET digest = substr(digest, 2)",
         {"OWWL-10"}),
    ):  # fmt: skip
        sql(quick, change)
        assert evidence(quick, *CLAUSES) == {**green, **dict.fromkeys(red, RED)}, change
        sql(quick, back)
    sql(quick, "DELETE FROM consent_told")
    assert evidence(quick, *CLAUSES) == green, "what waits for tonight is no finding"
    [(recorded,)] = list(sqlite3.connect(quick.folder / FILE).execute("SELECT min(recorded_at) FROM consent_event"))
    sql(quick, "UPDATE consent_event SET recorded_at = ? WHERE recorded_at = ?", older(recorded), recorded)
    assert evidence(quick, *CLAUSES)["OWWL-8"] == RED
    key = quick.folder / "consent" / "key"
    kept = key.read_bytes()
    key.write_bytes(os.urandom(32))
    assert set(evidence(quick, *CLAUSES).values()) == {"cannot tell"}
    key.write_bytes(kept)


DEFAULT = (
    (
        "INSERT INTO message_attributes (message_attribute_id, message_name, takes_days) "
        "VALUES (62, 'Advance_Notice', 1), (64, 'Hold_Filled', 0)"
    ),
    (
        "INSERT INTO borrower_message_preferences (borrower_message_preference_id, categorycode, message_attribute_id, "
        "wants_digest) SELECT 9{n}, min(categorycode), 6{n}, 0 FROM categories"
    ),
)
BY_MAIL = (
    "INSERT INTO borrower_message_transport_preferences (borrower_message_preference_id, message_transport_type) "
    "VALUES (9{n}, 'email')"
)


def test_messages_that_nobody_switched_on_are_findings(quick):
    """OWWL-7: what Koha gives new patrons, and what it sends by itself; a pickup notice is on the policy's list."""
    quick.sql(*NOTHING_SENT, DEFAULT[0], DEFAULT[1].format(n=2), DEFAULT[1].format(n=4))
    assert evidence(quick, "OWWL-7") == {"OWWL-7": "holds"}, "a default without a way sends nothing"
    quick.sql(BY_MAIL.format(n=4))
    assert evidence(quick, "OWWL-7") == {"OWWL-7": "holds"}
    quick.sql(BY_MAIL.format(n=2))
    told = json.loads(quick.run("audit", "--json").out)
    [found] = [one["evidence"] for one in told["clauses"] if one["clause"] == "OWWL-7"]
    assert found["state"] == RED
    assert "Advance_Notice, on for new patrons" in found["says"]
    assert "Hold_Filled" not in found["says"]
    quick.sql("DELETE FROM borrower_message_transport_preferences WHERE borrower_message_preference_id = 92")
    for name, on in (("AutoEmailNewUser", "1"), ("MembershipExpiryDaysNotice", "14")):
        quick.sql(f"INSERT INTO systempreferences (variable, value) VALUES ('{name}', '{on}')")
        assert evidence(quick, "OWWL-7") == {"OWWL-7": RED}, name
        quick.sql(f"UPDATE systempreferences SET value = '0' WHERE variable = '{name}'")
        assert evidence(quick, "OWWL-7") == {"OWWL-7": "holds"}, name
    quick.sql("UPDATE systempreferences SET value = '1' WHERE variable = 'AutoEmailNewUser'")
    policy(quick, "worcester")
    told = json.loads(quick.run("audit", "--json").out)
    assert "AutoEmailNewUser" not in json.dumps(told), "this policy does not ask first"


def test_a_history_that_nobody_agreed_to_on_record_is_a_finding(quick):
    """OWWL-10: no record, no use; Koha knows that it is on, and not what was agreed to."""
    desk = people(quick, "ann", "bob")
    quick.sql(*NOTHING_SENT)
    desk.say("give", "ann", purpose=HISTORY)
    assert evidence(quick, "OWWL-10") == {"OWWL-10": "holds"}
    on = "UPDATE borrowers SET privacy = {} WHERE cardnumber = '{}'"
    quick.sql(on.format(0, desk.cards["ann"]))
    assert evidence(quick, "OWWL-10") == {"OWWL-10": "holds"}, "ann said yes"
    quick.sql(on.format(0, desk.cards["bob"]))
    told = json.loads(quick.run("audit", "--json").out)
    [found] = [one["evidence"] for one in told["clauses"] if one["clause"] == "OWWL-10"]
    assert found["state"] == RED
    assert "no yes to 'reading history' is on record" in found["says"]
    assert found["measured"]["of these without a yes on record"] == "0-9"
    desk.say("give", "bob", purpose=HISTORY)
    assert evidence(quick, "OWWL-10") == {"OWWL-10": "holds"}
    desk.say("withdraw", "bob", purpose=HISTORY)
    assert evidence(quick, "OWWL-10") == {"OWWL-10": RED}, "and took it back, while the product keeps it on"
    quick.sql(on.format(1, desk.cards["bob"]))
    assert evidence(quick, "OWWL-10") == {"OWWL-10": "holds"}
    place = quick.folder / "policy.yaml"
    place.write_text(place.read_text().replace("purpose: reading history, ", "purpose: library trips, "))
    assert quick.run("audit").codes == ["POL-010"]


def older(moment):
    """A moment as the store has it, some days earlier."""
    if isinstance(moment, int):
        return moment - 3 * 86_400_000_000
    from datetime import datetime, timedelta

    return (datetime.fromisoformat(moment) - timedelta(days=3)).isoformat(sep=" ")


def test_a_night_tells_the_tools_again(quick):
    desk = people(quick, "ann")
    desk.say("give", "ann")
    changes = quick.folder.parent / "changes"
    for place in changes.iterdir():
        place.unlink()
    changes.rmdir()
    changes.write_text("in the way")
    answer = quick.run("consent", "withdraw", desk.card("ann"), "--purpose", NEWS, "--channel", "phone", "--as",
                       "Dee Example")  # fmt: skip
    assert answer.codes == ["CNS-009"]
    told = json.loads(quick.run("run-due", "--json").out)
    assert "CNS-009" in told["findings"]
    assert "CNS-009" in json.loads((quick.folder / "health" / "health.json").read_text())["systems"][0]["findings"]
    checks = {one["name"]: one["state"] for one in json.loads(quick.run("doctor", "--json").out)["checks"]}
    assert checks["folder for mailing tools"] == "finding"
    changes.unlink()
    changes.mkdir()
    told = json.loads(quick.run("run-due", "--json").out)
    assert "CNS-009" not in told["findings"]
    [place] = changes.iterdir()
    assert place.read_text().splitlines()[1].startswith("ann@oak.example,library news,no,")
    checks = {one["name"]: one["detail"] for one in json.loads(quick.run("doctor", "--json").out)["checks"]}
    assert checks["folder for mailing tools"] == "can be written; 1 file waits for a tool to take it away"


def test_doctor_looks_at_the_keys(quick):
    desk = people(quick, "ann")
    desk.say("give", "ann")
    key = quick.folder / "consent" / "key"
    kept = key.read_bytes()

    def told():
        found = {one["name"]: one for one in json.loads(quick.run("doctor", "--json").out)["checks"]}
        return found["key of consents"]["state"], found["key of consents"]["detail"]

    assert told() == ("ok", "consent/key: only its owner can read it")
    key.chmod(0o640)
    assert told() == ("refused", "consent/key can be read by others")
    key.chmod(0o600)
    key.parent.chmod(0o770)
    assert told() == ("refused", "others may write into the folder consent")
    key.parent.chmod(0o700)
    key.write_bytes(kept[:-1])
    assert told() == ("refused", "consent/key is no key")
    key.unlink()
    assert told()[0] == "finding"
    key.write_bytes(kept)
    key.chmod(0o600)
    assert told()[0] == "ok"
    (quick.folder.parent / "texts" / "broken.1.en.yaml").write_text("says: [")
    states = {one["name"]: one["state"] for one in json.loads(quick.run("doctor", "--json").out)["checks"]}
    assert states["texts of consents"] == "refused"


def test_a_text_that_is_hard_to_read_and_a_purpose_nobody_is_asked_for_are_findings(quick):
    """OWWL-9, of the texts that the library has now."""
    people(quick, "ann")
    text = quick.folder.parent / "texts" / "library-news.1.en.yaml"
    plain = text.read_text()
    hard = (
        plain.partition("says:")[0]
        + "says: >-\n  Institutional communications necessitate irrevocable authorisation.\n"
    )
    text.write_text(hard)
    assert evidence(quick, "OWWL-9") == {"OWWL-9": RED}
    text.write_text(plain)
    (text.parent / "library-campaign.1.es.yaml").unlink()
    assert evidence(quick, "OWWL-9") == {"OWWL-9": "holds"}, "this library has no pages in Spanish"
    quick.edit("people:\n", "portal: {address: 'http://127.0.0.1:9', sign_in: [koha]}\npeople:\n")
    assert evidence(quick, "OWWL-9") == {"OWWL-9": RED}
