"""Notices and the password (MPL-11): set in the library's own system and read back there. Nothing of either is kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from fastapi import APIRouter, HTTPException, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from carrel.inventory.category import Category
from carrel.systems.sql.account_password import LONGEST, SHORTEST
from carrel.systems.sql.notice_choices import ON, NoticeChoice, NoticeChoices
from carrel.systems.sql.password_rule import PasswordRule, rule_of
from carrel.web.correction import OwnField, own_fields
from carrel.web.patron import OwnForm, Patron, Signed, begin, page, password_problem, said
from carrel.web.visit import Here

router = APIRouter(prefix="/{language}/me", include_in_schema=False)
_TEXT = "text message"  # in the names of fields for a number that takes them
_REACH: tuple[tuple[frozenset[str], Category, bool | None], ...] = (
    (frozenset({"email", ON}), Category.EMAIL_ADDRESS, None),
    (frozenset({"sms"}), Category.TELEPHONE_NUMBER, True),
    (frozenset({"phone"}), Category.TELEPHONE_NUMBER, False),
)
_TYPED = 1000  # letters of a field for a password; whoever pastes more is told that it is too long


@router.get("/notices")
def notices(here: Here, who: Signed) -> Response:
    """By which way somebody hears of what."""
    return page(here, "notices", _told(who))


@router.post("/notices")
def set_notices(here: Here, who: Signed, form: OwnForm) -> Response:
    """Write the ways that are ticked; the page shows what was read back."""
    if "notices" not in here.premises.portal.may_change:
        raise HTTPException(404)
    named = [one for one in form.getlist("notice") if isinstance(one, str)]  # those that the page showed
    ticked = {one for one in form.getlist("way") if isinstance(one, str)}
    wanted = {
        one.name: [way for way in one.offered if f"{one.name} {way}" in ticked]
        for one in _notices(who)
        if one.name in named
    }
    here.premises.desk.set_notices(who.door.name, who.number, wanted)
    return page(here, "notices", _told(who, done=True))


@router.get("/password")
def password(here: Here, who: Signed) -> Response:
    """The form for a new password."""
    return page(here, "password", _form(who, _rule(who)))


@router.post("/password")
def set_password(request: Request, here: Here, who: Signed, form: OwnForm) -> Response:
    """Write a new password. Every other session of this person ends with its next page."""
    if "password" not in here.premises.portal.may_change:
        raise HTTPException(404)
    new, rule = said(form, "new", _TYPED), _rule(who)
    if not rule.leaves_room(SHORTEST):
        return page(here, "password", _form(who, rule), "kept")
    problem = password_problem(request, here, who, said(form, "password", _TYPED)) or _unfit(form, new)
    missing = () if problem else rule.missing(new)
    if problem or missing:
        return page(here, "password", {**_form(who, rule), "missing": missing}, problem or "rule")
    here.premises.desk.set_password(who.door.name, who.number, new)
    return begin(here, who.door, who.number, here.to("me/password/done"))


@router.get("/password/done")
def password_set(here: Here, who: Signed) -> Response:
    """That it was set, in the session that goes on."""
    return page(here, "password", _form(who, PasswordRule(), done=True))


def _form(who: Patron, rule: PasswordRule, *, done: bool = False) -> dict[str, object]:
    """What the page tells: the product's own rules, and never fewer signs than everybody is asked for."""
    told = replace(rule, shortest=max(rule.shortest, SHORTEST))
    return {
        "rule": told, "longest": LONGEST, "done": done, "missing": (), "door": who.door,
        "fits": rule.leaves_room(SHORTEST),
    }  # fmt: skip


def _rule(who: Patron) -> PasswordRule:
    with who.door.reading() as (system, connection):
        return rule_of(connection, system.schema, system.system_map, who.number)


def _unfit(form: FormData, new: str) -> str:
    if len(new) < SHORTEST:
        return "long" if len(str(form.get("new", ""))) > _TYPED else "short"
    try:
        size = len(new.encode())
    except UnicodeEncodeError:  # half a sign
        return "signs"
    if size > LONGEST:
        return "long"
    if any(ord(one) < ord(" ") for one in new):
        return "signs"
    if said(form, "again", _TYPED) != new:
        return "differ"
    return "same" if new == said(form, "password", _TYPED) else ""


def _told(who: Patron, *, done: bool = False) -> dict[str, object]:
    return {"notices": _notices(who), "done": done, "out_of_reach": out_of_reach(own_fields(who))}


def out_of_reach(fields: Collection[OwnField]) -> frozenset[str]:
    """Ways by which no notice can come, because the record has no address or number for them.

    What stands in another table is not read here, so nothing is said of it.
    """
    found: set[str] = set()
    for ways, category, is_text in _REACH:
        mine = [one for one in fields if one.category is category and is_text in {None, _TEXT in one.key}]
        if mine and all(one.column and not one.value.strip() for one in mine):
            found |= ways
    return frozenset(found)


def _notices(who: Patron) -> tuple[NoticeChoice, ...]:
    with who.door.reading() as (system, connection):
        return NoticeChoices(system.system_map).read(connection, who.number)
