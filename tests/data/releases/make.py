"""Freeze the warehouse and the archive of a release: `python make.py CHECKOUT FOLDER`.

CHECKOUT holds the files of the release, such as `git archive 9b64471 | tar -x -C CHECKOUT` makes them. The
program runs itself again with that code before its own, plays two small cycles and writes `warehouse.dump`
(pg_dump's custom format) and `archive.tar.xz`. README.md tells what is in them; what is there already is not
replaced.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

_FINISHED, _OPEN = 1, 2


def main(checkout: Path, folder: Path) -> None:
    """Write the two files into `folder`. Raises FileExistsError where one is there."""
    for name in ("warehouse.dump", "archive.tar.xz"):
        if (folder / name).exists():
            raise FileExistsError(f"{folder / name} is there: a release is frozen once.")
    paths = os.pathsep.join([str(checkout / "include"), str(checkout)])
    subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), "--inside", str(folder)],
        env=os.environ | {"PYTHONPATH": paths},
        cwd=checkout,
        check=True,
    )


def inside(folder: Path) -> None:
    """The same, in the process that has the release's code."""
    from aiosmtpd.controller import Controller

    from local_stack.capture import CaptureHandler, CaptureSMTP, MaildirStore
    from local_stack.ports import free_ports
    from local_stack.postgres import binaries, temporary_postgres
    from reporting import database, registry
    from reporting.settings import settings

    class Server(Controller):
        def factory(self) -> CaptureSMTP:
            return CaptureSMTP(self.handler, data_size_limit=64 * 1024 * 1024, enable_SMTPUTF8=True)

    with (
        tempfile.TemporaryDirectory(prefix="release") as scratch,
        temporary_postgres(Path(scratch) / "pg") as server,
    ):
        server.ensure_role("reporting", secrets.token_urlsafe(24))
        server.ensure_database("warehouse", "reporting")
        token, (port,) = secrets.token_urlsafe(16), free_ports(1)
        os.environ |= {
            "AIRFLOW_CONN_REPORTING_WAREHOUSE": server.url("warehouse", "reporting"),
            "REPORTING_ARCHIVE": f"{scratch}/archive",
            "REPORTING_CHANNELS": f"maildir:{scratch}/inbox",
            "REPORTING_MAILBOX_MODE": "rehearsal",
            "REPORTING_MINISTRY_ADDRESS": "baocao@ttdn.bo-chu-tri.example",
            "REPORTING_SIGNING_KEY": "a signing key for tests",
            "REPORTING_CAPTURE_ADDRESS": f"127.0.0.1:{port}",
            "REPORTING_CAPTURE_TOKEN": token,
        }
        settings.cache_clear()
        capture = Server(
            CaptureHandler(MaildirStore(Path(scratch) / "mail", stamp_from_date=True), token),
            hostname="127.0.0.1",
            port=port,
        )
        capture.start()
        try:
            database.migrate()
            registry.load(database.engine())
            _play(database.engine())
        finally:
            capture.stop()
        database.engine().dispose()
        url = server.url("warehouse", "reporting").replace("postgresql+psycopg2", "postgresql")
        subprocess.run(
            [
                str(binaries() / "pg_dump"), "--format=custom", "--compress=gzip:9", "--no-owner",
                "--no-privileges", "--file", str(folder / "warehouse.dump"), url,
            ],
            check=True,
        )  # fmt: skip
        with tarfile.open(folder / "archive.tar.xz", "w:xz") as packed:
            for file in sorted((Path(scratch) / "archive").glob("??/*")):
                packed.add(file, f"{file.parent.name}/{file.name}")


def _play(engine: Any) -> None:
    """A cycle to its published report, with a correction; a second one to the middle of its collection, where
    mail was stopped, so that messages wait.
    """
    from datetime import timedelta

    from rehearsal.figures import answer_data_forms
    from reporting.cycles import conducting
    from reporting.cycles.opening import open_cycle
    from reporting.mail import delivery
    from tests.integration.rehearsed import PERIOD, small_regime, vn

    regime = small_regime(engine, 4)
    for number in (_FINISHED, _OPEN):
        clock_id = f"release_{number}"
        conducting.create_clock(engine, clock_id, vn(2012, 12, 3, 8))
        cycle_id = open_cycle(engine, regime, PERIOD, "rehearsal", number, clock_id=clock_id)
        stop = vn(2012, 12, 30) if number == _OPEN else vn(2030, 1, 1)
        is_answered = False
        while True:
            conducting.do_due(engine, cycle_id, conducting.RehearsalApprover())
            with engine.connect() as connection:
                from reporting import clock

                now = clock.now(connection, cycle_id)
                codes = list(
                    connection.exec_driver_sql(
                        "SELECT reference_code FROM cycle.recipient WHERE cycle_id = %s ORDER BY position",
                        (cycle_id,),
                    ).scalars()
                )
            if not is_answered and now > vn(2012, 12, 10):
                # the finished cycle: three of four; the open one: one of them, the others are to come
                answer_data_forms(engine, cycle_id, codes[:3] if number == _FINISHED else codes[:1])
                is_answered = True
                if number == _OPEN:
                    delivery.stop_mail(engine, "van_hanh", "bảo trì máy chủ thư")
            moment = conducting.next_moment(engine, [cycle_id])
            if moment is None or moment > stop:
                break
            conducting.advance(engine, clock_id, [cycle_id], until=now + timedelta(days=3))


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        inside(Path(sys.argv[2]).resolve())
    else:
        main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
