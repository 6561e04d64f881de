"""Spark as Carrel starts it, on this machine or as a client of a cluster: silent, and what it spills encrypted."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from carrel.errors import CarrelError, fault
from carrel.systems.analytics import faults

PARTITIONS = 8
_LOGGERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "py4j", "pyspark")


@contextmanager
def started(master: str, *, memory: str, partitions: int = PARTITIONS) -> Iterator[Any]:
    """A Spark session.

    Args:
        master: such as ``local[2]``, or the address of a cluster.
        memory: of the driver, such as ``3g``.
        partitions: into which what is grouped is parted.

    Yields:
        The session; it ends with the block, and its folder goes.

    Guarantees:
        Quotes and texts mean what they mean elsewhere (ANSI). What is written to a disk on the way (Spark cannot do
        without) is encrypted with a key of this session that is never written. Nothing is logged, and no page served.

    Raises:
        CarrelError: SRC-001, the extra is not installed; SRC-008, it does not start.
    """
    if find_spec("pyspark") is None:
        raise fault(
            faults.NO_ENGINE,
            wanted="Spark, for what outgrows one machine",
            found="an installation without it",
            fix="pip install 'carrel[spark]', and have Java 17 or newer",
        )
    from pyspark.sql import SparkSession

    with tempfile.TemporaryDirectory(prefix="carrel-spark-") as folder:
        said = {
            "spark.driver.memory": memory,
            "spark.io.encryption.enabled": "true",
            "spark.local.dir": folder,
            "spark.sql.warehouse.dir": f"{folder}/warehouse",
            "spark.sql.ansi.enabled": "true",
            "spark.sql.ansi.doubleQuotedIdentifiers": "true",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": str(partitions),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }
        builder = SparkSession.builder.master(master).appName("carrel")
        for name, value in said.items():
            builder = builder.config(name, value)
        try:
            with _unheard():
                session = builder.getOrCreate()
        except Exception:  # noqa: BLE001  (whatever Java says; it is not passed on)
            raise _not_started(master) from None
        try:
            yield session
        finally:
            session.stop()


def java_size(memory: str) -> str:
    """A size as Java writes it: ``3GB`` is ``3g`` there."""
    return memory.replace(" ", "").removesuffix("B").lower()


@contextmanager
def _unheard() -> Iterator[None]:
    """What is started meanwhile has no way to the terminal; what Java or Spark say of an error quotes its rows."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _not_started(master: str) -> CarrelError:
    return fault(
        faults.SPARK,
        at="Spark",
        wanted="a session of Spark",
        found="none: no Java, no such cluster, or too little memory" if master else "no master",
        fix="java -version must name 17 or newer; try --spark 'local[2]'",
    )
