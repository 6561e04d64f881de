"""What people are told where they give something: each field, why it is asked, whether it must be, and what follows."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from carrel.inventory.category import Category
from carrel.policy.resolve import Policy

WIDTH = 78
NOTHING = "nothing: you may leave it out"


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of a form.

    Attributes:
        field: as the policy calls it.
        why: the purpose, in the policy's words.
        required: whether it must be answered.
        otherwise: what follows where it is not.
    """

    field: str
    why: str
    required: bool
    otherwise: str


@dataclass(frozen=True, slots=True)
class CollectionNotice:
    """The notice of one form.

    Attributes:
        form: its name in the policy.
        title: for whoever fills it in.
        fields: in the order of the form.
        warning: that e-mail can be read by others, where the form asks for an address and the policy says so.
        contacts: whom to ask, each as ``who: where``.
        policy, version: by which it holds.
    """

    form: str
    title: str
    fields: tuple[Asked, ...]
    warning: str
    contacts: tuple[str, ...]
    policy: str
    version: str

    def lines(self) -> Iterator[str]:
        """As plain text, to be printed on the form or beside it."""
        yield from textwrap.wrap(self.title, WIDTH)
        yield ""
        for one in self.fields:
            must = "required" if one.required else "if you like"
            yield from textwrap.wrap(f"{one.field} ({must})", WIDTH, initial_indent="* ", subsequent_indent="  ")
            for lead, text in (("Why: ", one.why), ("If you leave it out: ", one.otherwise)):
                yield from textwrap.wrap(f"{lead}{text}", WIDTH, initial_indent="  ", subsequent_indent="    ")
        if self.warning:
            yield ""
            yield from textwrap.wrap(self.warning, WIDTH)
        yield ""
        yield from textwrap.wrap(f"Questions: {'; '.join(self.contacts)}.", WIDTH)
        yield from textwrap.wrap(f"By {self.policy}, version {self.version}.", WIDTH)


def notices(policy: Policy) -> tuple[CollectionNotice, ...]:
    """The notice of each form of a policy, and of those that it adopts and does not restate.

    Guarantees:
        Every field of every form is told with its purpose and with what follows: nothing is left to be guessed.
    """
    found: dict[str, CollectionNotice] = {}
    for one in _all(policy):
        for name in one.body.forms:
            found.setdefault(name, _notice(one, policy, name))
    return tuple(found.values())


def _notice(owner: Policy, policy: Policy, name: str) -> CollectionNotice:
    form = owner.body.forms[name]
    rules = owner.body.records.held()[form.record].fields
    fields = []
    for field in form.asks:
        rule = rules[field]
        purpose = owner.body.purposes[rule.purpose]
        optional = rule.optional or purpose.basis == "opt-in"
        otherwise = form.without.get(field, NOTHING if optional else form.otherwise)
        fields.append(Asked(field, purpose.says, not optional, otherwise))
    mail = any(rules[field].category is Category.EMAIL_ADDRESS for field in form.asks)
    contacts = tuple(f"{one.who}, {one.write_to}" for one in policy.body.contact)
    warning = email_warning(policy) if mail else ""
    return CollectionNotice(name, form.says, tuple(fields), warning, contacts, policy.title, policy.version)


def email_warning(policy: Policy) -> str:
    """That e-mail can be read by others, in the words of a policy or of one that it adopts; empty where none says so.

    Whatever Carrel writes to a person about a question or a request bears it (WPL-6.4).
    """
    return next((one.body.email_warning.says for one in _all(policy) if one.body.email_warning is not None), "")


def _all(policy: Policy) -> Iterator[Policy]:
    yield policy
    for adopted in policy.adopted:
        yield from _all(adopted)
