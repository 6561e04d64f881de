import pytest
from tests.integration.evergreen import person_site
@pytest.mark.parametrize("policy", ["worcester"])
def test_plan(site, evergreen, tmp_path, policy):
    site = person_site.make(tmp_path/"two", evergreen, policy=policy)
    for _ in range(6):
        place = site.plan()
        site.approve(place, *site.waiver)
        a = site.run("apply", place, "--json")
        if a.code: print(a.text[:3000])
        if a.code or a.told["run"]["complete"]: break
    print(str(a.text)[:3500])
    print(site.run("verify").text)
    assert 0
