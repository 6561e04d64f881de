"""What a site keeps outside its databases, told by the night: in its result and in the health files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from carrel.accountability.kept_outside import KeptOutside
from carrel.cli.due_night import UNEXPECTED
from carrel.errors import CarrelError, unforeseen
from carrel.retention.faults import PAST_OUTSIDE

if TYPE_CHECKING:
    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy
    from carrel.store.store import Store


def kept_outside(site: Site, store: Store, policy: Policy, at: datetime) -> KeptOutside:
    """Everything of it, looked at now."""
    from carrel.cli.signed_services import log_facts
    from carrel.systems.outside_facts import outside_facts
    from carrel.systems.outside_looking import look

    closed = [one.name for one in site.originals if store.replays.closed(one.name) is not None]
    seen = look(site, policy, at)
    found, services = outside_facts(site, policy, seen, at, closed), log_facts(site, policy, seen, at)
    signed = () if services is None else tuple(line for one in services.signed for line in one.findings())
    return replace(found, services=services, lines=(*found.lines, *signed))


def after_night(site: Site, store: Store, at: datetime) -> tuple[KeptOutside, list[str]]:
    """The same for a night, with the codes of what is open: nothing of it goes without a plan that is approved.

    Guarantees:
        Whatever goes wrong, the night goes on; what could not be looked at is told as not seen, and never as empty.
    """
    from carrel.systems import policy_files
    from carrel.systems.outside_facts import not_seen

    if not site.keeps_outside:
        return KeptOutside(), []
    try:
        found = kept_outside(site, store, policy_files.load(site.policy), at)
    except CarrelError as wrong:
        return not_seen(site, wrong.code, wrong.faults[0].condition.title), [wrong.code]
    except Exception as wrong:  # noqa: BLE001  (its text can quote an answer; the night is told all the same)
        return not_seen(site, UNEXPECTED, unforeseen(wrong)), [UNEXPECTED]
    return found, [PAST_OUTSIDE.code] if found.open else []


def destroy_period_keys(site: Site, at: datetime) -> tuple[list[str], list[str]]:
    """Destroy the keys of pseudonyms that are due; silo and period of each, and codes of what was in the way."""
    from carrel.systems.analytics.period_keys import PeriodKeyFolder

    gone: list[str] = []
    codes: list[str] = []
    for one in site.pseudonym_keys:
        try:
            destroyed = PeriodKeyFolder(one).destroy_due(at.astimezone().date())
            gone.extend(f"{silo} {period}" for silo, period in destroyed)
        except CarrelError as wrong:
            codes.append(wrong.code)
        except OSError:
            codes.append(UNEXPECTED)
    return sorted(dict.fromkeys(gone)), codes


def destroy_day_keys(site: Site, at: datetime) -> tuple[list[str], list[str]]:
    """Destroy the day keys of declared logs that are due; of which days they were, and codes of what was in the way."""
    from carrel.systems.logs.declared import destroy_due_keys

    gone: list[date] = []
    codes: list[str] = []
    for one in site.logs:
        try:
            destroy_due_keys(one, at.astimezone().date(), gone)
        except CarrelError as wrong:
            codes.append(wrong.code)
        except OSError:
            codes.append(UNEXPECTED)
    return sorted({day.isoformat() for day in gone}), codes
