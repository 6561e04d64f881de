"""Formats as servers write them: read, found by their lines, refused where nobody could know the fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from carrel.deidentification.logs.log_detection import detected, require_detected
from carrel.deidentification.logs.log_field import Kind
from carrel.deidentification.logs.log_format import parse_format
from carrel.deidentification.logs.log_setting import format_text
from carrel.deidentification.logs.log_time import Precision, TimeForm
from carrel.errors import CarrelError
from carrel.systems.logs.known_formats import HEADERS, format_of, known_formats

# Shaped like published lines, in which names stand where no manual says: a directory's name as user, a session in the
# second field or in place of the user, groups at the end.
SHAPED = {
    "combined": b"50.50.50.50 - uid=jdoe417c,ou=people,dc=example,dc=org [27/Mar/2012:06:52:44 +0200] "
    b'"GET /http/www.jstor.org/stable/pii/S0000000000000001 HTTP/1.1" 200 45022 "-" "Mozilla/5.0"',
    "ezproxy-groups": b"120.120.120.120 pK7sWmZqYtBvNcX 0 [05/Mar/2012:00:07:21 +0100] "
    b'"GET http://search.proquest.com:80/science?_user=576460&_cid=271641 HTTP/1.1" 200 1293589 Default+staff',
    "common": b"80.80.80.80 - rHdGfLwQzXcVbNm [20/Nov/2011:17:45:50 +0100] "
    b'"GET http://search.proquest.com:80/science?_user=4886261&_cid=271686 HTTP/1.1" 200 162009',
}


def kinds(text: str) -> list[str]:
    return [one.kind.value for one in parse_format(text, "x", HEADERS).fields]


def test_three_ways_to_write_a_format() -> None:
    wanted = ["address", "session", "person", "time", "request", "status", "size", "referrer", "agent"]
    combined = r'LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" combined'
    assert kinds(combined) == kinds(combined.removesuffix(" combined")) == wanted
    assert kinds('%h %l %u %t "%r" %200,304!s %b'.replace("%200,304!s", "%!200,304s")) == wanted[:7]
    dollar = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "${http_user_agent}"'
    assert kinds(dollar) == [one for one in wanted if one != "session"]
    assert kinds(r"{time %F %T}\t{word events}\t{address}") == ["time", "word", "address"]
    assert kinds("%{ezproxy-session}i %{ezproxy-dbvar3}i %{%Y/%m/%d:%H:%M:%S}t %{nobody}e") == [
        "session", "free", "time", "free",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "alone"),
    [
        (r'LogFormat "%h \"%r\" %>s" vhost_common', '%h "%r" %>s'),
        (r'logformat "%h \"%r\" %>s"', '%h "%r" %>s'),
        ('LogFormat %h "%r" %s "%{Referer}i"', '%h "%r" %s "%{Referer}i"'),
        (r"LogSPU -strftime log/spu%Y%m.log %h\t%u\t%U", "%h\t%u\t%U"),
        ("LogSPU spu.log %h %U", "%h %U"),
        (
            """log_format  main  '$remote_addr [$time_local] "$request" '
                      '$status "$http_referer"';""",
            '$remote_addr [$time_local] "$request" $status "$http_referer"',
        ),
        ("""log_format j escape=json '{"ip":"$remote_addr","at":"$time_iso8601"}';""",
         '{"ip":"$remote_addr","at":"$time_iso8601"}'),
        (r'log_format one "$remote_addr \"$request\"" ;', '$remote_addr "$request"'),
        ("log_format one $remote_addr;", "$remote_addr"),
        ("""'%h "%r"'""", '%h "%r"'),
        ('"%h" "%u"', '"%h" "%u"'),
    ],
)  # fmt: skip
def test_a_format_may_be_copied_with_the_line_that_it_stands_in(setting: str, alone: str) -> None:
    assert format_text(setting) == alone
    assert parse_format(setting, "x", HEADERS) == parse_format(alone, "x", HEADERS)


def test_a_line_of_settings_that_is_none_takes_no_time() -> None:
    odd = "log_format main " + "a" * 50_000 + "'"
    assert format_text(odd) == odd


@pytest.mark.parametrize(
    "text",
    ["", "no field", "%h%u", "%{%H:%M}t %h", "{nothing known} %%", "{message} {address}", "{time}", "{word}", "%X %k",
     "{address}\n{person}", "{time %d/%q/%Y} {address}", "{time %d/%d/%Y} {address}"],
)  # fmt: skip
def test_a_text_that_describes_no_format_is_refused(text: str) -> None:
    with pytest.raises(CarrelError) as told:
        parse_format(text, "x", HEADERS)
    assert told.value.code == "LOG-001"
    assert told.value.faults[0].fix


@pytest.mark.parametrize("name", sorted(SHAPED))
def test_lines_with_names_in_odd_places_are_found(name: str) -> None:
    found = detected([SHAPED[name]], known_formats())
    assert found is not None
    assert found.name == name


def test_each_known_format_is_found_by_its_own_lines_and_no_rubbish_is() -> None:
    assert detected([], known_formats()) is None
    assert detected([b"", b"  "], known_formats()) is None
    with pytest.raises(CarrelError) as told:
        require_detected([b"jane@x.org read a book"] * 9 + [SHAPED["common"]], known_formats(), "a.log")
    assert told.value.code == "LOG-002"
    assert "jane" not in str(told.value)
    assert "common 1" in told.value.faults[0].found
    assert format_of("nginx") == format_of("combined")


def test_a_line_whose_time_is_none_does_not_fit() -> None:
    odd = SHAPED["common"].replace(b"20/Nov/2011", b"39/Nov/2011")
    assert detected([odd], known_formats()) is None


def test_times_are_read_strictly_and_written_as_coarse_as_wanted() -> None:
    form = TimeForm("%d/%b/%Y:%H:%M:%S %z")
    moment = form.read(b"05/Mar/2026:23:07:21 -0330")
    assert moment is not None
    assert moment.utcoffset() == -timedelta(hours=3, minutes=30)
    assert form.write(moment, Precision.SECOND) == b"05/Mar/2026:23:07:21 -0330"
    assert form.write(moment, Precision.HOUR) == b"05/Mar/2026:23:00:00 -0330"
    assert form.write(moment, Precision.DAY) == b"05/Mar/2026:00:00:00 -0330"
    for odd in (b"31/Feb/2026:01:01:01 +0000", b"05/Mar/2026:24:07:21 +0000", b"05/Mar/2026:23:07:21 +0007",
                b"05/Mar/2026:23:07:21 +1545", b"05/Mar/1921:23:07:21 +0000", b"5/Mar/2026:23:07:21 +0000"):  # fmt: skip
        assert form.read(odd) is None, odd
    assert TimeForm("%s").read(b"1772665641") == datetime(2026, 3, 4, 23, 7, 21, tzinfo=UTC)
    iso = TimeForm("%Y-%m-%dT%H:%M:%S%:z")
    for text in (b"2026-03-05T00:07:21+05:45", b"2026-03-05T00:07:21Z"):
        read = iso.read(text)
        assert read is not None
        assert iso.read(iso.write(read, Precision.SECOND)) == read
    assert TimeForm("%T,%f on %d.%m.%Y").write(moment, Precision.MINUTE) == b"23:07:00,0 on 05.03.2026"


def test_every_known_format_has_a_time_or_is_bare_messages() -> None:
    for one in known_formats():
        assert any(field.kind is Kind.TIME for field in one.fields) or one.name == "sip2-bare"
