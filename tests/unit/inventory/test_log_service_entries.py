"""Log services in a site file: what an entry must say, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from carrel.inventory.log_service import LogService

PART = {"index": "logs-web-*", "record": "access logs", "purpose": "improve"}
REACHED = {"name": "vendor", "interface": "elasticsearch", "url": "https://logs.example:9243/es", "api_key_file": "k",
           "indices": [PART]}  # fmt: skip
CLOSED = {"name": "it", "interface": "none", "attested_by": "Ida", "indices": [{**PART, "index": None}]}


def wrong(body: dict[str, Any], **change: Any) -> str:
    told = {name: value for name, value in {**body, **change}.items() if value is not None}
    with pytest.raises(ValidationError) as found:
        LogService.model_validate(told)
    return str(found.value)


def test_what_is_written_rightly_is_taken() -> None:
    assert LogService.model_validate(REACHED).address.path == "/es"
    for here in ("localhost:9200", "127.0.0.1:9200", "[::1]:9200"):
        assert LogService.model_validate({**REACHED, "url": f"http://{here}"}).reached
    signed = {**REACHED, "api_key_file": None, "user": "u", "password_file": "p"}
    assert LogService.model_validate({k: v for k, v in signed.items() if v is not None}).user == "u"
    assert not LogService.model_validate(CLOSED).reached
    assert LogService.model_validate(CLOSED).parts[0].name == "access logs"


@pytest.mark.parametrize(
    ("body", "change", "word"),
    [
        (REACHED, {"url": "http://logs.example"}, "in the clear"),
        (REACHED, {"url": "https://u:p@logs.example"}, "without account"),
        (REACHED, {"url": "https://logs.example?x=1"}, "without account"),
        (REACHED, {"url": "ftp://logs.example"}, "write 'url:'"),
        (REACHED, {"url": "https://logs.example:99999"}, "write 'url:'"),
        (REACHED, {"url": "https://"}, "write 'url:'"),
        (REACHED, {"url": None}, "write 'url:'"),
        (REACHED, {"user": "u"}, "either"),
        (REACHED, {"api_key_file": None}, "either"),
        (REACHED, {"api_key_file": None, "user": "u"}, "either"),
        (REACHED, {"attested_by": "Ida"}, "interface: none"),
        (REACHED, {"indices": [{**PART, "index": None}]}, "write 'index:'"),
        (REACHED, {"indices": [PART, PART]}, "once"),
        (REACHED, {"indices": []}, "at least 1"),
        *((REACHED, {"indices": [{**PART, "index": one}]}, "small letters")
          for one in ("*", "_all", "-logs", "a*", "Logs-x", "a,b-c", "remote:logs-x", "logs/../x", "logs..x", "<logs-{now}>")),
        (CLOSED, {"url": "https://logs.example"}, "no address"),
        (CLOSED, {"api_key_file": "k"}, "no address"),
        (CLOSED, {"indices": [PART]}, "no names of indices"),
        (CLOSED, {"attested_by": None}, "attested_by"),
    ],
)  # fmt: skip
def test_what_is_written_wrongly_is_told(body: dict[str, Any], change: dict[str, Any], word: str) -> None:
    assert word in wrong(body, **change)


def test_another_way_or_field_is_another_entry() -> None:
    service = LogService.model_validate(REACHED)
    other = [{**PART, "time_field": "when"}]
    for change in ({"url": "https://b.example"}, {"delete": "events"}, {"indices": other}, {"interface": "opensearch"}):
        assert LogService.model_validate({**REACHED, **change}).entry != service.entry
