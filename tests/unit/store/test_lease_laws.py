"""Whatever owners do in whatever order, a lease has at most one of them, and nobody loses one before its time."""

from __future__ import annotations

import tempfile
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from carrel.errors import CarrelError
from carrel.store.store import Store
from tests.unit.store.plan_values import NOW

OWNERS = st.sampled_from(["one", "two", "three"])
TTL = timedelta(seconds=60)


class LeaseMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.open(self.folder.name + "/carrel.sqlite3")
        self.now = NOW
        self.holder: str | None = None
        self.until = NOW

    @rule(seconds=st.integers(0, 90))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(owner=OWNERS)
    def acquire(self, owner: str) -> None:
        free = self.holder in (None, owner) or self.now >= self.until
        try:
            self.store.leases.acquire("koha", owner, TTL, self.now)
        except CarrelError as refused:
            assert refused.code == "RUN-001"
            assert not free
        else:
            assert free
            self.holder, self.until = owner, self.now + TTL

    @rule(owner=OWNERS)
    def renew(self, owner: str) -> None:
        try:
            self.store.leases.renew("koha", owner, TTL, self.now)
        except CarrelError as refused:
            assert refused.code == "RUN-002"
            assert owner != self.holder
        else:
            assert owner == self.holder
            self.until = self.now + TTL

    @rule(owner=OWNERS)
    def release(self, owner: str) -> None:
        self.store.leases.release("koha", owner, self.now)
        if owner == self.holder:
            self.holder, self.until = None, self.now

    @invariant()
    def one_holder(self) -> None:
        if not hasattr(self, "store"):
            return
        found = self.store.leases.holder("koha", self.now)
        expected = self.holder if self.now < self.until else None
        assert (found.owner if found else None) == expected

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()


LeaseMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestLeases = LeaseMachine.TestCase
