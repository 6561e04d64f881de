"""What stays of readers in loans that name nobody: coarse, and shared by enough patrons, on a real server."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from carrel.deidentification.reader_description import Describing, Trait, coarse_code, coarse_year
from tests.integration.evergreen.loan_rig import LoanRig

LEVELS = ((Trait.POSTAL_CODE, "3 signs"), (Trait.BIRTH_YEAR, "20 years"))
FEW = Describing(LEVELS, 3)
LEFT = (
    "SELECT usr_home_ou, usr_profile, usr_post_code, usr_birth_year FROM action.aged_circulation "
    "WHERE usr_post_code IS NOT NULL OR usr_birth_year IS NOT NULL"
)
ROSTER = """
SELECT u.id, u.home_ou, u.profile, coalesce(m.post_code, b.post_code), extract(year FROM u.dob)::integer
FROM actor.usr u LEFT JOIN actor.usr_address m ON m.id = u.mailing_address
LEFT JOIN actor.usr_address b ON b.id = u.billing_address
WHERE NOT u.deleted AND u.family_name <> ''"""


class Described(LoanRig):
    """Under a policy that lets something stay."""

    def __init__(self, evergreen, describing: Describing, url: str = "") -> None:
        self.describing = describing
        super().__init__(evergreen, url=url)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.schedule = replace(self.schedule, describing=self.describing)


def coarse(describing: Describing, code: str | None, year: int | None) -> tuple[str | None, int | None]:
    """What the levels make of two values, by the hierarchies alone."""
    signs, years = describing.level(Trait.POSTAL_CODE), describing.level(Trait.BIRTH_YEAR)
    return (
        coarse_code(code, signs) if code is not None and signs else None,
        coarse_year(year, years) if year is not None and years else None,
    )


def sizes(evergreen, describing: Describing) -> Counter:
    """How many patrons share each whole description: an independent counter."""
    return Counter(
        (home, kind, *coarse(describing, code, year)) for _, home, kind, code, year in evergreen.rows(ROSTER)
    )


def test_no_description_is_left_that_too_few_share(small):
    rig = Described(small, FEW)
    assert rig.cut(70) > 100
    shared, left = sizes(small, FEW), small.rows(LEFT)
    print(len(left), Counter(left).most_common(3), shared.most_common(4))
    assert left
    assert min(shared[tuple(one)] for one in left) >= 3
