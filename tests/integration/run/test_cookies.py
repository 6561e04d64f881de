"""Cookies that the library's own pages set before a choice, or after a refusal, on real pages over HTTP."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import ValidationError

from carrel.cli.forms_seen import form_pages
from carrel.inventory.web_page import WebPage
from carrel.systems.policy_files import load
from carrel.systems.site_file import load_site
from carrel.systems.web_pages.cookie_look import Cookie, look
from tests.integration.run import library
from tests.integration.run.test_consent import policy

PAGE = """<html><link rel="stylesheet" href="/style.css"><link rel="author" href="http://localhost:{port}/author">
<script src="http://localhost:{port}/track.js"></script><img src="/pixel.png"><img src="data:image/png;base64,AA">
<a href="/linked">x</a></html>"""


class Web(BaseHTTPRequestHandler):
    """Pages of a library, and at another name of the same machine those of somebody else."""

    sets: dict[str, list[str]]
    asked: list[tuple[str, str, str]]
    forms: dict[str, str]

    def do_GET(self):
        host, cookie = self.headers["Host"].partition(":")[0], self.headers.get("Cookie", "")
        type(self).asked.append((host, self.path, cookie))
        assert self.headers["Sec-GPC"] == "1" or self.path in type(self).forms
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/")
        else:
            self.send_response(404 if self.path == "/pixel.png" else 200)
            self.send_header("Content-Type", "text/html")
        for one in type(self).sets.get(self.path, ()):
            if not (one.startswith("ad=") and "choice=no" in cookie):
                self.send_header("Set-Cookie", one)
        body = PAGE.replace("{port}", str(self.server.server_port)).encode() if self.path == "/" else b""
        body = type(self).forms.get(self.path, "").encode() or body
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture
def web():
    class Own(Web):
        sets, asked, forms = {}, [], {}

    server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Own.address = f"http://127.0.0.1:{server.server_port}"
    yield Own
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_without_cookies_holds_and_links_are_not_followed(web):
    seen = look(WebPage(url=f"{web.address}/"))
    assert (seen.cookies, seen.optional, seen.others, seen.unread) == ((), (), ("localhost",), "")
    assert sorted(web.asked) == [
        ("127.0.0.1", "/", ""), ("127.0.0.1", "/pixel.png", ""), ("127.0.0.1", "/style.css", ""),
        ("localhost", "/track.js", ""),
    ]  # fmt: skip


def test_own_cookies_those_of_others_of_parts_and_of_redirects_are_told(web):
    web.sets |= {
        "/": ["session=1; Path=/; HttpOnly", "ad=2; Max-Age=999"], "/away": ["hop=1"], "/pixel.png": ["px=1"],
        "/track.js": ["session=9", "track=1; SameSite=None"],
    }  # fmt: skip
    seen = look(WebPage(url=f"{web.address}/away", needed=("session",)))
    assert seen.optional == (
        Cookie("ad", "127.0.0.1"), Cookie("hop", "127.0.0.1"), Cookie("px", "127.0.0.1"),
        Cookie("session", "localhost"), Cookie("track", "localhost"),
    )  # fmt: skip
    assert Cookie("session", "127.0.0.1") in seen.cookies
    assert "999" not in repr(seen)


def test_what_is_set_after_a_refusal_is_told_as_well(web):
    page = WebPage(url=f"{web.address}/", needed=("choice",), refusal="choice=no")
    web.sets["/style.css"] = ["ad=1"]
    assert look(page).optional == (Cookie("ad", "127.0.0.1"),)
    assert ("127.0.0.1", "/style.css", "choice=no") in web.asked
    assert ("localhost", "/track.js", "choice=no") not in web.asked, "nobody else is told of the choice"
    web.sets["/"] = ["late=1"]
    assert Cookie("late", "127.0.0.1") in look(page).optional


def test_a_page_that_does_not_answer_is_never_told_as_clean(web):
    assert look(WebPage(url="http://127.0.0.1:9/")).unread
    assert look(WebPage(url=f"{web.address}/none")).unread == ""


@pytest.mark.parametrize("wrong", ["no", "a=b\r\nX: y", "a=b; c=d", "a b=c", "=x"])
def test_a_refusal_is_one_cookie_and_no_line_of_a_request(wrong):
    with pytest.raises(ValidationError):
        WebPage(url="https://www.elm.example/", refusal=wrong)
    for url in ("ftp://elm.example/", "https://me:secret@elm.example/", "elm.example", "https://elm.example/#x"):
        with pytest.raises(ValidationError):
            WebPage(url=url)


def test_the_audit_and_doctor_turn_red_and_back(web, small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)

    def told():
        clauses = {one["clause"]: one for one in json.loads(elm.run("audit", "--json").out)["clauses"]}
        checks = {one["name"]: one for one in json.loads(elm.run("doctor", "--json").out)["checks"]}
        found = clauses["MITL-8.1"].get("evidence")
        return found and found["state"], checks.get("cookies", {}).get("state")

    assert told() == (None, None)
    elm.edit("people:\n", f"web_pages:\n  - {{url: '{web.address}/', needed: [session]}}\npeople:\n")
    web.sets["/"] = ["session=1"]
    assert told() == ("holds", "ok")
    web.sets["/track.js"] = ["track=1"]
    assert told() == ("finding", "finding")
    elm.edit(web.address, "http://127.0.0.1:9")
    assert told() == ("cannot tell", "cannot tell")


def test_a_page_with_a_form_bears_the_notice_of_the_policy(web, small_sqlite, tmp_path):
    """MITP-11.2.2a: each purpose and consequence stands on the page, where a reader sees it; else a finding."""
    elm = library.make(tmp_path / "site", small_sqlite)
    policy(elm, "mit-11.2")

    def told():
        clauses = {one["clause"]: one for one in json.loads(elm.run("audit", "--json").out)["clauses"]}
        found = clauses["MITP-11.2.2a"]["evidence"]
        return found["state"], found["measured"]["of these without their notice"], found["says"]

    def seen():
        [one] = form_pages(load_site(elm.folder), load("mit-11.2"))
        return one

    assert form_pages(load_site(elm.folder), load("mit-11.2")) == ()
    elm.edit("people:\n", f"web_pages:\n  - {{url: '{web.address}/join', form: registration}}\npeople:\n")
    notice = "We ask: Teaching, learning and the services\n that support them.", "We cannot register <b>you</b>."
    whole = f"<form><label>Name</label><p>{'</p><p>'.join(notice)}</p></form>"
    web.forms["/join"] = whole
    assert told()[:2] == ("holds", 0)
    web.forms["/join"] = whole.replace("We cannot register <b>you</b>.", "<!-- We cannot register you. -->")
    state, many, says = told()
    assert (state, many) == ("finding", 1)
    assert "“We cannot register you.”" in says
    web.forms["/join"] = whole.replace("<form>", "<script>").replace("</form>", "</script>")
    assert len(seen().missing) == 2, "what only a script holds is not read"
    elm.edit("form: registration", "form: joining")
    assert "no form of that name" in seen().unread
    elm.edit("form: joining", "form: registration")
    elm.edit(web.address, "http://127.0.0.1:9")
    assert (seen().missing, told()[0]) == ((), "cannot tell")


def test_a_page_that_asks_for_an_address_warns_of_email(web, small_sqlite, tmp_path):
    """WPL-6.4: where the policy warns, a page with a form that asks for an address does."""
    elm = library.make(tmp_path / "site", small_sqlite)
    policy(elm, "mit-11.2")
    place = elm.folder / "policy.yaml"
    text = place.read_text()
    warning = "E-mail can be read by others on its way."
    place.write_text(
        text.replace("\nprecedence:\n", f"\nemail warning: {{says: {warning}, clauses: [WPL-6.4]}}\n\nprecedence:\n", 1)
        + "  WPL-6.4:\n    says: Patrons are warned.\n    carried by: [email warning]\n"
    )
    elm.edit("people:\n", f"web_pages:\n  - {{url: '{web.address}/join', form: registration}}\npeople:\n")

    def told():
        clauses = {one["clause"]: one for one in json.loads(elm.run("audit", "--json").out)["clauses"]}
        return clauses["WPL-6.4"]["evidence"]["state"]

    web.forms["/join"] = "<form>Your address, please.</form>"
    assert told() == "finding"
    web.forms["/join"] = f"<form>Your address, please. <small>{warning}</small></form>"
    assert told() == "holds"
    elm.edit(web.address, "http://127.0.0.1:9")
    assert told() == "cannot tell", "a page that does not answer is not said to warn"
    elm.edit("http://127.0.0.1:9", web.address)
    elm.edit("form: registration", "form: joining")
    assert told() == "cannot tell", "of a form that the policy does not have, nobody knows what it asks"
