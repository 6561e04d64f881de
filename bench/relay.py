"""A line to a database in another building: a relay that hands on every byte a fixed time later, each way."""

from __future__ import annotations

import asyncio
import multiprocessing as mp
from collections.abc import Iterator
from contextlib import contextmanager

_AT_ONCE = 1 << 16


@contextmanager
def relay(host: str, port: int, seconds: float) -> Iterator[int]:
    """The port of a relay to an address, in a process of its own, so that it shares no interpreter with who is measured.

    Args:
        host: of the server.
        port: of the server.
        seconds: that every byte is under way, each way.
    """
    mine, theirs = mp.Pipe()
    process = mp.get_context("spawn").Process(target=_serve, args=(host, port, seconds, theirs), daemon=True)
    process.start()
    try:
        yield int(mine.recv())
    finally:
        process.terminate()
        process.join()


def _serve(host: str, port: int, seconds: float, told: object) -> None:
    asyncio.run(_run(host, port, seconds, told))


async def _run(host: str, port: int, seconds: float, told: object) -> None:
    async def both(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection(host, port)
        await asyncio.gather(_hand_on(reader, here, seconds), _hand_on(there, writer, seconds))

    server = await asyncio.start_server(both, "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])  # type: ignore[attr-defined]
    await server.serve_forever()


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Whatever is read is written so many seconds later, in its order; several parts can be under way."""
    loop, under_way = asyncio.get_running_loop(), asyncio.Queue[tuple[float, bytes]]()

    async def arrive() -> None:
        while True:
            at, some = await under_way.get()
            await asyncio.sleep(max(0.0, at - loop.time()))
            if not some:
                writer.close()
                return
            writer.write(some)
            await writer.drain()

    arriving = asyncio.ensure_future(arrive())
    some = b"-"
    while some:
        try:
            some = await reader.read(_AT_ONCE)
        except OSError:
            some = b""
        under_way.put_nowait((loop.time() + seconds, some))
    await arriving
