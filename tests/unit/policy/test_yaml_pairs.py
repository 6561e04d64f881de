"""Signs beyond 16 bits, as JSON writes them: two escapes are one sign, and half of one is none."""

import pytest

from carrel.policy.yaml_source import read_yaml


def test_a_pair_of_escapes_is_one_sign():
    source = read_yaml(r'{"name": "Ann \ud83d\ude00", "\ud83d\ude00": "x"}', "request")
    assert source.data == {"name": "Ann \U0001f600", "\U0001f600": "x"}
    assert source.faults == []


@pytest.mark.parametrize("text", [r'{"name": "Ann \ud83d"}', r'{"name": "\ude00\ud83d"}'])
def test_half_of_a_pair_is_refused(text):
    assert read_yaml(text, "request").faults
