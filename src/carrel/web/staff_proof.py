"""That somebody is who an account is of: password and code, or a passkey. Whatever is wrong, the answer is the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from fastapi import Request

from carrel.errors import CarrelError
from carrel.inventory import time_code
from carrel.inventory.site import Person
from carrel.inventory.staff_password import plain_form
from carrel.store import staff_hash
from carrel.web import passkeys, staff_browser, tries
from carrel.web.staff_visit import StaffVisit

OF_NAME = 8  # tries for one account in the span of `tries.SPAN`
_ONCE = 1
_NOBODYS = bytes(time_code.BYTES)


class TooOften(Exception):  # noqa: N818  (what stands in the way, and no error of anybody's)
    """There were too many tries; even the right answer waits."""


STATUS = {"wrong": 401, "passkey": 401, "later": 429, "away": 503}


def shown(way: Callable[[], Person | None]) -> tuple[Person | None, str]:
    """Whoever showed who it is; or nobody, and what the page says: ``wrong``, ``later`` or ``away``."""
    try:
        person = way()
    except TooOften:
        return None, "later"
    except CarrelError:  # the store, the site file or the key of the seeds
        return None, "away"
    return person, "" if person is not None else "wrong"


def person_named(here: StaffVisit, name: str) -> Person | None:
    """The person of the site file who is called so, by whatever case and spaces it is typed."""
    said = folded(name)
    return next((one for one in here.premises.staff.people() if folded(one.name) == said), None)


def require_a_try(here: StaffVisit, request: Request, name: str) -> None:
    """Count a try: against the person's own session where there is one, else against a browser in which this person
    signed in before, else against the account and the place; of what names nobody, as a passkey, by the place alone.

    Raises:
        TooOften: none is left.
    """
    if here.session is not None and folded(name) in {"", folded(here.session.name)}:
        counted = [("staff session", here.session.id, OF_NAME)]
    elif (mark := staff_browser.known_as(here, request, folded(name))) is not None:
        counted = [("staff browser", f"{mark}\0{folded(name)}", OF_NAME)]
    else:
        own = [] if not name else [("staff account", folded(name), OF_NAME)]
        counted = [*own, *((f"staff {kind}", value, most) for kind, value, most in tries.places(request))]
    if not here.premises.store.portal_attempts.allow(counted, here.now, tries.SPAN):
        raise TooOften


def forget_tries(here: StaffVisit, request: Request, name: str) -> None:
    """Whoever got in begins to count anew; in the session of another, nothing of that other's is forgotten."""
    attempts = here.premises.store.portal_attempts
    attempts.forget("staff account", folded(name))
    _forget_in_session(here, name)
    if (mark := staff_browser.known_as(here, request, folded(name))) is not None:
        attempts.forget("staff browser", f"{mark}\0{folded(name)}")


def _forget_in_session(here: StaffVisit, name: str) -> None:
    if here.session is not None and folded(name) == folded(here.session.name):
        here.premises.store.portal_attempts.forget("staff session", here.session.id)


def by_password(here: StaffVisit, request: Request, name: str, password: str, code: str) -> Person | None:
    """Whoever has this name, password and code; None where anything is wrong.

    Raises:
        TooOften: none is left.
        CarrelError: STF-004, the key of the seeds is gone.

    Guarantees:
        For a name that nobody has the same is reckoned as for a real one. A code counts once.
    """
    require_a_try(here, request, name)
    accounts = here.premises.store.staff_accounts
    person = person_named(here, name)
    account = accounts.get(folded(name) if person is None else person.name)
    usable = person is not None and account is not None and account.is_open
    known = account.password if usable and account is not None else None
    right = staff_hash.fits(known, plain_form(password))
    seed = accounts.seed(account.name) if usable and account is not None else None
    step = time_code.fitting(seed or _NOBODYS, code, here.now, account.step if account else 0)
    if person is None or account is None or not (usable and right and seed and step is not None):
        accounts.note("" if account is None else account.name, "refused", "", here.now)
        return None
    if not accounts.spend(account.name, step):
        return None
    forget_tries(here, request, name)
    if staff_hash.is_old(str(known)):
        accounts.hash_anew(account.name, str(known), staff_hash.hashed(plain_form(password)))
    return person


def by_passkey(here: StaffVisit, request: Request, sent: str, purpose: str) -> Person | None:
    """Whoever showed a passkey; None where anything is wrong.

    Args:
        here: the visit.
        request: of it.
        sent: the browser's answer.
        purpose: for which the challenge was made.

    Raises:
        TooOften: none is left.
    """
    require_a_try(here, request, "")
    store, portal = here.premises.store, here.premises.portal
    named = passkeys.credential_in(sent) if passkeys.offered(portal) else None
    if named is None:
        return None
    credential, made = named
    known = store.staff_passkeys.find(credential)
    if known is None or not spend_challenge(here, purpose, made):
        return None
    account = store.staff_accounts.get(known.name)
    person = next((one for one in here.premises.staff.people() if one.name == known.name), None)
    uses = passkeys.shown(portal, sent, known, made)
    if person is None or account is None or not account.is_open or uses is None:
        store.staff_accounts.note(known.name, "refused", "", here.now)
        return None
    if not store.staff_passkeys.used(known, uses, here.now):
        return None
    _forget_in_session(here, person.name)
    return person


def spend_challenge(here: StaffVisit, purpose: str, made: bytes) -> bool:
    """Whether a challenge is one of these pages, for this purpose, and was not used before; it is used now."""
    if not passkeys.is_ours(here.key, purpose, made, here.now):
        return False
    once = [("staff challenge", made.hex(), _ONCE)]
    return here.premises.store.portal_attempts.allow(once, here.now, 2 * passkeys.LASTS)


def folded(name: str) -> str:
    """A name by whatever case and spaces it is typed."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
