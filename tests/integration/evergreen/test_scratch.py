from datetime import UTC
import pytest
from carrel.systems import policy_files
def test_plan(site):
    print(site.run("plan", "--as", "Cal Example", "--out", site.folder/"plan.json").text)
    assert 0
