"""``carrel request letter --mail``: a notice that holds nothing of a record, to the address on the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from carrel.accountability.message import Message
from carrel.cli import premises
from carrel.cli.aftermath import mail_server
from carrel.cli.at_site import allowed, now, open_site
from carrel.cli.request_desk import told
from carrel.cli.request_follow import follow_all
from carrel.cli.request_rules import rules_of
from carrel.cli.request_screen import sender_of
from carrel.cli.store_place import open_store
from carrel.consent.subject import addresses_in
from carrel.errors import CarrelError, fault
from carrel.inventory.site import May
from carrel.rights import faults
from carrel.rights.admission import may
from carrel.rights.event import Act, Event
from carrel.rights.letter import notice
from carrel.rights.request import Channel
from carrel.systems.consent.contact_rows import ContactRows
from carrel.systems.mail import send

if TYPE_CHECKING:
    from carrel.cli.request_rules import Rules
    from carrel.inventory.site import Site
    from carrel.rights.request import Request

_BY_MAIL = frozenset({Channel.EMAIL, Channel.WEB})


def mail_notice(*, identity: str, name: str, site_path: Path, as_json: bool) -> None:
    """Mail a notice about a request, and write down that it went.

    Raises:
        CarrelError: HLD-006, RGT-011, RGT-018; RGT-012, nobody made sure yet that it is the person; RGT-026, policy,
            site, person or record do not let it go; ACC-002 to ACC-004, SIT-004, SIT-005, it did not go. Then nothing
            is written down.

    Guarantees:
        The address is read from the record for this, shown to nobody and kept nowhere.
    """
    site = open_site(site_path)
    by, rules = allowed(site, name, May.REQUESTS).name, rules_of(site)
    with open_store(site) as store:
        follow_all(store, rules)
        request = store.requests.request(identity)
        here = rules.standing(request, now())
        may(here, Act.MAILED)
        _require_wanted(site, rules, request)
        whose = store.requests.subject(identity)
        address = _address(site_path, identity, whose.system, whose.number) if whose is not None else ""
        if not address:
            raise _not(identity, "somebody with a record", "a request of which nobody knows whose it is")
        page = "" if site.portal is None else f"{site.portal.address}/{_page_language(site, request)}/me/requests"
        subject, text = notice(request, here, sender_of(site, rules), f"{page}/{identity}" if page else "")
        send(mail_server(site, (address,)), Message(subject, text))
        store.requests.add(identity, Event(Act.MAILED, now(), by))
        told(store, rules, identity, as_json=as_json, first="A notice was mailed. The letter itself is for paper.")


def _require_wanted(site: Site, rules: Rules, request: Request) -> None:
    if not rules.clocks.by_mail:
        raise _not(request.id, "`rights: {letters: by mail}` in each policy", "one that does not say so")
    if site.mail is None:
        raise _not(request.id, "`mail:` in the site file", "none")
    if request.channel not in _BY_MAIL:
        raise _not(request.id, "a request that came by email or on the pages", f"one by {request.channel}")


def _address(site_path: Path, identity: str, system: str, number: int) -> str:
    """The one e-mail address on a record."""
    with premises.enter(site_path, system, read_only=True) as here, here.engine.connect() as connection:
        rows = ContactRows(here.schema, here.system_map, here.stand_in, (), at=here.system.name)
        contact = rows.of(connection, (number,)).get(number)
    found = () if contact is None or contact.deleted else addresses_in(contact.email)
    if len(found) != 1:
        there = "several" if found else "none"
        raise _not(identity, "a record with one e-mail address", f"one with {there}, or no record any more")
    return found[0]


def _page_language(site: Site, request: Request) -> str:
    said = request.language.split("-")[0]
    languages = site.portal.languages if site.portal is not None else ()
    return said if said in languages else next(iter(languages), "en")


def _not(at: str, wanted: str, found: str) -> CarrelError:
    return fault(
        faults.NOT_MAILED,
        at=at,
        wanted=wanted,
        found=found,
        because="a letter tells what is held; only a notice may go by mail, where policy and person would have it",
        changed="nothing",
        fix="print the letter: `carrel request letter` without --mail",
    )
