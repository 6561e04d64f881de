"""A name of a site never keeps a run out of the ledger, and never puts a number into it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from carrel.cli.run_leaves import leaves_of_abandoned
from carrel.ledger.leaf import decode_leaf
from carrel.ledger.leaf_fields import CELLS, SLUG
from carrel.ledger.word import slug
from carrel.retention.outcome import Outcome
from carrel.retention.stage import Stage
from carrel.store.run import Run
from tests.unit.store.plan_values import NOW, plan

NAMES = st.text(max_size=120) | st.from_regex(r"[A-Za-z0-9_.-]{1,90}", fullmatch=True) | st.from_regex(r"[0-9-]{1,40}")


@given(NAMES)
def test_any_name_becomes_a_word_that_the_ledger_takes(name):
    for word in (slug(name), slug(name, "._/")):
        assert SLUG.allows(word)
        assert CELLS.allows([f"{word}:12"])
        assert not re.search(r"[0-9]{5}", word)


@given(st.sampled_from(["mit-libraries", "mit-11.2", "owwl", "koha", "koha-2", "old_issues.update"]))
def test_a_word_that_the_ledger_takes_as_it_is_stays(name):
    assert slug(name, "._/") == name


@given(system=NAMES, table=NAMES, policy=NAMES, loans=st.integers(0, 30))
def test_the_leaves_of_an_abandoned_run_can_be_made_of_any_names(system, table, policy, loans):
    from dataclasses import replace

    made = plan(system=system, policy=policy)
    made = replace(made, paths=tuple(replace(path, table=table) for path in made.paths))
    run = Run(
        "r", system, made.digest, Stage.THOUSAND, False, "me", "abandoned", Outcome.UNVERIFIED, NOW, NOW,
        loans, {"loan": loans, "gone": 3}, {}, 0, 1, 0, 0.1,
    )  # fmt: skip
    _, told = leaves_of_abandoned(made, run)
    assert decode_leaf(told.encode()) == told
    assert told.fields["reason"] == "abandoned"
    assert told.fields["verified"] == 0
