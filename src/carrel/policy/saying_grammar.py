"""The grammar of a policy's sentences in other languages: what pages say to who does not read its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from carrel.policy.block import Block
from carrel.policy.words import Text

LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$")]


class Saying(Block):
    """One sentence of the policy, or the name of a purpose or recipient, and the same in other languages.

    The policy's own words are what counts.
    """

    says: Text = Field(
        description="As it stands elsewhere in this policy, to the letter; a name of a purpose or recipient, too."
    )
    words: dict[LanguageTag, Text] = Field(min_length=1, description="The same, by language tag.")
