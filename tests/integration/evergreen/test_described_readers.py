"""What stays of readers in loans that name nobody: coarse, and shared by enough patrons, on a real server."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from carrel.deidentification.reader_description import Describing, Trait, coarse_code, coarse_year, levels
from carrel.retention.ports import StrayPosition
from carrel.systems.loan_measuring import described
from carrel.systems.sample.evergreen import habits
from carrel.systems.sql.trigger_way import TriggerWay
from tests.integration.evergreen.conftest import AS_OF
from tests.integration.evergreen.loan_rig import LoanRig
from tests.integration.evergreen.test_loans import limited, other_small  # noqa: F401  (a fixture)

pytestmark = pytest.mark.postgresql
FEW = Describing(((Trait.POSTAL_CODE, "3 signs"), (Trait.BIRTH_YEAR, "20 years")), 3)
TABLE = "action.aged_circulation"
LEFT = (
    f"SELECT usr_home_ou, usr_profile, usr_post_code, usr_birth_year FROM {TABLE} "
    "WHERE usr_post_code IS NOT NULL OR usr_birth_year IS NOT NULL ORDER BY id"
)
ROSTER = """
SELECT u.home_ou, u.profile, coalesce(m.post_code, b.post_code), extract(year FROM u.dob)::integer
FROM actor.usr u LEFT JOIN actor.usr_address m ON m.id = u.mailing_address
LEFT JOIN actor.usr_address b ON b.id = u.billing_address
WHERE NOT u.deleted AND u.family_name <> ''"""
SHARED = "SELECT same_0, same_1, code, year FROM carrel_shared"
ODD = [
    "02139",
    "02139-4307",
    "021 40",
    "o2139",
    "SW1A 1AA",
    "D02 X285",
    "",
    "-",
    "ä123",
    "12",
    "0213\n9",
    "12345678901",
]
Description = tuple[str, str, str | None, int | None]


class Described(LoanRig):
    """Under a policy that lets something stay."""

    def __init__(self, evergreen, describing: Describing, url: str = "") -> None:
        self.describing = describing
        super().__init__(evergreen, url=url)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.schedule = replace(self.schedule, describing=self.describing)


def coarse(describing: Describing, home: int, kind: int, code: str | None, year: int | None) -> Description:
    """What the levels make of a description, by the hierarchies alone."""
    signs, years = describing.level(Trait.POSTAL_CODE), describing.level(Trait.BIRTH_YEAR)
    return (
        str(home), str(kind), coarse_code(code, signs) if code is not None and signs else None,
        coarse_year(year, years) if year is not None and years else None,
    )  # fmt: skip


def patrons(evergreen, describing: Describing) -> Counter[Description]:
    """How many patrons share each whole description: an independent counter."""
    return Counter(coarse(describing, *one) for one in evergreen.rows(ROSTER))


def too_rare(evergreen, describing: Describing) -> list[tuple[object, ...]]:
    """Rows of nobody with a description that too few patrons share, or that is finer than the level."""
    shared = patrons(evergreen, describing)
    found = []
    for home, kind, code, year in evergreen.rows(LEFT):
        same = coarse(describing, home, kind, code, year)
        if same[2:] != (code, year) or shared[same] < describing.at_least:
            found.append((home, kind, code, year))
    return found


def stirred(evergreen, seed: int) -> None:
    """Other codes and years of birth, so that some are shared by many and some by few."""
    random = Random(seed)
    usual = [f"{random.choice(['021', '945', 'SW1'])}{random.randrange(100):02}" for _ in range(8)]
    for (number,) in evergreen.rows("SELECT id FROM actor.usr"):
        code = random.choice([*usual, *usual, None, random.choice(ODD)])
        year = random.choice([1850, 1931, 1984, 1989, 1990, 2011, 2100, None])
        evergreen.do("UPDATE actor.usr SET dob = make_date(:y, 12, 31) WHERE id = :u", y=year, u=number)
        if code is not None:
            evergreen.do("UPDATE actor.usr_address SET post_code = :c WHERE usr = :u", c=code, u=number)


def test_what_may_stand_is_what_an_independent_counter_finds(small):
    """The law: whoever sees a description, or that one was taken out, has as many patrons before them."""
    random = Random(7)
    for seed in range(4):
        stirred(small, seed)
        for _ in range(4):
            chosen = [(trait, random.choice(levels(trait))) for trait in Trait]
            describing = Describing(
                tuple(random.sample(chosen, random.choice([1, 2, 2]))), random.choice([2, 3, 5, 10])
            )
            counted, stands = patrons(small, describing), shared(small, describing)
            assert all(counted[one] >= describing.at_least for one in stands)
            gone: defaultdict[tuple[str, str], int] = defaultdict(int)
            whole: defaultdict[tuple[str, str], int] = defaultdict(int)
            for one, size in counted.items():
                whole[one[:2]] += size
                gone[one[:2]] += 0 if one in stands else size
            for group, size in gone.items():
                assert size in {0, whole[group]} or size >= describing.at_least
            # Nothing goes that need not: in each group at most one description that enough patrons share.
            unshared = Counter(
                one[:2] for one, size in counted.items()
                if one not in stands and size >= describing.at_least and one[2:] != (None, None)
            )  # fmt: skip
            assert max(unshared.values(), default=0) <= 1


def shared(evergreen, describing: Describing) -> set[Description]:
    """The descriptions that the engine lets stand."""
    loans = Described(evergreen, describing).loans()
    with loans.session():
        loans.prepare(LoanRig(evergreen).life)
        rows = loans.connection.exec_driver_sql(SHARED).all()
    assert len(rows) == len(set(rows))
    return {(home, kind, code or None, year or None) for home, kind, code, year in rows}


def test_a_night_leaves_what_enough_patrons_share_and_a_repeat_changes_nothing(small):
    small.do("DELETE FROM actor.org_unit_setting WHERE name LIKE '%do_not_retain%'")
    with small.engine().connect() as connection:
        habits.ages_circulations(connection, AS_OF - timedelta(days=60))
    rig = Described(small, FEW)
    assert too_rare(small, FEW)
    rig.cut(70)
    left = small.rows(LEFT)
    assert left
    with (loans := rig.loans()).session():
        assert described(loans) == len(left)  # as an audit tells it
    assert too_rare(small, FEW) == []
    rig.cut(70)
    assert small.rows(LEFT) == left


def test_the_complement_finds_what_is_finer_or_too_rare_and_the_next_night_mends_it(small):
    rig = Described(small, FEW)
    pairs = rig.draw(1_000)
    rig.cut()
    assert [(a.kind, a.name, a.table, a.columns, a.hits) for a in rig.look(pairs).failing] == []
    fine = small.rows(f"SELECT id, usr_home_ou, usr_profile, usr_post_code, usr_birth_year FROM {TABLE} "
                      "WHERE usr_post_code IS NOT NULL AND usr_birth_year IS NOT NULL ORDER BY id LIMIT 4")  # fmt: skip
    one, two, three, four = (number for number, *_ in fine)
    change = f"UPDATE {TABLE} SET usr_post_code = :c, usr_birth_year = :y WHERE id = :id"
    finer = f"{fine[0][3]}39"
    small.do(change, c=finer, y=fine[0][4] + 3, id=one)  # whole, of somebody whose description may stand
    small.do(change, c="999", y=fine[1][4], id=two)  # on its level, and nobody's
    small.do(change, c=None, y=1901, id=three)
    small.do(f"UPDATE {TABLE} SET usr_home_ou = 1 WHERE id = :id", id=four)  # where nobody else is at home
    found = {name: count for name, count in remaining(rig).items() if count}
    assert found == {"post code of an aged loan": 3, "birth year of an aged loan": 1}
    rig.cut()
    what = f"SELECT usr_post_code, usr_birth_year FROM {TABLE} WHERE id = :id"
    assert small.rows(what, id=one) == [(fine[0][3], fine[0][4])]
    assert [small.rows(what, id=number) for number in (two, three, four)] == [[(None, None)]] * 3
    # Patrons leave, and what they alone had in common goes with the next night.
    home, kind, code, year = fine[0][1:]
    small.do("UPDATE actor.usr SET deleted = true WHERE home_ou = :h AND profile = :p", h=home, p=kind)
    assert remaining(rig)["post code of an aged loan"] > 0
    rig.cut()
    assert (home, kind, code, year) not in small.rows(LEFT)
    assert too_rare(small, FEW) == []


def remaining(rig: Described) -> dict[str, int]:
    loans = rig.loans()
    with loans.session():
        return dict(loans.remaining(rig.life, AS_OF))


def test_where_the_policy_says_nothing_what_it_once_let_stay_is_found_and_goes(small):
    Described(small, FEW).cut()
    assert small.rows(LEFT)
    plain = LoanRig(small)
    assert sum(remaining(plain).values()) > 0
    plain.cut()
    assert small.rows(LEFT) == []


@pytest.mark.slow
def test_the_products_own_trigger_ends_in_the_same(small, other_small):  # noqa: F811  (the fixture)
    """Without the right to bypass triggers the product fills the columns, and they are put right in the same chunk."""
    fast, slow = Described(small, FEW), Described(other_small, FEW, url=limited(other_small))
    ways = []
    for rig in (fast, slow):
        with (loans := rig.loans()).session():
            ways.append(loans.way)
    assert ways == [TriggerWay.BYPASSED, TriggerWay.PRODUCT]
    assert fast.cut() == slow.cut(40)
    both = [sorted(map(repr, one.rows(LEFT))) for one in (small, other_small)]
    assert both[0] == both[1] != []


class DiedError(Exception):
    """The process dies before the chunk is committed."""


@pytest.mark.slow
def test_killed_between_steps_and_gone_on_with_the_law_holds(small):
    with small.engine().connect() as connection:
        habits.ages_circulations(connection, AS_OF - timedelta(days=700))
    rig, turn = Described(small, FEW), 0

    def dies() -> None:
        nonlocal turn
        turn += 1
        if turn % 3 == 0:
            raise DiedError

    position, names = None, list(rig.loans().path_names())
    before = small.rows(LEFT)
    strays = {name: StrayPosition(name, -1) for name in names}
    while True:
        loans = rig.loans()
        try:
            with loans.session():
                while (step := loans.cut_chunk(rig.life, AS_OF, position, 60, lambda *_: None, dies)) is not None:
                    position, result = step
                    assert not result.left
                for name in names:
                    while (
                        one := loans.cut_strays(rig.life, AS_OF, strays[name], 200, lambda *_: None, dies)
                    ) is not None:
                        strays[name], result = one
                        assert not result.left
                break
        except DiedError:
            # Whatever is committed by then holds the law: of the rest only what the product itself had aged is finer.
            assert set(too_rare(small, FEW)) <= set(before)
    assert turn > 6
    assert too_rare(small, FEW) == []
    assert not any(remaining(rig).values())
