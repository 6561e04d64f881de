"""Tables and triggers that come while something is carried out: never verified, and the sweep looks at them."""

from __future__ import annotations

import json

import pytest

from carrel.cli import due_night, erasure_apply, night, plan_file, premises, rectify_apply, restrict_apply, schema_watch
from carrel.cli.apply import exit_code
from carrel.cli.crew import Crew
from carrel.cli.erasure_alongside import ErasuresAlongside
from carrel.cli.run_leaves import leaves_of
from carrel.errors import CarrelError
from carrel.retention.outcome import Outcome
from carrel.retention.walk import End
from carrel.systems.site_file import load_site
from tests.integration.run import consortium, library, test_erasure, test_rectify, test_restrict
from tests.integration.run.shared_run import shared
from tests.integration.run.test_consortium import GROUPS

_KEEP = "INSERT INTO keepsake VALUES ({old}, OLD.borrowernumber, CURRENT_TIMESTAMP)"
_TRIGGERS = {
    "sqlite": "CREATE TRIGGER keep AFTER UPDATE ON {table} BEGIN {keep}; END",
    "mariadb": "CREATE TRIGGER keep AFTER UPDATE ON {table} FOR EACH ROW {keep}",
    "postgresql": "CREATE TRIGGER keep AFTER UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION kept()",
}


def keep(lib, table="old_issues", key="issue_id"):
    """A trigger that copies what is cut into a table of its own."""
    lib.sql("CREATE TABLE keepsake (issue_id INTEGER, borrowernumber INTEGER, at TIMESTAMP)")
    said, dialect = _KEEP.format(old=f"OLD.{key}"), lib.koha.dialect
    if dialect == "postgresql":
        lib.sql(f"CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {said}; RETURN NEW; END $$")
    lib.sql(_TRIGGERS[dialect].format(table=table, keep=said))


def let_go(lib, table="old_issues"):
    lib.sql("DROP TRIGGER keep" + (f" ON {table}" if lib.koha.dialect == "postgresql" else ""), "DROP TABLE keepsake")


def kept(lib):
    return lib.koha.rows("SELECT count(*) FROM keepsake")[0][0]


@pytest.fixture
def elm(small_sqlite, tmp_path):
    return library.make(tmp_path / "site", small_sqlite)


@pytest.mark.everywhere
def test_a_copy_made_while_a_run_goes_on_is_swept_and_not_verified(small):
    place = small.approved()
    with premises.enter(small.folder, None, read_only=False) as here:
        keep(small)
        report = night.run_plan(here, plan_file.read(here.store, place))
    assert report.tally.loans > 0
    assert kept(small) >= report.tally.loans
    assert (report.outcome, report.complete) == (Outcome.UNVERIFIED, True)
    assert any("old_issues.keep" in one for one in report.schema_changes), report.schema_changes
    assert any("keepsake" in one for one in report.schema_changes)
    assert any(attack.table == "keepsake" and attack.hits for attack in report.failing)
    told = leaves_of(report)[1].fields
    assert (exit_code(report), told["outcome"], told["verified"]) == (5, "unverified", 0)
    assert any(one.table == "keepsake" for one in report.open_joins)  # of which every later run and look tells


class _Meddles(ErasuresAlongside):
    """Whoever changes the tables after the first chunk."""

    def __init__(self, here, change):
        super().__init__(here)
        self._change, self._done = change, False

    def begin(self):
        """Wait for the first chunk."""

    def committed(self):
        if not self._done:
            self._done = True
            self._change()


def test_a_run_halts_before_the_next_chunk_and_is_not_verified_whoever_ends_it(small, monkeypatch):
    monkeypatch.setattr(schema_watch, "LOOK_SECONDS", 0.0)
    small.edit("mode: window", "mode: desk")
    place = small.approved()
    with premises.enter(small.folder, None, read_only=False) as here:
        plan = plan_file.read(here.store, place)
        with pytest.raises(CarrelError) as wrong:
            night.run_plan(here, plan, Crew(), _Meddles(here, lambda: keep(small)))
        told = wrong.value.faults[0]
        broken = here.store.runs.unfinished("koha")
    assert (wrong.value.code, "old_issues.keep: unknown trigger" in told.found) == ("RUN-016", True)
    assert broken.loans > 0
    assert told.changed == f"finished chunks stand: at least {broken.loans} loans are cut; the same command goes on"
    assert kept(small) == 0
    small.refused("apply", place, code=4, error="MAP-003")
    let_go(small)
    run = small.ok("apply", place, code=5)["run"]
    assert (run["id"], run["complete"], run["outcome"]) == (broken.id, True, "applied, unverified")
    assert any("old_issues.keep" in one for one in run["schema_changes"])


