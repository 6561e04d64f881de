"""The irregular rows that every library has after some years are in the sample of Evergreen."""

from __future__ import annotations

import pytest

# What must be in every library of some years; each query must find something.
IRREGULAR = {
    "tombstones": "SELECT 1 FROM actor.usr WHERE deleted AND usrname LIKE id || '-PURGED-%'",
    "their names in the audit": (
        "SELECT 1 FROM auditor.actor_usr_history h JOIN actor.usr u ON u.id = h.id WHERE u.deleted AND h.email IS NOT NULL"
    ),
    "a card of a merged account": "SELECT 1 FROM actor.card WHERE NOT active AND id <> usr",
    "an address with the number of another patron": (
        "SELECT 1 FROM actor.usr_address a JOIN actor.usr u ON u.id = a.id WHERE a.usr <> u.id"
    ),
    "a shared address": "SELECT 1 FROM actor.usr u JOIN actor.usr_address a ON a.id = u.mailing_address WHERE a.usr <> u.id",
    "a superseded address": "SELECT 1 FROM actor.usr_address WHERE id < 0",
    "an address not yet approved": "SELECT 1 FROM actor.usr_address WHERE pending AND replaces > 0",
    "children with a guardian": "SELECT 1 FROM actor.usr WHERE juvenile AND guardian IS NOT NULL AND guardian_email IS NOT NULL",
    "no birth date": "SELECT 1 FROM actor.usr WHERE dob IS NULL AND NOT deleted",
    "names in other scripts": "SELECT 1 FROM actor.usr WHERE family_name ~ '[^\\u0000-\\u024f]'",
    "staff who lend to themselves": "SELECT 1 FROM action.circulation WHERE circ_staff = usr",
    "chains of five renewals": (
        "SELECT 1 FROM action.circulation a WHERE (SELECT count(*) FROM action.circ_chain(a.id)) = 6"
    ),
    "open with finished parents": (
        "SELECT 1 FROM action.circulation c JOIN action.circulation p ON p.id = c.parent_circ "
        "WHERE c.xact_finish IS NULL AND c.checkin_time IS NULL AND p.xact_finish IS NOT NULL"
    ),
    "lost": "SELECT 1 FROM action.circulation WHERE stop_fines = 'LOST' AND xact_finish IS NULL",
    "lost, paid, never checked in": "SELECT 1 FROM action.all_circulation WHERE checkin_time IS NULL AND xact_finish IS NOT NULL",
    "claimed": "SELECT 1 FROM action.circulation WHERE stop_fines = 'CLAIMSRETURNED'",
    "long overdue": "SELECT 1 FROM action.circulation WHERE stop_fines = 'LONGOVERDUE'",
    "returned and owing": (
        "SELECT 1 FROM money.materialized_billable_xact_summary s JOIN action.circulation c USING (id) "
        "WHERE s.balance_owed > 0 AND c.checkin_time IS NOT NULL AND c.xact_finish IS NULL"
    ),
    "owed by the library": "SELECT 1 FROM money.materialized_billable_xact_summary WHERE balance_owed < 0",
    "a note in the summary": "SELECT 1 FROM money.materialized_billable_xact_summary WHERE last_billing_note LIKE '%call 617%'",
    "charges of aged loans left behind": (
        "SELECT 1 FROM money.billing b JOIN action.aged_circulation a ON a.id = b.xact"
    ),
    "aged with a post code": "SELECT 1 FROM action.aged_circulation WHERE usr_post_code IS NOT NULL",
    "aged without": "SELECT 1 FROM action.aged_circulation WHERE usr_post_code IS NULL AND usr_birth_year IS NULL",
    "an aged hold with words": "SELECT 1 FROM action.aged_hold_request WHERE cancel_note LIKE '%617-555%'",
    "waiting": "SELECT 1 FROM action.hold_copy_map",
    "frozen": "SELECT 1 FROM action.hold_request WHERE frozen",
    "on the shelf": "SELECT 1 FROM action.hold_request WHERE shelf_time IS NOT NULL AND fulfillment_time IS NULL",
    "a deleted reader's events": (
        "SELECT 1 FROM action_trigger.event e JOIN action.aged_circulation a ON a.id = e.target "
        "WHERE e.event_def IN (1, 2, 3) AND e.context_user IS NULL"
    ),
    "history that outlived the loan": "SELECT 1 FROM action.usr_circ_history WHERE source_circ IS NULL",
    "post codes of a handful": "SELECT post_code FROM actor.usr_address GROUP BY post_code HAVING count(*) < 3",
    "use inside": "SELECT 1 FROM action.in_house_use",
}  # fmt: skip


@pytest.mark.parametrize("what", IRREGULAR)
def test_irregular_rows(evergreen_unchanged, what):
    assert evergreen_unchanged.rows(IRREGULAR[what])
