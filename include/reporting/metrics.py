"""What is measured of the pipeline: include/metrics.yaml, from the warehouse and its surroundings.

Reading is all it does. What cannot be measured keeps nothing else from being measured.
"""

from __future__ import annotations

import logging
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from pydantic import BaseModel, ConfigDict, RootModel, ValidationError, model_validator
from sqlalchemy import Connection, Engine

from reporting import clock, plain_yaml
from reporting.calendar.working_days import WorkingCalendar
from reporting.database import query
from reporting.mail import overview
from reporting.settings import INCLUDE, settings

FILE = INCLUDE / "metrics.yaml"
PREFIX = "reporting"
"""What the full name of each metric begins with."""

MOST_SECONDS = 10
"""A query that takes longer is given up: measuring must not burden what is measured."""

_UNFIT = re.compile(r"[^A-Za-z0-9_./-]+")
_log = logging.getLogger(__name__)


class MetricsError(ValueError):
    """The file of metrics cannot be read; the message names file and remedy."""


class Described(BaseModel):
    """One metric: what is counted, and what it says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: str
    help: str


class Source(BaseModel):
    """Metrics that come from one query, or one function of this module, with the tags they share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str | None = None
    measure: str | None = None
    tags: tuple[str, ...]
    metrics: dict[str, Described]

    @property
    def name(self) -> str:
        """Under which it is told how long it took, and whether it failed."""
        return self.query or self.measure or ""

    @model_validator(mode="after")
    def _is_from_somewhere(self) -> Source:
        if (self.query is None) == (self.measure is None):
            raise ValueError("name either a query or a measure")
        if self.measure is not None and self.measure not in MEASURES:
            raise ValueError(f"there is no measure {self.measure!r}; there are: {', '.join(MEASURES)}")
        if self.query is not None:
            query(f"metrics/{self.query}")
        return self


@dataclass(frozen=True)
class Sample:
    """One value now. `name` is without the prefix; tags hold letters, digits and _ . / - only."""

    name: str
    value: float
    tags: Mapping[str, str] = field(default_factory=dict)


_OURS = {
    "measured_seconds": Described(unit="seconds", help="How long measuring took, by query or measure"),
    "measure_failed": Described(
        unit="bool", help="1: this query or measure failed, and its metrics are missing"
    ),
    "measured_at_seconds": Described(
        unit="seconds", help="When all this was measured, in seconds since 1970"
    ),
}


@lru_cache(maxsize=1)
def sources() -> tuple[Source, ...]:
    """The file. Raises MetricsError naming what is wrong in it."""
    try:
        found = RootModel[tuple[Source, ...]].model_validate(
            plain_yaml.load(FILE.read_text(encoding="utf-8")), strict=False
        )
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise MetricsError(f"{FILE}: {error}") from error
    names = [name for source in found.root for name in source.metrics] + list(_OURS)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise MetricsError(f"{FILE}: {', '.join(twice)} stands twice; each metric has one source.")
    return found.root


def described() -> dict[str, tuple[Described, tuple[str, ...]]]:
    """Every metric by its name without the prefix, with its tags: those of the file, then those about
    measuring itself.
    """
    ours: dict[str, tuple[str, ...]] = {"measured_seconds": ("source",), "measure_failed": ("source",)}
    return {name: (one, source.tags) for source in sources() for name, one in source.metrics.items()} | {
        name: (one, ours.get(name, ())) for name, one in _OURS.items()
    }


def measure(engine: Engine) -> list[Sample]:
    """All that can be measured now, in the order of the file.

    Each source is asked in a read-only transaction of its own, for MOST_SECONDS at most; one that fails is
    told by the metric measure_failed and by the log, and the others are measured all the same. Raises
    OperationalError where the warehouse does not answer at all.
    """
    samples: list[Sample] = []
    with engine.connect() as connection:
        for source in sources():
            began = time.perf_counter()
            failed = False
            try:
                with connection.begin():
                    connection.exec_driver_sql("SET TRANSACTION READ ONLY")
                    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{MOST_SECONDS}s'")
                    samples += _of(source, connection)
            except Exception:
                if connection.invalidated:
                    raise
                failed = True
                _log.exception("%s cannot be measured", source.name)
            about = {"source": source.name}
            samples.append(Sample("measured_seconds", time.perf_counter() - began, about))
            samples.append(Sample("measure_failed", float(failed), about))
    return [*samples, Sample("measured_at_seconds", clock.wall_now().timestamp())]


