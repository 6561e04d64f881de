"""A log service on a socket: the requests of Elasticsearch and OpenSearch that Carrel makes, and faults to order.

A stand-in: neither product can be installed where the tests run. It answers as their published interfaces say, asks for
a key and for the privilege of each request, and keeps a list of what it was asked.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.integration.servers.log_cluster import Cluster, Index, Task, counted

KEY, USER, PASSWORD = "bG9n-heron-Slate-73", "carrel", "heron-Slate-74"
LOOK = {"monitor", "read_ilm", "monitor_snapshot", "read", "view_index_metadata"}
ALL = LOOK | {"delete", "maintenance", "delete_index", "manage_index"}
Reply = tuple[int, Any]
_SHARDS = {"total": 2, "successful": 2, "skipped": 0, "failed": 0}


@dataclass
class Fault:
    """What a request meets instead of its answer.

    Args:
        path: pattern of ``METHOD /path``.
        act: the reply, bytes for the socket, or None where the connection ends without an answer; by the right reply.
        times: how often; -1 for always.
        after: whether the request is carried out first.
    """

    path: str
    act: Callable[[Reply], Any]
    times: int = -1
    after: bool = False


@dataclass
class LogServer:
    """One running service.

    Args:
        cluster: what it keeps.
        rights: of the key.
        faults: to order; the first that fits is met.
        asked: each ``METHOD /path`` in turn.
        date: by how much the date of answers is off; none is told where it is None.
        clock: by how much the clock of its health is off.
    """

    cluster: Cluster
    rights: set[str] = field(default_factory=lambda: set(ALL))
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    hooks: dict[str, Callable[[], None]] = field(default_factory=dict)  # pattern → what happens before it is answered
    date: timedelta | None = None
    clock: timedelta = timedelta()
    http: ThreadingHTTPServer | None = None
    certificate: Path | None = None

    @property
    def port(self) -> int:
        assert self.http is not None
        return int(self.http.server_address[1])

    def entry(self, indices: str, more: str = "") -> str:
        """Lines of a site file."""
        way = f"url: 'https://localhost:{self.port}', ca_file: {self.certificate}"
        if self.certificate is None:
            way = f"url: 'http://127.0.0.1:{self.port}'"
        return (
            f"log_services:\n  - {{name: vendor, interface: {self.cluster.product}, {way}, {more}"
            f"api_key_file: logs.dsn, indices: [{indices}]}}\n"
        )

    # -- answering ---------------------------------------------------------------------------------------------------

    def reply(self, method: str, path: str, query: dict[str, str], body: Any, mark: str) -> Reply:
        """The answer to one request of somebody who is signed in."""
        for pattern, kinds, right, act in _ROUTES:
            if method in kinds and (found := re.fullmatch(pattern, path)):
                if self.cluster.serverless and right in {"read_ilm", "serverless_none", "monitor_snapshot"}:
                    return 410, _error(410, "api_not_available_exception")
                if right and right not in self.rights and right != "serverless_none":
                    return 403, _error(403, "security_exception")
                words = [unquote(one) for one in found.groups()]
                with self.cluster.lock:
                    return act(self, words, query, body, mark)
        return 400, {"error": f"no handler found for uri [{path}] and method [{method}]", "status": 400}


def _error(status: int, kind: str) -> dict[str, Any]:
    reason = {"type": kind, "reason": "of patron Ishmael Quill"}  # a text that must not be passed on
    return {"error": {"root_cause": [reason], **reason}, "status": status}


_Act = Callable[[LogServer, list[str], dict[str, str], Any, str], Reply]


def _root(server: LogServer, *_: Any) -> Reply:
    version: dict[str, Any] = {"number": server.cluster.version}
    if server.cluster.product == "opensearch":
        version["distribution"] = "opensearch"
    elif server.cluster.serverless:
        version["build_flavor"] = "serverless"
    return 200, {"name": "node-1", "cluster_name": "logs", "version": version}


def _health(server: LogServer, *_: Any) -> Reply:
    return 200, [{"epoch": str(int((datetime.now(UTC) + server.clock).timestamp()))}]


def _exact(server: LogServer, name: str) -> Index | None:
    return server.cluster.indices.get(name)


def _none(name: str) -> Reply:
    return 404, _error(404, "index_not_found_exception") | {"index": name}


def _resolve(server: LogServer, words: list[str], *_: Any) -> Reply:
    cluster, found = server.cluster, server.cluster.named(words[0])
    import fnmatch

    streams = [name for name in cluster.streams if fnmatch.fnmatchcase(name, words[0])]
    named = [one for one in found if fnmatch.fnmatchcase(one.name, words[0])]
    if not (named or streams or found) and "*" not in words[0]:
        return _none(words[0])
    rows = []
    for one in named:
        body: dict[str, Any] = {"name": one.name, "attributes": ["closed" if one.closed else "open"]}
        if one.aliases:
            body["aliases"] = sorted(one.aliases)
        if (stream := cluster.stream_of(one.name)) is not None:
            body["data_stream"] = stream
        rows.append(body)
    aliases: dict[str, list[str]] = {}
    for one in found:
        for alias in one.aliases:
            if fnmatch.fnmatchcase(alias, words[0]):
                aliases.setdefault(alias, []).append(one.name)
    return 200, {
        "indices": rows,
        "aliases": [{"name": name, "indices": names} for name, names in aliases.items()],
        "data_streams": [
            {"name": name, "backing_indices": cluster.streams[name]["indices"], "timestamp_field": "@timestamp"}
            for name in streams
        ],
    }


def _settings(server: LogServer, words: list[str], query: dict[str, str], *_: Any) -> Reply:
    found = server.cluster.named(words[0])
    if not found and "*" not in words[0]:
        return _none(words[0])
    assert query["flat_settings"] == "true"
    own = {"index.number_of_replicas": "1"}
    shut = {"index.verified_before_close": "true"}
    return 200, {
        one.name: {"settings": {**own, "index.uuid": one.uuid, **one.settings, **(shut if one.closed else {})}}
        for one in found
    }


def _set(server: LogServer, words: list[str], _query: dict[str, str], body: Any, _mark: str) -> Reply:
    index = _exact(server, words[0])
    if index is None:
        return _none(words[0])
    for key, value in body.items():
        index.settings.pop(key, None) if value is None else index.settings.update({key: str(value).lower()})
    return 200, {"acknowledged": True}


def _block(server: LogServer, words: list[str], *_: Any) -> Reply:
    index = _exact(server, words[0])
    if index is None:
        return _none(words[0])
    index.settings["index.blocks.write"] = "true"
    return 200, {"acknowledged": True, "shards_acknowledged": True, "indices": [{"name": index.name, "blocked": True}]}


def _alias(server: LogServer, words: list[str], *_: Any) -> Reply:
    return 200, {one.name: {"aliases": one.aliases} for one in server.cluster.named(words[0])}


def _fields(server: LogServer, words: list[str], *_: Any) -> Reply:
    name = words[1]
    found = {}
    for one in server.cluster.named(words[0]):
        kind = one.kinds.get(name)
        told = {} if kind is None else {name: {"full_name": name, "mapping": {name.rpartition(".")[2]: {"type": kind}}}}
        found[one.name] = {"mappings": told}
    return 200, found


def _stream(server: LogServer, words: list[str], *_: Any) -> Reply:
    body = server.cluster.streams.get(words[0])
    if body is None:
        return _none(words[0])
    indices = [
        {"index_name": name, "index_uuid": server.cluster.indices[name].uuid}
        for name in body["indices"]
        if name in server.cluster.indices
    ]
    told = {"name": words[0], "timestamp_field": {"name": "@timestamp"}, "indices": indices, "generation": 3}
    return 200, {"data_streams": [told | ({"lifecycle": body["lifecycle"]} if body["lifecycle"] else {})]}


def _search(server: LogServer, words: list[str], query: dict[str, str], body: Any, _mark: str) -> Reply:
    index = _exact(server, words[0])
    if index is None:
        return _none(words[0])
    if index.closed:
        return 400, _error(400, "index_closed_exception")
    assert (query["allow_partial_search_results"], body["size"], body["track_total_hits"]) == ("false", 0, True)
    return 200, {"took": 3, "timed_out": False, "_shards": _SHARDS, **counted(index, body)}


def _refresh(server: LogServer, words: list[str], *_: Any) -> Reply:
    index = _exact(server, words[0])
    if index is None:
        return _none(words[0])
    index.refresh()
    return 200, {"_shards": {"total": 4, "successful": 2, "failed": 0}}


def _delete_by_query(server: LogServer, words: list[str], query: dict[str, str], body: Any, mark: str) -> Reply:
    index = _exact(server, words[0])
    if index is None:
        return _none(words[0])
    if index.settings.get("index.blocks.write") == "true":
        return 403, _error(403, "cluster_block_exception")
    assert (query["wait_for_completion"], query["conflicts"], query["slices"]) == ("false", "proceed", "1")
    most, batch, pace = int(query["max_docs"]), int(query["scroll_size"]), float(query["requests_per_second"])
    return 200, {"task": server.cluster.start(index, body["query"], mark, most, batch, pace).id}


def _told(task: Task) -> dict[str, Any]:
    node, _, number = task.id.partition(":")
    head = {"headers": {"X-Opaque-Id": task.mark}} if task.mark else {"headers": {}}
    return {
        "node": node, "id": int(number), "type": "transport", "action": "indices:data/write/delete/byquery",
        "status": task.status, "description": task.description, "cancellable": True, "cancelled": task.canceled, **head,
    }  # fmt: skip


def _tasks(server: LogServer, _words: list[str], query: dict[str, str], *_: Any) -> Reply:
    assert query["actions"] == "indices:data/write/delete/byquery"
    running = {one.id: _told(one) for one in server.cluster.tasks.values() if not one.completed}
    return 200, {"nodes": {"node-1": {"name": "node-1", "tasks": running}} if running else {}}


def _task(server: LogServer, words: list[str], *_: Any) -> Reply:
    task = server.cluster.tasks.get(words[0])
    if task is None:
        return 404, _error(404, "resource_not_found_exception")
    body: dict[str, Any] = {"completed": task.completed, "task": _told(task)}
    if task.completed and task.error:
        body["error"] = task.error
    elif task.completed:
        body["response"] = {"took": 5, "timed_out": False, **task.status, "failures": task.failures}
    return 200, body


def _cancel(server: LogServer, words: list[str], *_: Any) -> Reply:
    server.cluster.tasks[words[0]].canceled = True
    return 200, {"nodes": {}}


def _delete(server: LogServer, words: list[str], *_: Any) -> Reply:
    index = _exact(server, words[0])
    if index is None:
        return _none(words[0])
    stream = server.cluster.stream_of(index.name)
    if stream is not None and server.cluster.streams[stream]["indices"][-1] == index.name:
        return 400, _error(400, "illegal_argument_exception")
    if not server.cluster.deaf:
        del server.cluster.indices[index.name]
        server.cluster.gone.extend(index.events.values())
        if stream is not None:
            server.cluster.streams[stream]["indices"].remove(index.name)
    return 200, {"acknowledged": True}


def _explain(server: LogServer, words: list[str], *_: Any) -> Reply:
    found = {}
    for one in server.cluster.named(words[0]):
        body = server.cluster.managed.get(one.name)
        found[one.name] = {"index": one.name, "managed": False} if body is None else {"managed": True, **body}
    return 200, {"indices": found}


def _policy(server: LogServer, words: list[str], *_: Any) -> Reply:
    body = server.cluster.policies.get(words[0])
    return (404, _error(404, "resource_not_found_exception")) if body is None else (200, body)


def _ism_explain(server: LogServer, words: list[str], *_: Any) -> Reply:
    key = "index.plugins.index_state_management.policy_id"
    found: dict[str, Any] = {}
    for one in server.cluster.named(words[0]):
        body = server.cluster.managed.get(one.name)
        found[one.name] = {key: None, "enabled": None} if body is None else {key: body["policy_id"], **body}
    return 200, {**found, "total_managed_indices": sum("policy_id" in one for one in found.values())}


def _lifecycle_explain(server: LogServer, words: list[str], *_: Any) -> Reply:
    return 200, {"indices": {words[0]: {"index": words[0], "managed_by_lifecycle": True}}}


def _cat(server: LogServer, _words: list[str], query: dict[str, str], *_: Any) -> Reply:
    assert (query["format"], query["bytes"]) == ("json", "b")
    return 200, [
        {
            "index": one.name, "pri": "1", "rep": "1", "docs.count": None if one.closed else str(len(one.seen)),
            "docs.deleted": str(one.deleted), "store.size": str(2000 + 200 * len(one.seen)),
            "pri.store.size": str(1000 + 100 * len(one.seen)),
        }
        for one in server.cluster.indices.values()
    ]  # fmt: skip


def _repositories(server: LogServer, *_: Any) -> Reply:
    return 200, {name: {"type": "s3", "settings": {}} for name in server.cluster.snapshots}


def _snapshots(server: LogServer, words: list[str], *_: Any) -> Reply:
    return 200, {"snapshots": server.cluster.snapshots[words[0]]}


def _privileges(server: LogServer, _words: list[str], _query: dict[str, str], body: Any, _mark: str) -> Reply:
    def has(names: list[str], *, of_index: bool) -> dict[str, bool]:
        ours = {"manage": "manage_index"} if of_index else {"manage": "manage_cluster"}
        return {one: ours.get(one, one) in server.rights for one in names}

    index = {name: has(one["privileges"], of_index=True) for one in body["index"] for name in one["names"]}
    return 200, {"username": "k", "cluster": has(body["cluster"], of_index=False), "index": index}


_N = "([^/]+)"
# Path, methods, the privilege that the request needs, and what answers it.
_ROUTES: list[tuple[str, str, str, _Act]] = [
    ("/", "GET", "", _root),
    ("/_cat/health", "GET", "serverless_none", _health),
    ("/_cat/indices", "GET", "monitor", _cat),
    (f"/_resolve/index/{_N}", "GET", "view_index_metadata", _resolve),
    (f"/_data_stream/{_N}", "GET", "view_index_metadata", _stream),
    (f"/_data_stream/{_N}/_lifecycle", "GET", "view_index_metadata", _stream),
    ("/_tasks", "GET", "monitor", _tasks),
    (f"/_tasks/{_N}", "GET", "monitor", _task),
    (f"/_tasks/{_N}/_cancel", "POST", "monitor", _cancel),
    ("/_ilm/status", "GET", "read_ilm", lambda server, *_: (200, {"operation_mode": server.cluster.ilm_mode})),
    (f"/_ilm/policy/{_N}", "GET", "read_ilm", _policy),
    (f"/{_N}/_ilm/explain", "GET", "view_index_metadata", _explain),
    (f"/_plugins/_ism/explain/{_N}", "GET", "monitor", _ism_explain),
    (f"/_plugins/_ism/policies/{_N}", "GET", "read_ilm", _policy),
    (f"/{_N}/_lifecycle/explain", "GET", "view_index_metadata", _lifecycle_explain),
    ("/_snapshot/_all", "GET", "monitor_snapshot", _repositories),
    (f"/_snapshot/{_N}/_all", "GET", "monitor_snapshot", _snapshots),
    ("/_security/user/_has_privileges", "POST", "", _privileges),
    (f"/{_N}/_settings", "GET", "view_index_metadata", _settings),
    (f"/{_N}/_settings", "PUT", "manage_index", _set),
    (f"/{_N}/_alias", "GET", "view_index_metadata", _alias),
    (f"/{_N}/_mapping/field/{_N}", "GET", "view_index_metadata", _fields),
    (f"/{_N}/_search", "POST", "read", _search),
    (f"/{_N}/_refresh", "POST", "maintenance", _refresh),
    (f"/{_N}/_delete_by_query", "POST", "delete", _delete_by_query),
    (f"/{_N}/_block/write", "PUT", "manage_index", _block),
    (f"/{_N}", "DELETE", "delete_index", _delete),
]


def _handler(server: LogServer) -> type[BaseHTTPRequestHandler]:
    allowed = {f"ApiKey {KEY}", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body go out apart; held back, each answer took 40 ms

        def log_message(self, *_: Any) -> None: ...

        def _any(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(size)
            where = urlsplit(self.path)
            line = f"{self.command} {where.path}"
            server.asked.append(line)
            for pattern, act in list(server.hooks.items()):
                if re.match(pattern, line):
                    del server.hooks[pattern]
                    act()
            fault = next((one for one in server.faults if one.times and re.match(one.path, line)), None)
            reply: Any = (0, None)
            if fault is None or fault.after:
                if self.headers.get("Authorization") not in allowed:
                    reply = 401, _error(401, "security_exception")
                else:
                    query = {name: values[0] for name, values in parse_qs(where.query).items()}
                    body = json.loads(raw) if raw else None
                    reply = server.reply(self.command, where.path, query, body, self.headers.get("X-Opaque-Id", ""))
            if fault is not None:
                fault.times -= 1
                reply = fault.act(reply)
            if reply is None:
                self.close_connection = True
                return
            self._send(*reply)

        def _send(self, status: int, body: Any, head: dict[str, str] | None = None) -> None:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response_only(status)
            if server.date is not None:
                self.send_header("Date", format_datetime(datetime.now(UTC) + server.date, usegmt=True))
            for name, value in (head or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815

    return Handler


@contextlib.contextmanager
def running(
    cluster: Cluster, certificate: Path | None = None, key: Path | None = None, kind: type[LogServer] | None = None
) -> Iterator[LogServer]:
    """A service on a port of this machine; with a certificate it is encrypted."""
    server = (kind or LogServer)(cluster, certificate=certificate)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    http.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that is killed
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        http.socket = context.wrap_socket(http.socket, server_side=True)
    server.http = http
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def wait(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Until something holds."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came to it"
        time.sleep(0.02)
