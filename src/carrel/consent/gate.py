"""The gate of contact exports: whether addresses may go at all, and whose (OWWL-6, WPL-3.7)."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from carrel.consent import faults
from carrel.consent.state import State
from carrel.errors import CarrelError, fault
from carrel.inventory.category import Category
from carrel.policy.contact_grammar import Contacts
from carrel.policy.grammar import Basis
from carrel.policy.resolve import Policy

USUAL = (Category.NAME, Category.EMAIL_ADDRESS)


class LeftOut(enum.StrEnum):
    """Why somebody is not among those whose addresses go. They are counted, and never listed."""

    DELETED = "record deleted"
    RESTRICTED = "use restricted"
    SUPPRESSED = "asked for silence, or erased"
    WITHDRAWN = "consent withdrawn, or objected"
    ASK_AGAIN = "agreed to an older text"
    NO_CONSENT = "never agreed"
    SHARED = "same address as somebody who said no"
    EXPIRED = "card expired"
    NO_ADDRESS = "no such address"


_BY_STATE = {
    State.WITHDRAWN: LeftOut.WITHDRAWN,
    State.ASK_AGAIN: LeftOut.ASK_AGAIN,
    State.NEVER_ASKED: LeftOut.NO_CONSENT,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one person when the gate decides; nothing that names anybody.

    Attributes:
        state: of the person for the purpose.
        deleted: the product says that the record is deleted.
        restricted: the use of the person's data is restricted.
        suppressed: the person, or one of the addresses, is on the list of silence.
        expired: the card has expired, or nobody can tell whether it has.
        reachable: there is an address to write to.
        shared: an email address stands on the record of somebody too who said no, or whose use is restricted.
    """

    state: State = State.NEVER_ASKED
    deleted: bool = False
    restricted: bool = False
    suppressed: bool = False
    expired: bool = False
    reachable: bool = True
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """What was let through for a purpose and a recipient.

    Attributes:
        purpose, recipient: as asked.
        fields: categories that go.
        needs_consent: whether somebody must have agreed.
        expired_cards: whether whose card has expired goes too.
        clauses: of the policy, that this rests on.
    """

    purpose: str
    recipient: str
    fields: tuple[Category, ...]
    needs_consent: bool
    expired_cards: bool
    clauses: tuple[str, ...]

    def left_out(self, one: Known) -> LeftOut | None:
        """Why somebody's address does not go; None where it goes.

        Guarantees:
            Whoever withdrew, objected, was erased, asked for silence or is restricted never goes, whatever the policy
            says of consent. Neither does an email address of theirs by another record: who reads it said no.
        """
        if one.deleted:
            return LeftOut.DELETED
        if one.restricted:
            return LeftOut.RESTRICTED
        if one.suppressed:
            return LeftOut.SUPPRESSED
        if one.state is State.WITHDRAWN or (self.needs_consent and one.state is not State.GIVEN):
            return _BY_STATE[one.state]
        rest = (
            (one.shared, LeftOut.SHARED),
            (one.expired and not self.expired_cards, LeftOut.EXPIRED),
            (not one.reachable, LeftOut.NO_ADDRESS),
        )
        return next((reason for holds, reason in rest if holds), None)


def gate(policies: Sequence[Policy], purpose: str, recipient: str, asked: Sequence[Category] = ()) -> Gate:
    """Whether addresses may go for a purpose to a recipient, and on which terms.

    Args:
        policies: all that are in force on the system; each must allow it, and the strictest decides.
        purpose: as its name stands in the policy.
        recipient: the same.
        asked: categories of fields; name and email address, as far as the policy gives them, unless named.

    Raises:
        CarrelError: CNS-011 the recipient is barred; CNS-004 an unknown purpose; CNS-010 one that gives no addresses;
            CNS-012 a recipient that it does not give them to; CNS-013 a field that it does not give. Each names the
            clause.

    Guarantees:
        What a policy does not name is refused.
    """
    for policy in policies:
        _refuse_barred(policy, recipient)
    rules = [_rule(policy, purpose, recipient) for policy in policies]
    given = [field for field in rules[0].fields if all(field in rule.fields for rule in rules)]
    fields = tuple(asked) or tuple(field for field in USUAL if field in given)
    for field in fields:
        if field not in given:
            raise _not_given(policies, purpose, field, given)
    if not fields:
        raise _not_given(policies, purpose, USUAL[-1], given)
    return Gate(
        purpose,
        recipient,
        tuple(dict.fromkeys(fields)),
        any(needs_consent(policy, purpose) for policy in policies),
        all(rule.expired_cards == "included" for rule in rules),
        tuple(dict.fromkeys(clause for one in policies for clause in _clauses(one, purpose))),
    )


def needs_consent(policy: Policy, purpose: str) -> bool:
    """Whether a purpose is optional; one that a policy does not know is."""
    known = policy.body.purposes.get(purpose)
    return known is None or known.basis is Basis.OPT_IN


def _refuse_barred(policy: Policy, recipient: str) -> None:
    if recipient in policy.barred:
        raise fault(
            faults.BARRED,
            at=f"{policy.document.source}: recipients: {recipient}",
            wanted="a recipient that may be given addresses",
            found=repr(recipient),
            because=_cited(policy, policy.barred[recipient]) or "the policy bars it",
            fix="nothing is given to it, whatever the purpose; people can be asked to sign up there themselves",
        )


def _rule(policy: Policy, purpose: str, recipient: str) -> Contacts:
    known = policy.body.purposes
    if purpose not in known:
        raise fault(
            faults.PURPOSE,
            at=policy.document.source,
            wanted=f"one of: {', '.join(known)}",
            found=repr(purpose),
            because="purposes are a closed list",
            fix="name a purpose of the policy",
        )
    rule = known[purpose].contacts
    if rule is None:
        raise fault(
            faults.NO_CONTACTS,
            at=f"{policy.document.source}: purposes: {purpose}",
            wanted="'contacts:' under the purpose",
            found="none",
            because=_cited(policy, known[purpose].clauses) or "what the policy does not name is not given",
            fix="name another purpose; `carrel policy show` lists what each may take of addresses",
        )
    if recipient not in rule.to:
        raise fault(
            faults.RECIPIENT,
            at=f"{policy.document.source}: purposes: {purpose}: contacts",
            wanted=f"one of: {', '.join(rule.to)}",
            found=repr(recipient),
            because=_cited(policy, _clauses(policy, purpose)) or "what the policy does not name is not given",
            fix="name a recipient of this purpose",
        )
    return rule


def _clauses(policy: Policy, purpose: str) -> tuple[str, ...]:
    known = policy.body.purposes[purpose]
    return tuple(dict.fromkeys((*(known.contacts.clauses if known.contacts else ()), *known.clauses)))


def _cited(policy: Policy, clauses: Sequence[str]) -> str:
    """The clauses with their words, as far as the policy's own document has them."""
    told = []
    for clause in clauses:
        rule = policy.clauses.get(clause)
        words = (rule.says or rule.promised or "") if rule is not None else ""
        told.append(f"{clause}: {words}" if words else clause)
    return "; ".join(told)


def _not_given(policies: Sequence[Policy], purpose: str, field: Category, given: Sequence[Category]) -> CarrelError:
    first = policies[0]
    return fault(
        faults.FIELD,
        at=f"{first.document.source}: purposes: {purpose}: contacts",
        wanted=f"of: {', '.join(given)}" if given else "a field that every policy in force gives",
        found=field,
        because=_cited(first, _clauses(first, purpose)) or "what the policy does not name is not given",
        fix="leave the field out, or name those that go with `--field`",
    )
