"""A number in the audit log that is a copy's is no reader's, though some reader has the same number."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from carrel.systems.sample import build
from tests.integration.conftest import AS_OF, Koha
from tests.integration.run import library
from tests.integration.run.conftest import SMALL
from tests.integration.sweep_rig import Rig, hit

SECOND = ("second", "action_logs")


@pytest.mark.parametrize(
    ("module", "leads_back"),
    [
        ("CATALOGUING", False),
        pytest.param("HOLDS", False, marks=pytest.mark.deep),
        pytest.param("MEMBERS", True, marks=pytest.mark.deep),
        ("A PLUGIN'S", True),
        pytest.param(None, True, marks=pytest.mark.deep),
    ],
)
def test_only_a_number_that_can_be_the_readers_leads_back(small_sqlite, module, leads_back):
    """A row of the loan's own second; of a module that the map does not know, the number may be anybody's."""
    rig = Rig(small_sqlite)
    drawn = rig.draw(40)
    rig.cut()
    assert SECOND not in hit(rig.look(drawn), "discovered")
    pair = next(one for one in drawn if one.loan.closed is not None)
    rig.sql(
        "INSERT INTO action_logs (timestamp, user, module, action, object, info, interface) "
        "VALUES (:at, 0, :module, 'MODIFY', :number, 'x', 'intranet')",
        at=str(pair.loan.closed), module=module, number=pair.person.key,
    )  # fmt: skip
    assert (SECOND in hit(rig.look(drawn), "discovered")) is leads_back


@pytest.mark.deep
def test_a_library_in_which_a_copy_changed_in_the_second_of_a_loan_of_its_numbers_reader(tmp_path):
    """Of invented libraries as small as this one, that with seed 103: a night there ended unverified."""
    url = f"sqlite:///{tmp_path / 'koha.db'}"
    engine = sa.create_engine(url)
    koha = Koha(url, "sqlite", build(engine, SMALL, 103, AS_OF))
    engine.dispose()
    meeting = (
        "SELECT a.object FROM action_logs a JOIN old_issues o ON o.borrowernumber = a.object "
        "WHERE a.module = 'CATALOGUING' AND (abs(strftime('%s', a.timestamp) - strftime('%s', o.issuedate)) <= 2 "
        "OR abs(strftime('%s', a.timestamp) - strftime('%s', o.returndate)) <= 2)"
    )
    assert koha.rows(meeting)
    here = library.make(tmp_path / "site", koha, policy="worcester")
    here.sql("DELETE FROM saved_sql")  # reports that name readers lead the sweep back
    here.dispose()
    assert here.run("verify").code == 0
    koha.dispose()
