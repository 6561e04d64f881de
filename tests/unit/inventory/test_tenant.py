"""Which tenants may run beside one another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carrel.inventory.tenant import Held, Tenant, clashes

THINGS = st.frozensets(
    st.tuples(st.sampled_from(["the folder", "the store", "the ledger's key"]), st.sampled_from("abc"))
)
HELD = st.builds(Held, st.just("koha"), st.frozensets(st.sampled_from(["here 1", "there 2", "there 3"])))
TENANTS = st.lists(
    st.builds(Tenant, st.sampled_from("uvwxyz"), THINGS, st.lists(HELD, max_size=2).map(tuple)), max_size=4
)


@given(TENANTS)
def test_the_order_makes_no_difference_and_only_what_is_shared_is_told(tenants):
    tenants = list({one.name: one for one in tenants}.values())
    found = {(frozenset({one.one, one.other}), one.what) for one in clashes(tenants)}
    assert found == {(frozenset({one.one, one.other}), one.what) for one in clashes(reversed(tenants))}
    named = {one.name: one for one in tenants}
    for pair, what in found:
        mine, theirs = (named[name] for name in sorted(pair))
        things = {kind for kind, _ in mine.belongings & theirs.belongings}
        assert what in things or any(a.overlaps(b) for a in mine.databases for b in theirs.databases)


def test_one_database_is_one_tenants_and_what_nobody_can_tell_is_no_clash():
    one, other = "here 3306 koha", "there 3306 koha"
    here, there, unknown = (Held("koha", frozenset(places)) for places in ([one], [other], []))
    assert here.overlaps(Held("ils", frozenset({one, other})))
    assert not here.overlaps(there)
    assert not unknown.overlaps(unknown)
    [clash] = clashes([Tenant("a", databases=(here,)), Tenant("b", databases=(here,)), Tenant("c")])
    assert (clash.one, clash.other, clash.what) == ("a", "b", "the database of koha")


def test_a_folder_inside_anothers_is_told() -> None:
    """A copy that one tenant writes into another's ledger would damage it."""
    elm = Tenant("elm", folder="/srv/elm", writes=("/srv/oak/ledger",))
    oak, elmo = Tenant("oak", folder="/srv/oak"), Tenant("elmo", folder="/srv/elmo")
    [clash] = clashes([elm, oak, elmo])
    assert (clash.one, clash.other, clash.what) == ("elm", "oak", "a folder that lies inside the other's")
    assert clashes([Tenant("a", folder="/srv/oak/sub"), oak])
