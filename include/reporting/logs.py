"""What a line of the log is about, as data beside its words: cycle, office, step, message, delivery.

Lines are written by the standard library's loggers. Airflow writes them as JSON with what `about` says
(tasks always, its own parts with [logging] json_logs); other processes do after `write_json`. An office is
named by its look-up code alone: no address, name of a person or text of a mail belongs into a log.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from structlog import contextvars, processors, stdlib

FIELDS = frozenset(
    {"cycle_id", "recipient", "step", "document", "message_id", "arrival_id", "submission_id", "command"}
)
"""What a line may be about. `recipient` is the look-up code of an office (cycle.recipient.reference_code),
the numbers are those of the warehouse."""


@contextmanager
def about(**known: str | int | None) -> Iterator[None]:
    """Let every line that is logged inside, by whatever module, say what it is about; inner fields add to
    outer ones. What is None is not said. Raises ValueError for a field that is none of FIELDS.
    """
    if unknown := known.keys() - FIELDS:
        raise ValueError(f"{', '.join(sorted(unknown))}: a line of the log is about {sorted(FIELDS)} only.")
    with contextvars.bound_contextvars(**{name: value for name, value in known.items() if value is not None}):
        yield


def write_json(stream: TextIO | None = None) -> None:
    """Write the log of this process as one JSON object a line, from INFO on, to `stream` (stderr).

    Names and spacing are Airflow's, so that one search finds the lines of both: timestamp (UTC), level,
    event, logger, exception where there is one, and the fields of `about`.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                contextvars.merge_contextvars,
                stdlib.add_logger_name,
                processors.add_log_level,
                processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                stdlib.ProcessorFormatter.remove_processors_meta,
                processors.format_exc_info,
                processors.JSONRenderer(ensure_ascii=False, sort_keys=True, separators=(",", ":")),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # as Airflow does
