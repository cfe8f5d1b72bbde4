"""The installation on which service experiments are made: warehouse, archive, an open cycle; no Airflow."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

from sqlalchemy import Engine

from local_stack.ports import LOOPBACK, free_ports
from local_stack.postgres import EmbeddedPostgres
from rehearsal.faults.report import Experiment
from reporting import database
from reporting.cycles import opening
from reporting.database import query
from reporting.mail.ledger import OutgoingMessage, queue
from reporting.pipeline_role import let_work
from reporting.regimes.models import load_regime
from reporting.registry.load import load as load_registry
from reporting.settings import settings

REGIME, PERIOD = "ttdn_dia_phuong", "2011_2012"
MINISTRY = "baocao@ttdn.bo-chu-tri.example"
_OWNER, _PIPELINE = "reporting_owner", "reporting"
_AGAIN, _LEFT = (
    "receipt",
    "report_copy",
)  # a step whose sends of unknown outcome go again, and one whose do not


@dataclass
class Bench:
    """What an experiment works on: the warehouse, a folder of its own, and the open cycle."""

    engine: Engine
    folder: Path
    cycle_id: str
    chance: Random
    server: EmbeddedPostgres
    sequences: Iterator[int]

    def queue(self, offices: int = 2) -> list[str]:
        """Queue a message of each policy to some offices; returns their Message-IDs."""
        with self.engine.begin() as connection:
            rows = connection.execute(
                query("faults/contacts_of_cycle"), {"cycle_id": self.cycle_id, "count": offices}
            ).all()
            numbers = []
            for row in rows:
                for step in (_AGAIN, _LEFT):
                    number = queue(
                        connection,
                        OutgoingMessage(
                            cycle_id=self.cycle_id,
                            recipient_id=row.recipient_id,
                            contact_id=row.contact_id,
                            step=step,
                            sequence=next(self.sequences),
                            to_address=row.email,
                            subject=f"[{row.reference_code}]",
                            body_text=row.short_name,
                            body_html=f"<p>{row.short_name}</p>",
                        ),
                    )
                    assert number is not None
                    numbers.append(number)
            found = connection.execute(query("faults/messages"), {"numbers": numbers}).all()
        return [row.message_id_header for row in found]


@contextmanager
def installation(folder: Path, seed: int) -> Iterator[Bench]:
    """A warehouse with the registry and one open cycle in a folder of its own, and its environment, until the
    block ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    server = EmbeddedPostgres(folder / "postgres", secrets.token_urlsafe(24), durable=False)
    server.start()
    try:
        for role in (_OWNER, _PIPELINE):
            server.ensure_role(role, secrets.token_urlsafe(24))
        server.ensure_database("warehouse", _OWNER, workers=(_PIPELINE,))
        owner = server.url("warehouse", _OWNER)
        database.migrate(owner)
        engine = database.engine(owner)
        let_work(engine)
        load_registry(engine)
        engine.dispose()
        with told(
            AIRFLOW_CONN_REPORTING_WAREHOUSE=server.url("warehouse", _PIPELINE),
            AIRFLOW_CONN_REPORTING_SMTP=None,
            REPORTING_ARCHIVE=str(folder / "archive"),
            REPORTING_DESK=str(folder / "desk"),
            REPORTING_CHANNELS=f"maildir:{folder / 'inbox'}",
            REPORTING_MAILBOX_MODE="rehearsal",
            REPORTING_MINISTRY_ADDRESS=MINISTRY,
            REPORTING_SIGNING_KEY=secrets.token_urlsafe(16),
            REPORTING_CAPTURE_ADDRESS=f"{LOOPBACK}:{free_ports(1)[0]}",
            REPORTING_CAPTURE_TOKEN=secrets.token_urlsafe(16),
        ):
            engine = database.engine()
            try:
                yield bench_on(engine, folder, server, seed)
            finally:
                engine.dispose()
    finally:
        server.stop()


def bench_on(engine: Engine, folder: Path, server: EmbeddedPostgres, seed: int) -> Bench:
    """Open the cycle of the experiments on a warehouse that has the registry."""
    cycle_id = opening.open_cycle(engine, load_regime(REGIME), PERIOD, "rehearsal")
    return Bench(engine, folder, cycle_id, Random(f"{seed}/services"), server, count(1))


@contextmanager
def told(**variables: str | None) -> Iterator[None]:
    """The environment with these variables, until the block ends."""
    before = dict(os.environ)
    for name, value in variables.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
        settings.cache_clear()


def note(experiment: Experiment, what: str) -> None:
    """Count a fault."""
    experiment.faults[what] = experiment.faults.get(what, 0) + 1


def note_ambiguous(experiment: Experiment, how: str) -> None:
    """Count a send of unknown outcome by how it was settled."""
    experiment.ambiguous[how] = experiment.ambiguous.get(how, 0) + 1