def test_no_worker_begins_another_job_before_all_is_as_it_was(small_server):
    small = small_server
    with shared(small) as run:
        with run.worker(leads=True) as one:
            keep(small)
            with pytest.raises(CarrelError) as wrong:
                one.until_done()
        assert wrong.value.code == "RUN-016"
        assert kept(small) == 0
        let_go(small)
        with run.worker(leads=True) as one:
            assert one.until_done() is End.FINISHED
        assert "old_issues.keep" in run.here.store.runs.beside_changes(run.run.id)  # it is not verified for all that


@pytest.fixture
def several(small_sqlite, tmp_path):
    """Branches in two groups, one with a policy of its own."""
    made = library.make(tmp_path / "site", small_sqlite)
    made.sql(
        GROUPS,
        "INSERT INTO library_groups VALUES (1, NULL, NULL, 'NORTH'), (2, NULL, NULL, 'SOUTH'), (3, 1, 'CPL', NULL)",
    )
    consortium.write_policies(made.folder, consortium.PERIODS)
    made.edit("consumers:\n", consortium.branches(NORTH="a") + "consumers:\n")
    return made


JUDGED = {
    "units: other policies govern some": "UPDATE library_groups SET parent_id = 2 WHERE id = 3",
    "units: a policy is named for a unit that does not exist": "DELETE FROM library_groups WHERE id = 1",
    "the anonymous patron: another one, or none": "UPDATE systempreferences SET value = '' WHERE variable = 'AnonymousPatron'",
}


@pytest.mark.parametrize("told", JUDGED)
def test_what_rows_are_judged_by_changes_while_a_run_goes_on(several, told):
    place = several.approved()
    with premises.enter(several.folder, None, read_only=False) as here:
        plan = plan_file.read(here.store, place)
        report = night.run_plan(here, plan, Crew(), _Meddles(here, lambda: several.sql(JUDGED[told])))
    assert report.tally.loans > 0
    assert (report.outcome, report.schema_changes) == (Outcome.UNVERIFIED, (told,))


def test_no_worker_begins_another_job_when_a_branch_comes_under_another_policy(several):
    with shared(several) as run, run.worker(leads=True) as one:
        several.sql(next(iter(JUDGED.values())))
        with pytest.raises(CarrelError) as wrong:
            one.until_done()
    assert (wrong.value.code, wrong.value.faults[0].found) == ("RUN-016", next(iter(JUDGED)))


def test_a_night_tells_what_changed(elm, monkeypatch):
    elm.approved()
    carried_out = night.run_plan

    def beside(here, *rest):
        keep(elm)
        return carried_out(here, *rest)

    monkeypatch.setattr(night, "run_plan", beside)
    site = load_site(elm.folder)
    found = due_night.run_system(elm.folder, site.systems[0], premises.now())
    assert (found.went, found.exit, found.codes) == (due_night.Went.UNVERIFIED, 5, ("RUN-016",))
    assert any("old_issues.keep" in line for line in found.why)


def test_an_erasure_beside_a_new_trigger_is_not_verified_and_not_over(elm):
    test_erasure.subject(elm)
    place, _ = test_erasure.planned(elm)
    elm.approve(place)
    with premises.enter(elm.folder, None, read_only=False) as here:
        plan = plan_file.read_erasure(here.store, place)
        keep(elm, "borrowers", "borrowernumber")
        report = erasure_apply.run(here, plan)
        assert (report.outcome, report.case.state) == (Outcome.UNVERIFIED, "running")
        assert any("borrowers.keep" in one for one in report.schema_changes), report.schema_changes
    let_go(elm, "borrowers")
    done = elm.ok("apply", place)["erasure"]
    assert (done["outcome"] in {"verified", "applied, residue until"}, done["schema_changes"]) == (True, [])


def test_a_correction_and_a_restriction_beside_a_new_trigger_are_not_verified(elm):
    test_rectify.subject(elm)
    place, _ = test_rectify.planned(elm)
    elm.approve(place)
    with premises.enter(elm.folder, None, read_only=False) as here:
        plan = plan_file.read_person(here.store, place)
        keep(elm, "borrowers", "borrowernumber")
        report = rectify_apply._run(here, plan)
        assert (report.outcome, kept(elm) > 0) == (Outcome.UNVERIFIED, True)
    let_go(elm, "borrowers")
    assert elm.ok("apply", place, code=5)["rectification"]["outcome"] == "applied, unverified"

    place, _ = test_restrict.planned(elm, test_restrict.ASK)
    elm.approve(place)
    with premises.enter(elm.folder, None, read_only=False) as here:
        plan = plan_file.read_person(here.store, place)
        keep(elm, "borrowers", "borrowernumber")
        report = restrict_apply._restrict(here, plan)
        assert report.case.outcome is Outcome.UNVERIFIED
        assert any("borrowers.keep" in one for one in report.schema_changes), json.dumps(report.schema_changes)
