"""The published RFC 6962 proofs (transparency-dev/merkle), good and bad, and the published roots."""

import base64
import json
import os
from pathlib import Path

import pytest

from carrel.ledger import merkle

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "merkle" / "proofs.json"

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def published():
    if not VECTORS.exists():
        return {}
    return json.loads(VECTORS.read_text())


CASES = published()


def raw(text):
    return base64.b64decode(text or "", validate=True)


def test_the_published_cases_are_all_here():
    if not CASES:
        if os.environ.get("CI") == "true":
            pytest.fail("the published vectors are not beside the checkout")
        pytest.skip("the published vectors are not beside the checkout")
    assert len(CASES) == 196


@pytest.mark.parametrize("name", sorted(CASES))
def test_published_proof(name):
    case = CASES[name]
    proof = [raw(step) for step in case["proof"] or []]
    if name.startswith("inclusion/"):
        good = merkle.verify_inclusion(
            case["leafIdx"], case["treeSize"], raw(case["leafHash"]), raw(case["root"]), proof
        )
    else:
        good = merkle.verify_consistency(case["size1"], case["size2"], raw(case["root1"]), raw(case["root2"]), proof)
    assert good is not case["wantErr"], case["desc"]


@pytest.mark.parametrize("size", range(9))
def test_published_root(size):
    hashes = merkle.leaf_hashes([bytes.fromhex(leaf) for leaf in LEAVES[:size]])
    assert merkle.root_of(hashes).hex() == ROOTS[size]
    if size:
        assert merkle.range_root(0, size, merkle.node_in(hashes)).hex() == ROOTS[size]
    if hashes:
        assert merkle.leaf_hash(bytes.fromhex(LEAVES[size - 1])) == hashes[-1]
