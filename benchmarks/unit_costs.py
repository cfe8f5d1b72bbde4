"""`python -m benchmarks.unit_costs`: what one office costs in a cycle, for docs/scaling.md.

Opens a cycle for so many offices, lets each answer by mail once, and tells of each step the processor time of
this process and of PostgreSQL per office, and of each table the bytes per office with its indexes.
"""

from __future__ import annotations

import argparse
import os
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.policy import SMTP
from pathlib import Path

import psutil
from sqlalchemy import Engine, text

from benchmarks import scaled, sink
from benchmarks.installation import installation
from local_stack.ports import LOOPBACK, free_ports
from reporting.consolidation.refresh import refresh
from reporting.intake.channels import collect
from reporting.intake.channels.maildir import Maildir
from reporting.intake.process import handle_arrivals
from reporting.mail.delivery import deliver
from reporting.settings import settings

Sizes = dict[str, tuple[int, int]]
"""Bytes of each table with what is stored beside it, and of its indexes."""

Step = tuple[str, float, float, float]
"""A step and its milliseconds per office: of the wall, of this process, of PostgreSQL."""

_SIZES = """
    SELECT n.nspname || '.' || c.relname AS name,
           pg_table_size(c.oid) AS own, pg_indexes_size(c.oid) AS indexes
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('registry', 'cycle', 'intake', 'core', 'mart', 'audit')
"""
_SENT = "SELECT count(*) FROM cycle.message WHERE state = 'sent'"
_LEAST = 8.0
"""Bytes per office below which a table is not told of."""


def main(arguments: list[str] | None = None) -> int:
    """Print two tables as Markdown; returns 0. Raises RuntimeError when an answer has no receipt."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unit_costs", description=__doc__)
    parser.add_argument("--offices", type=int, default=1000)
    count: int = parser.parse_args(arguments).offices
    port, token = free_ports(1)[0], secrets.token_hex(16)
    mail = {
        "REPORTING_CAPTURE_ADDRESS": f"{LOOPBACK}:{port}",
        "REPORTING_CAPTURE_TOKEN": token,
        "AIRFLOW_CONN_REPORTING_SMTP": f"smtp://{LOOPBACK}:{port}?starttls=false",
    }
    with sink.running(port, token), installation(is_durable=True, **mail) as engine:
        _tell(_measured(engine, count), count)
    return 0


def _measured(
    engine: Engine, count: int
) -> tuple[list[tuple[str, float, float, float]], Sizes, Sizes, Sizes]:
    steps: list[tuple[str, float, float, float]] = []

    def step(name: str, work: Callable[[], object]) -> None:
        with _spent(engine) as spent:
            work()
        wall, own, theirs = (1000 * seconds / count for seconds in spent)
        steps.append((name, wall, own, theirs))

    before = sizes(engine)
    cycle_id, answers = scaled.prepare(engine, count)
    opened = sizes(engine)
    with tempfile.TemporaryDirectory() as folder:
        box = Path(folder) / "box"
        for name in ("cur", "new", "tmp"):
            (box / name).mkdir(parents=True)
        for number, answer in enumerate(answers):
            mail = scaled.mail_of(answer, scaled.BEGAN - timedelta(seconds=count - number))
            (box / "new" / f"{number:06d}.bench").write_bytes(mail.as_bytes(policy=SMTP))
        step("collect", lambda: collect(engine, [Maildir(box, mode="rehearsal")]))
    step("check and record", lambda: handle_arrivals(engine, count))
    step("send the receipts", lambda: deliver(engine, cycle_id))
    with engine.connect() as connection:
        sent = connection.execute(text(_SENT)).scalar_one()
    if sent != count:
        raise RuntimeError(f"{sent} of {count} receipts were sent; nothing was measured")

    def refreshed() -> None:
        with engine.begin() as connection:
            refresh(connection, cycle_id)

    step("refresh the marts", refreshed)
    archive = Path(str(settings().archive))
    kept = sum(path.stat().st_size for path in archive.rglob("*") if path.is_file())
    after = sizes(engine)
    after["(archive of files)"] = (kept, 0)
    return steps, before, opened, after


def sizes(engine: Engine) -> Sizes:
    """The sizes of all tables, after what was deleted was cleared away."""
    scaled.tidy(engine)
    with engine.connect() as connection:
        return {row.name: (row.own, row.indexes) for row in connection.execute(text(_SIZES))}


def per_office(before: Sizes, after: Sizes, count: int) -> Sizes:
    """The bytes by which each table grew, per office; those that hardly did are left out."""
    found = {}
    for name, (own, indexes) in after.items():
        was = before.get(name, (0, 0))
        grown = (round((own - was[0]) / count), round((indexes - was[1]) / count))
        if sum(grown) >= _LEAST:
            found[name] = grown
    return dict(sorted(found.items(), key=lambda one: -sum(one[1])))


@contextmanager
def _spent(engine: Engine) -> Iterator[list[float]]:
    """Seconds of the wall, of this process's processor, and of PostgreSQL's inside the block."""
    with engine.connect() as connection:
        server = psutil.Process(connection.execute(text("SELECT pg_backend_pid()")).scalar_one()).parent()
    assert server is not None  # a backend is a child of PostgreSQL's first process

    def now() -> tuple[float, float, float]:
        own = sum(
            used.ru_utime + used.ru_stime
            for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        )
        theirs = sum(
            sum(one.cpu_times()[:4]) for one in (server, *server.children()) if psutil.pid_exists(one.pid)
        )
        return time.monotonic(), own, theirs

    found: list[float] = []
    began = now()
    yield found
    found += [end - start for start, end in zip(began, now(), strict=True)]


def _tell(measured: tuple[list[Step], Sizes, Sizes, Sizes], count: int) -> None:
    steps, before, opened, after = measured
    print(f"| Step ({count} offices) | wall, ms | processor of the task, ms | of PostgreSQL, ms |")
    print("|---|---:|---:|---:|")
    for name, wall, own, theirs in steps:
        print(f"| {name} | {wall:.1f} | {own:.1f} | {theirs:.1f} |")
    for title, start, end in (("opened", before, opened), ("answered", opened, after)):
        print(f"\n| Bytes per office, {title} | table | indexes |\n|---|---:|---:|")
        grown = per_office(start, end, count)
        for name, (own, indexes) in grown.items():
            print(f"| {name} | {own} | {indexes} |")
        print(f"| all | {sum(own for own, _ in grown.values())} | {sum(one for _, one in grown.values())} |")


if __name__ == "__main__":
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
    sys.exit(main())
