"""What ``carrel doctor`` says of mailing lists: whether the tool answers, the policy lets it, and how it was left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from carrel.cli.mailing_stops import AT_ONCE
from carrel.cli.store_place import begun, open_store
from carrel.consent.gate import gate
from carrel.errors import CarrelError
from carrel.inventory.category import Category
from carrel.retention.outcome import Outcome
from carrel.systems import branch_policies
from carrel.systems.check import Check, finding, note, ok
from carrel.systems.mailing_lists.mailman import opened

if TYPE_CHECKING:
    from carrel.inventory.mailing_list import MailingList
    from carrel.inventory.site import Site
    from carrel.store.mailing_lists import ListCourse


def list_checks(site: Site) -> Iterator[Check]:
    """One line for each mailing list of the site file."""
    for one in site.mailing_lists:
        yield _check(site, one)


def _check(site: Site, one: MailingList) -> Check:
    name = f"mailing list {one.name}"
    system = next(each for each in site.originals if one.system in {None, each.name})
    try:
        policies = branch_policies.load(site, system).policies
        gate(policies, one.purpose, one.recipient, (Category.EMAIL_ADDRESS,))
        with opened(one, within=AT_ONCE):
            pass
        course = _course(site, one)
    except CarrelError as wrong:
        first = wrong.faults[0]
        detail = ": ".join(filter(None, (first.condition.code, first.condition.title, first.found)))
        return finding(name, detail, first.fix)
    if course is None:
        fix = "the tool answers; `carrel mailing-list plan` counts what is missing, and the first night brings it on"
        return note(name, f"never brought on yet; {fix}")
    if course.outcome is not Outcome.VERIFIED or course.owed_since is not None:
        told = f"{course.outcome.value} on {course.at:%Y-%m-%d}" + (f", {course.code}" if course.code else "")
        owed = f"; somebody who said no may stand on it since {course.owed_since:%Y-%m-%d}" if course.owed_since else ""
        return finding(name, told + owed, f"carrel mailing-list apply {one.name}")
    return ok(name, f"held what consents say on {course.at:%Y-%m-%d}, read back")


def _course(site: Site, one: MailingList) -> ListCourse | None:
    if not begun(site):
        return None
    with open_store(site) as store:
        return store.mailing_lists.course(one.name)
