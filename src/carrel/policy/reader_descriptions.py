"""What a policy lets stay of readers in de-identified loans, and whether its rules agree on it."""

from __future__ import annotations

from collections.abc import Iterator

from carrel.deidentification.reader_description import FEWEST, USUAL, Describing, Trait, coarse_words, levels
from carrel.errors import Fault
from carrel.inventory.category import Category
from carrel.policy import faults
from carrel.policy.document import PolicyDocument, told
from carrel.policy.method_entry import Coarser
from carrel.policy.record_grammar import LoansRule, Retention
from carrel.policy.yaml_source import Path

_TRAITS = {Category.POSTAL_ADDRESS: Trait.POSTAL_CODE, Category.BIRTH_DATE: Trait.BIRTH_YEAR}
_EXAMPLES = {Trait.POSTAL_CODE: "3 signs", Trait.BIRTH_YEAR: "10 years"}


def trait_of(category: Category) -> Trait | None:
    """What a field of a category may keep of a reader, made coarser; None where it keeps nothing."""
    return _TRAITS.get(category)


def describing_of(loans: LoansRule) -> Describing | None:
    """What stays of readers in loans that are de-identified; None where nothing does."""
    return next((_of_rule(rule, loans) for rule in loans.retention), None)


def _of_rule(rule: Retention, loans: LoansRule) -> Describing | None:
    said = _said(rule, loans)
    if not said:
        return None
    at_least = USUAL if rule.shared_by_at_least is None else rule.shared_by_at_least
    return Describing(tuple((trait, said[trait][1]) for trait in Trait if trait in said), at_least)


def _said(rule: Retention, loans: LoansRule) -> dict[Trait, tuple[str, str]]:
    """Field and level of each trait for which a rule has one."""
    found: dict[Trait, tuple[str, str]] = {}
    for name, method in rule.methods.items():
        if isinstance(method, Coarser) and name in loans.fields:
            trait = trait_of(loans.fields[name].category)
            if trait is not None:
                found.setdefault(trait, (name, method.generalise))
    return found


def in_words(describing: Describing | None) -> str:
    """What stays, as people read it."""
    if describing is None:
        return "nothing that describes a reader"
    said = " and ".join(f"{trait} ({coarse_words(trait, level)})" for trait, level in describing.levels)
    return f"{said}, where at least {describing.at_least} patrons share it"


def field_faults(document: PolicyDocument, at: Path, name: str, method: Coarser, category: Category) -> Iterator[Fault]:
    """Where a field that is to stay, made coarser, says nothing that may, or names a level that does not exist."""
    trait = trait_of(category)
    if trait is None:
        yield told(
            document.text,
            (*at, name),
            faults.METHODS,
            wanted="a word, such as 'remove'",
            found=str(method),
            because=f"only fields of {' or '.join(_TRAITS)} have levels, and this is a {category}",
            fix=f"write '{name}: remove', or give the field its category",
        )
    elif method.generalise not in levels(trait):
        yield told(
            document.text,
            (*at, name, "generalise"),
            faults.METHODS,
            wanted=" or ".join(levels(trait)),
            found=repr(method.generalise[:60]),
            fix=f"write '{name}: {{generalise: {_EXAMPLES[trait]}}}', or another of these levels",
        )


def words_for(category: Category, name: str) -> str:
    """What else than a word a field may have; empty where nothing."""
    trait = trait_of(category)
    return "" if trait is None else f", or a level: '{name}: {{generalise: {_EXAMPLES[trait]}}}'"


def description_faults(document: PolicyDocument, path: Path, rule: Retention, loans: LoansRule) -> Iterator[Fault]:
    """Where a rule for loans tells too much of readers, or something else than the other rules."""
    at, said = (*path, "methods"), _said(rule, loans)
    for name, method in rule.methods.items():
        trait = trait_of(loans.fields[name].category) if isinstance(method, Coarser) and name in loans.fields else None
        if trait is not None and said[trait][0] != name:
            yield told(
                document.text,
                (*at, name),
                faults.METHODS,
                key=True,
                wanted=f"one field with the {trait}",
                found=f"'{said[trait][0]}' and '{name}'",
                fix=f"write '{name}: remove'",
            )
    few, where = rule.shared_by_at_least, (*path, "shared by at least")
    if few is not None and few < FEWEST:
        yield told(
            document.text,
            where,
            faults.METHODS,
            wanted=f"{FEWEST} or more",
            found=str(few),
            because="what one patron alone has names the patron",
            fix=f"write '{USUAL}', or leave the line out, which means the same",
        )
    if few is not None and not said:
        fix = "take the line out, or give a field that describes readers a level"
        yield told(document.text, where, faults.METHODS, key=True, found="no field with a level", fix=fix)
    first = loans.retention[0]
    if rule is not first and _of_rule(rule, loans) != _of_rule(first, loans):
        yield told(
            document.text,
            at if rule.methods else path,
            faults.METHODS,
            key=True,
            wanted=f"as in rule '{first.id}': {in_words(_of_rule(first, loans))}",
            found=in_words(_of_rule(rule, loans)),
            because="loans of all rules stand together afterwards",
            fix="write the same levels and the same 'shared by at least:' in every rule of the loans",
        )
