"""Several policies compiled: the units that a loan touches are told alike by SQL and by the interpreter, everywhere."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carrel.retention.lifecycle import State, lifecycle
from carrel.retention.predicate import UNITS as TOUCHED
from carrel.retention.predicate import Fact
from carrel.retention.territory import Regime, territory
from carrel.systems.sql.kept_table import state_of
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.worktables import KEPT
from tests.integration.conftest import AS_OF, Koha
from tests.integration.test_engine_laws import POLICIES, SCHEDULES, ZONE, Compiled, fill, keepings, known, loans

UNITS = ("CPL", "MPL", "FPL", "GONE")
told = st.none() | st.sampled_from(UNITS)
places = st.fixed_dictionaries(
    {
        "returned": st.lists(told, min_size=8, max_size=8),
        "owner": st.fixed_dictionaries({1: told, 2: told, 3: told}),
        "home": st.fixed_dictionaries({12: st.sampled_from(UNITS), 13: st.sampled_from(UNITS)}),
    }
)
governs = st.fixed_dictionaries(
    {unit: st.sets(st.integers(0, 2), min_size=1, max_size=2).map(sorted).map(tuple) for unit in UNITS[:3]}
)
examples = given(
    library=st.lists(loans, max_size=8),
    spots=places,
    policies=st.lists(st.sampled_from(POLICIES), min_size=3, max_size=3),
    governed=governs,
    held=st.lists(keepings, max_size=1).map(tuple),
)


class Units(Compiled):
    """As `Compiled`, with the units that each loan touches written beside it."""

    def put(self, connection: sa.Connection, library, spots) -> None:  # type: ignore[no-untyped-def]
        fill(connection, library, {11: 1, 12: 0, 13: 1})
        for key, _ in enumerate(library, 1):
            returned = {"u": spots["returned"][key - 1], "k": key}
            connection.execute(sa.text("UPDATE old_issues SET checkin_library = :u WHERE issue_id = :k"), returned)
        for item, unit in spots["owner"].items():
            values = {"u": unit, "k": item}
            connection.execute(sa.text("UPDATE items SET homebranch = :u WHERE itemnumber = :k"), values)
        for person, unit in spots["home"].items():
            values = {"u": unit, "k": person}
            connection.execute(sa.text("UPDATE borrowers SET branchcode = :u WHERE borrowernumber = :k"), values)
        gone = connection.execute(sa.text("SELECT count(*) FROM borrowers WHERE borrowernumber = 11")).scalar()
        assert not gone, "one reader's record is gone, and with it the reader's home"

    def told_of(self, library, spots, policies, governed, held) -> None:  # type: ignore[no-untyped-def]
        made = territory((Regime(SCHEDULES[name]) for name in policies), governed.items())
        life = lifecycle(SCHEDULES[policies[0]], AS_OF, ZONE, held, territory=made)
        engine = SqlLoans(self.engine, self.map, SCHEDULES[policies[0]], ZONE, None)
        with engine.session():
            connection = engine.connection
            if self.koha.dialect == "mariadb":
                connection.exec_driver_sql("SET foreign_key_checks = 0, sql_mode = ''")
            if self.koha.dialect == "postgresql":
                connection.exec_driver_sql("SET session_replication_role = replica")
            self.put(connection, library, spots)
            seen = engine.observe(life, AS_OF)
            found = {int(a): state_of(int(b)) for a, b in connection.execute(sa.select(KEPT.c.loan, KEPT.c.state))}
            again = engine._counts.observe(life, (), exactly=True).states["due"]
            connection.rollback()
        wanted = {}
        for key, loan in enumerate(library, 1):
            facts = known(key, loan, {11: 1, 12: 0})
            facts |= {
                Fact.RETURNED: spots["returned"][key - 1],
                Fact.OWNER: spots["owner"].get(loan["item"]),
                Fact.HOME: spots["home"].get(loan["person"]),
            }
            if loan["person"] is not None:
                wanted[key] = (life.state(facts), [facts[one] for one in TOUCHED])  # type: ignore[arg-type]
        assert found == {key: state.value for key, (state, _) in wanted.items() if state is not State.DUE}
        due = sum(state is State.DUE for state, _ in wanted.values())
        assert (seen.states["due"], again) == (due, due)
        assert seen.astray == sum("GONE" in touched[:2] for _, touched in wanted.values())


_CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.mark.parametrize(
    "dialect",
    [
        "sqlite",
        pytest.param("mariadb", marks=pytest.mark.mariadb),
        pytest.param("postgresql", marks=pytest.mark.postgresql),
    ],
)
def test_units_are_told_alike(request: pytest.FixtureRequest, dialect: str) -> None:
    koha: Koha = request.getfixturevalue(f"koha_{dialect}")
    units = Units(koha)
    many = 15 if dialect == "sqlite" else 6
    settings(max_examples=many, deadline=None, suppress_health_check=_CHECKS)(examples(units.told_of))()
