"""A notice about a hold bears the hold's number, which can be that of an aged loan: it leads to nobody who had it."""

from __future__ import annotations

import pytest

from tests.integration.evergreen import person_site
from tests.integration.run import consortium

pytestmark = pytest.mark.postgresql
_SAME = """
    SELECT count(*) FROM action_trigger.event e
    JOIN action_trigger.event_definition d ON d.id = e.event_def
    JOIN action_trigger.hook h ON h.key = d.hook
    JOIN action.aged_circulation a ON a.id = e.target
    WHERE h.core_type = 'ahr'
"""


@pytest.mark.deep
def test_a_holds_number_is_no_loans(evergreen, tmp_path):
    here = person_site.make(tmp_path / "site", evergreen)
    consortium.write_policies(here.folder, {"rest": "7 days"})  # holds and their notices stay
    while not here.ok("apply", here.approved())["run"]["complete"]:
        pass
    [(alike,)] = evergreen.rows(_SAME)
    assert alike > 10
    swept = here.run("sweep", "--json").told  # words of messages, which no rule of this policy reaches, may be told
    assert swept["swept"] > 100
    found = {one["table"] for one in swept["attacks"] if one["hits"] and one["severity"] == "singles out"}
    assert found == set()
