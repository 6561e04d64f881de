"""Notices on a live database: templates by code, gateways by name, what cannot be read by name, never a text."""

from __future__ import annotations

import json

import pytest

from carrel.systems import map_files
from carrel.systems.secret import Secret
from carrel.systems.sql import live
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.notices import seen_notices
from tests.integration import nightly_site

KOHA = map_files.load("koha")
TEXT = "Dear <<borrowers.firstname>>, born <<borrowers.dateofbirth>>: a-word-of-the-template"
COLUMNS = "module, code, name, title, content, message_transport_type, branchcode, lang"


@pytest.mark.whole_run
def test_check_doctor_and_audit_tell_templates_and_gateways(koha, tmp_path):
    site = nightly_site.make(tmp_path, koha, policy="worcester")
    site.sql(
        f"INSERT INTO letter ({COLUMNS}) VALUES ('circulation', 'ODUE', 'o', 'o', '{TEXT}', 'email', '', 'default')",
        "INSERT INTO systempreferences (variable, value) VALUES ('SMSSendDriver', 'Elsewhere::Texts')",
    )
    for command in ("check", "doctor"):
        [line] = [one for one in json.loads(site.run(command, "--json").stdout)["checks"] if one["name"] == "notices"]
        assert line["state"] == "finding"
        assert "gateway Elsewhere::Texts" in line["detail"]
    told = site.run("audit", "--json").stdout
    settings = {one["setting"]: one["says"] for one in json.loads(told)["contradictions"]}
    assert settings["template ODUE (email)"] == "names what it need not: date of birth"
    assert "gateway Elsewhere::Texts" in settings
    assert "a-word-of-the-template" not in told
    place = site.folder / "carrel.yaml"
    place.write_text(
        place.read_text().replace("    mode: window\n", "    mode: window\n    gateways: [Elsewhere::Texts]\n")
    )
    told = site.run("audit", "--json").stdout
    assert "gateway Elsewhere::Texts" not in told


@pytest.mark.mariadb
def test_what_the_account_may_not_read_is_named(koha_mariadb):
    url = koha_mariadb.limited_user(["SELECT ON message_queue", "REFERENCES", "SELECT ON systempreferences"])
    engine = connect(Access("koha", Secret(url, "a test")), read_only=True)
    try:
        with engine.connect() as connection:
            schema = live.read(connection, KOHA, at="koha")
            seen = seen_notices(connection, KOHA.notices, schema, {}, None)
    finally:
        engine.dispose()
    assert {"templates of notices", "patrons' choices of a channel", "SMS providers"} <= set(seen.unread)