def prometheus_text(samples: Iterable[Sample]) -> str:
    """The samples in the text format of Prometheus, each metric with its help and kind."""
    registry = CollectorRegistry()
    registry.register(_Collector(samples))
    return generate_latest(registry).decode()


def table() -> str:
    """Every metric as a table in Markdown: name, tags, unit, what it says, where it comes from."""
    source_of = {name: source.name for source in sources() for name in source.metrics}
    rows = [("Metric", "Tags", "Unit", "What it says", "Source"), ("---",) * 5]
    rows += [
        (f"`{PREFIX}_{name}`", ", ".join(tags), one.unit, one.help, source_of.get(name, ""))
        for name, (one, tags) in described().items()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


class _Collector:
    """What prometheus_client asks for samples."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = tuple(samples)

    def collect(self) -> Iterator[Metric]:
        """One family per metric that has samples."""
        for name, (one, tags) in described().items():
            family = GaugeMetricFamily(f"{PREFIX}_{name}", one.help, labels=tags)
            for sample in self._samples:
                if sample.name == name:
                    family.add_metric([sample.tags[tag] for tag in tags], sample.value)
            if family.samples:
                yield family


def _of(source: Source, connection: Connection) -> Iterator[Sample]:
    for row in _rows(source, connection):
        tags = {tag: _UNFIT.sub("_", str(row[tag] or "")) for tag in source.tags}
        for name in source.metrics:
            value = row[name]
            if value is not None:
                yield Sample(name, float(value), tags)


def _rows(source: Source, connection: Connection) -> list[Mapping[str, Any]]:
    if source.measure is not None:
        return MEASURES[source.measure](connection)
    from reporting.intake.channels.configuration import names

    found = settings()
    statement = query(f"metrics/{source.query}")
    given = {"mode": found.mailbox_mode, "channels": names(found.channels)}
    wanted = statement.compile().params
    result = connection.execute(statement, {name: given[name] for name in wanted})
    return [dict(row) for row in result.mappings()]


def _mail_switch(connection: Connection) -> list[Mapping[str, Any]]:
    """Whether a person halted all mail, and for how many working days."""
    found = overview.switch(connection)
    days = 0
    if found.is_stopped and found.changed_at is not None:
        calendar, now = WorkingCalendar.load(), clock.wall_now()
        since = found.changed_at.astimezone(clock.VIETNAM)
        passed = (now - since).days
        days = sum(
            calendar.is_working_day((since + timedelta(days=day)).date())
            for day in range(1, min(passed, _MOST_DAYS) + 1)
        )
    return [{"mail_stopped": int(found.is_stopped), "mail_stopped_working_days": days}]


_MOST_DAYS = 400  # nobody counts further


def _archive_disk(connection: Connection) -> list[Mapping[str, Any]]:
    """The space that is left where the archive lies; nothing for object storage."""
    folder = settings().archive
    if not isinstance(folder, Path):
        return []
    while not folder.exists():  # nothing was archived yet
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return [
        {
            "archive_disk_free_bytes": usage.free,
            "archive_disk_free_ratio": Decimal(usage.free) / Decimal(usage.total),
        }
    ]


def _virus_scanner(connection: Connection) -> list[Mapping[str, Any]]:
    """Whether the virus scanner answers; nothing where none is configured."""
    from reporting.intake.virus_scan import Clamd, ScannerAway

    address = settings().clamav
    if not address:
        return []
    try:
        Clamd(address).version()
    except ScannerAway:
        return [{"virus_scanner_up": 0}]
    return [{"virus_scanner_up": 1}]


MEASURES: Mapping[str, Callable[[Connection], list[Mapping[str, Any]]]] = {
    "mail_switch": _mail_switch,
    "archive_disk": _archive_disk,
    "virus_scanner": _virus_scanner,
}
"""What is measured by a function."""
