"""The taxonomy: every column of the inventory bears a category, and every way of giving information is covered."""

from __future__ import annotations

from carrel.accountability.evidence import Reading
from carrel.accountability.facts import AuditFacts, FieldFacts
from carrel.accountability.measurement import judged
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.inventory.category import Category
from carrel.inventory.labels import proposed
from carrel.policy.record_type import Intake

_MOST = 5  # named one by one
_FIX = "label it under 'labels:' in the site's own map; columns that say nothing of a person stand under 'columns:'"


@provides("MITL-1.1")
def every_column_has_a_category(facts: AuditFacts) -> Reading:
    """Each live column of each table with patron data is labelled with a category, or as nothing of a person."""
    return judged(
        facts,
        _unlabelled(facts),
        kept=f"All {facts.labelled:,} columns of the tables with patron data are labelled with a category of personal "
        "data, or as saying nothing of a person.",
        measured=_labels(facts),
        because="a column that nobody labelled can hold personal data that no rule speaks of",
        fix=_FIX,
    )


@provides("MPL-0")
def every_channel_and_category_is_covered(facts: AuditFacts) -> Reading:
    """Each of the five ways of giving information is in the inventory, video is, and every column is labelled."""
    given = {intake for one in facts.policy.datasets for intake in one.given}
    missing = [intake.value for intake in Intake if intake.value not in given]
    wrong = [f"no kind of record says that it is given {', '.join(missing)}"] if missing else []
    images = [one.record for one in facts.policy.datasets if _holds(one.fields, Category.IMAGE_OR_VIDEO)]
    if not images:
        wrong.append("no kind of record holds images or video recordings, so none of them is covered")
    return judged(
        facts,
        [*wrong, *_unlabelled(facts)],
        kept="Information given in person, in writing, by phone, chat or web is covered, and video recordings are.",
        measured={"ways of giving information": len(given), "kinds with images": len(images), **_labels(facts)},
        because="the policy covers every way in which information is given",
        fix=f"name it under 'given:' of a kind of record; {_FIX}",
    )


def _holds(fields: tuple[FieldFacts, ...], category: Category) -> bool:
    return any(one.category is category for one in fields)


def _labels(facts: AuditFacts) -> dict[str, int | str]:
    return {"columns": facts.labelled, "without a category": len(facts.unlabelled)}


def _unlabelled(facts: AuditFacts) -> list[str]:
    """The columns without a label, each with the category that its name suggests."""
    if not facts.unlabelled:
        return []
    named = [f"{name} (its name suggests: {proposed(name)})" for name in facts.unlabelled[:_MOST]]
    return [f"{amount(len(facts.unlabelled), 'column has', 'columns have')} no category: {', '.join(named)}"]
