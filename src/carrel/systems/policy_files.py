"""Policies on disk: the shipped ones by name, a library's own by path, with everything that they adopt."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path

from carrel.errors import fault
from carrel.policy import faults
from carrel.policy.document import PolicyDocument
from carrel.policy.parse import parse_policy
from carrel.policy.resolve import Policy, resolve
from carrel.policy.yaml_source import MOST_BYTES, too_large

_SUFFIXES = (".yaml", ".yml")


def shipped_names() -> tuple[str, ...]:
    """Names of the policies that come with Carrel, in order of name."""
    folder = resources.files("carrel.policy") / "shipped"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def require_shipped(name: str) -> None:
    """Refuse what is not the name of a policy that comes with Carrel.

    Raises:
        CarrelError: POL-019.
    """
    if name not in shipped_names():
        fix = f"name a shipped policy ({', '.join(shipped_names())})"
        raise fault(faults.NO_SUCH_POLICY, found=repr(name[:80]), fix=fix)


def load(name_or_path: str | Path, told_by: str = "") -> Policy:
    """Read a policy and every policy that it adopts.

    Args:
        name_or_path: what names it.
        told_by: the place that names it, as ``file:line:column``; a file that cannot be read is told there.

    A text that ends in ``.yaml`` or ``.yml``, or has a slash in it, is a path; anything else is the name of a shipped
    policy. Inside a file, a path under ``adopts`` is relative to that file.

    Raises:
        CarrelError: POL-002 unreadable, POL-018 a circle of adoptions, POL-019 no such policy, and every fault of
            `carrel.policy.parse` and `carrel.policy.resolve`.
    """
    return _load(_locate(str(name_or_path), Path(), told_by), (), told_by)


def of_text(text: str, name: str) -> Policy:
    """A policy that came as a text, such as in a request; it adopts policies that come with Carrel, and no others.

    Args:
        text: content of its file.
        name: what faults call it.

    Raises:
        CarrelError: as `load`; POL-019, it adopts a file.
    """
    document = _parsed(text, name)
    for n, written in enumerate(document.body.adopts):
        if written not in shipped_names():
            at = document.text.at(("adopts", n))
            fix = f"let it adopt a shipped policy by name ({', '.join(shipped_names())}), or write its rules out"
            raise fault(faults.NO_SUCH_POLICY, at=at, found=repr(written[:80]), fix=fix)
    return resolve(document, [load(written) for written in document.body.adopts])


def whole_text(name_or_path: str | Path) -> str:
    """The text of a policy's own file.

    Raises:
        CarrelError: POL-002, POL-019.
    """
    path = _locate(str(name_or_path), Path())
    return _text(path, _shown(path), "")


def _locate(written: str, beside: Path, told_by: str = "") -> Path:
    if written.endswith(_SUFFIXES) or "/" in written:
        return beside / written
    if written not in shipped_names():
        known = ", ".join(shipped_names())
        fix = f"name a shipped policy ({known}) or a file that ends in .yaml"
        raise fault(faults.NO_SUCH_POLICY, at=told_by, found=repr(written[:80]), fix=fix)
    return Path(str(resources.files("carrel.policy") / "shipped" / f"{written}.yaml"))


def _load(path: Path, above: tuple[Path, ...], told_by: str) -> Policy:
    identity = path.resolve()
    if identity in above:
        circle = " adopts ".join(step.name for step in (*above[above.index(identity) :], identity))
        raise fault(faults.CYCLE, at=told_by, found=circle, fix="take one of these out of 'adopts:'")
    name = _shown(path)
    text = _text(path, name, told_by)
    document = _parsed(text, name)
    adopted = []
    for n, written in enumerate(document.body.adopts):
        at = document.text.at(("adopts", n))
        adopted.append(_load(_locate_adopted(written, path.parent, at), (*above, identity), at))
    return _resolved(text, name, *map(_Same, adopted))


class _Same:
    """A policy that is the same only as itself: it knows the files that it was read from."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.policy is self.policy

    def __hash__(self) -> int:
        return id(self.policy)


@lru_cache(maxsize=128)
def _resolved(text: str, name: str, *adopted: _Same) -> Policy:
    """What holds by the same texts is reckoned once in a process: pages ask for it often."""
    return resolve(_parsed(text, name), [one.policy for one in adopted])


@lru_cache(maxsize=128)  # a consortium has a policy for each system
def _parsed(text: str, name: str) -> PolicyDocument:
    """The same text is read once in a process: a document never changes, and reading one takes a third of a second."""
    return parse_policy(text, name)


def _locate_adopted(written: str, beside: Path, at: str) -> Path:
    if not written.endswith(_SUFFIXES) and "/" not in written and written not in shipped_names():
        fix = f"name a shipped policy ({', '.join(shipped_names())}) or a file that ends in .yaml"
        raise fault(faults.NO_SUCH_POLICY, at=at, found=repr(written[:80]), fix=fix)
    return _locate(written, beside)


def _shown(path: Path) -> str:
    """A shipped policy goes by its file name, so that no fault names the place where Carrel is installed."""
    shipped = Path(str(resources.files("carrel.policy") / "shipped"))
    return path.name if path.parent == shipped else str(path)


def _text(path: Path, name: str, told_by: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        fix = "check the path and who may read it"
        at = told_by or name
        raise fault(faults.UNREADABLE, at=at, found=f"{name}: {error.strerror}", fix=fix) from None
    if len(content) > MOST_BYTES:
        raise too_large(name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        at = f"{name}:{line}:{column}"
        fix = "save the file as UTF-8"
        raise fault(faults.UNREADABLE, at=at, found="a byte that is not UTF-8", fix=fix) from None
