"""``carrel`` as a process of its own whose modules are loaded already: forked from one process that has them.

A start of the interpreter with all of Carrel costs a second of a processor, and the tests make thousands. A call is
what it would be otherwise: own arguments, folder, environment, streams and exit code, and nothing left of the call
before. Tests that signal a process, and the README's, start the real one.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

_REQUEST = 1 << 20
_FOLDER = Path(__file__).parents[3]


def called(
    words: list[str],
    folder: Path,
    environment: dict[str, str],
    seconds: float = 900,
    program: str = "carrel.cli.main:main",
) -> tuple[int, str, str]:
    """One call; exit code, and what it wrote to its two streams.

    Args:
        words: on its command line.
        folder: in which it is called.
        environment: all of its own.
        seconds: that it may take.
        program: module and function; that of a test that makes forks of its own, with everything loaded in them too.

    Raises:
        TimeoutExpired: it took longer; it is dead now.
    """
    asked = {"words": words, "folder": str(folder), "environment": environment, "program": program}
    told = json.dumps(asked).encode()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, socket.socket(socket.AF_UNIX) as line:
        line.connect(_server())
        line.settimeout(seconds)
        fds = array.array("i", [out.fileno(), err.fileno()])
        line.sendmsg([len(told).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        line.sendall(told)
        pid = int.from_bytes(_all(line, 4), "big")
        try:
            code = int.from_bytes(_all(line, 4), "big", signed=True)
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(["carrel", *words], seconds) from None
        out.seek(0)
        err.seek(0)
        return code, out.read().decode(), err.read().decode()


# Hands its own words, folder, environment and three streams over, and ends as the fork does. It needs no library.
_DOOR = """#!{python} -IS
import array, json, os, socket, sys
told = dict(words=sys.argv[1:], folder=os.getcwd(), environment=dict(os.environ), program="carrel.cli.main:main")
told = json.dumps(told).encode()
line = socket.socket(socket.AF_UNIX)
line.connect({address!r})
line.sendmsg([len(told).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [1, 2, 0]))])
line.sendall(told)
answer = b""
while len(answer) < 8:
    more = line.recv(8 - len(answer))
    if not more:
        sys.exit("the process to fork from is gone")
    answer += more
code = int.from_bytes(answer[4:], "big", signed=True)
sys.exit(code if code >= 0 else 128 - code)
"""


def door(folder: Path) -> Path:
    """A folder for the front of a shell's ``PATH``: its ``carrel`` is such a call."""
    folder.mkdir(exist_ok=True)
    place = folder / "carrel"
    place.write_text(_DOOR.format(python=sys.executable, address=_server()))
    place.chmod(0o755)
    return folder


_address: str | None = None


def _server() -> str:
    """The address of the process to fork from; it is started once in a process of tests, and ends with it."""
    global _address  # noqa: PLW0603  (one for each process that runs tests, started when it is first needed)
    if _address is None:
        folder = tempfile.mkdtemp(prefix="carrel-warm-")
        _address = f"{folder}/line"
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "CARREL", "COVERAGE"))}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.run.warm_start", _address],
            cwd=_FOLDER, env={**kept, "PYTHONPATH": str(_FOLDER / "src")}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )  # fmt: skip
        atexit.register(process.kill)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    return _address


def _all(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = line.recv(size - len(found))
        if not more:
            raise EOFError("the process to fork from is gone")
        found += more
    return found


def load_everything() -> None:
    """All modules, maps and policies of Carrel, so that no fork loads them again."""
    import carrel
    from carrel.systems import map_files, policy_files

    for module in pkgutil.walk_packages(carrel.__path__, "carrel."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    importlib.import_module("alembic.command")  # a store that is made needs it
    for system in map_files.names():
        map_files.load(system)
    for policy in policy_files.shipped_names():
        policy_files.load(policy)
    freeze()


def freeze() -> None:
    """What is loaded stays: no collection of a test or a fork has to walk through it, nor to copy its pages."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def serve(address: str) -> None:
    """Load everything, then fork for each request."""
    from carrel.errors import CarrelError
    from carrel.systems import policy_files

    load_everything()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen(16)
        print("ready", flush=True)
        while True:
            line, _ = door.accept()
            size, ancillary, _, _ = line.recvmsg(4, socket.CMSG_SPACE(3 * array.array("i").itemsize))
            fds = array.array("i")
            fds.frombytes(ancillary[0][2])
            told = json.loads(_all(line, int.from_bytes(size, "big")))
            with contextlib.suppress(CarrelError):  # the call itself will say what is wrong with it
                policy_files.load(Path(told["folder"]) / "policy.yaml")
            if os.fork() == 0:
                door.close()
                _answer(line, told, fds)
            line.close()
            for one in fds:
                os.close(one)


def _answer(line: socket.socket, told: dict[str, object], fds: array.array[int]) -> None:
    """In a fork: have another fork carry the call out, and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        line.close()
        os.dup2(fds[0], 1)
        os.dup2(fds[1], 2)
        for stdin in fds[2:]:
            os.dup2(stdin, 0)
            sys.stdin = os.fdopen(0, encoding="utf-8")
        _call(told)
    line.sendall(pid.to_bytes(4, "big"))
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):  # whoever asked may have given up
        line.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
    os._exit(0)


def _call(told: dict[str, object]) -> None:
    words, folder, environment = told["words"], told["folder"], told["environment"]
    assert isinstance(words, list)
    assert isinstance(environment, dict)
    module, _, name = str(told["program"]).partition(":")
    main = getattr(importlib.import_module(module), name)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(str(folder))
    sys.argv = ["carrel", *words]
    sys.stdout, sys.stderr = os.fdopen(1, "w", encoding="utf-8"), os.fdopen(2, "w", encoding="utf-8")
    code: object = 1
    try:
        main()
        code = 0
    except SystemExit as left:
        code = left.code
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        atexit._run_exitfuncs()  # as at the end of any process
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    serve(sys.argv[1])
