"""Two addresses of one database: by name on one server, and by the cluster that two servers are nodes of."""

from __future__ import annotations

import pytest

from carrel.systems.sql.whereabouts import Whereabouts

CLUSTER = "6b1a3f0e-7f4d-11ee-9d3c-2f6c1a2b3c4d"


@pytest.mark.parametrize(
    ("mine", "theirs", "folds", "same"),
    [
        ("koha", "koha", False, True),
        ("koha", "Koha", False, False),
        ("koha", "Koha", True, True),
        ("koha", "koha_copy", True, False),
    ],
)
def test_names_of_one_server_are_compared_as_the_server_does(mine: str, theirs: str, folds: bool, same: bool) -> None:
    one, other = Whereabouts("mariadb", mine, folds), Whereabouts("mariadb", theirs, folds)
    assert one.same_name(other) is other.same_name(one) is same


def test_nodes_of_one_cluster_hold_the_same_rows_and_servers_without_one_do_not() -> None:
    node = Whereabouts("mariadb", "koha", cluster=CLUSTER)
    assert node.same_cluster(Whereabouts("mariadb", "koha", cluster=CLUSTER))
    assert not node.same_cluster(Whereabouts("mariadb", "koha", cluster=CLUSTER.replace("6b", "7c")))
    alone = Whereabouts("mariadb", "koha")
    assert not node.same_cluster(alone)
    assert not alone.same_cluster(alone)
