"""What stood in one form of a page that has several: after a refusal it stands in that form again, and in no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, repr=False)
class Typed:
    """What somebody typed in a form that was not taken.

    Attributes:
        kind: of the form; empty where the page was only opened.
        about: the thing of which there can be several such forms: a task, a plan, a fault.
        fields: by their name.
    """

    kind: str = ""
    about: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def stands_in(self, kind: str, about: str = "") -> bool:
        """Whether it was this form."""
        return bool(kind) and (kind, about) == (self.kind, self.about)

    def said(self, name: str, kind: str, about: str = "") -> str:
        """What stood in a field of a form; empty in every other form."""
        return self.fields.get(name, "") if self.stands_in(kind, about) else ""


NOTHING = Typed()
