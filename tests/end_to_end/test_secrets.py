"""After a whole rehearsal no secret of its stack stands anywhere but where secrets are kept."""

from __future__ import annotations

import subprocess
from pathlib import Path

from local_stack.layout import CLONE
from local_stack.postgres import EmbeddedPostgres
from tests.end_to_end.outcome import Outcome
from tests.secrets_nowhere import found_in, found_in_databases, found_in_files, secrets_of


def test_no_secret_stands_in_logs_mails_archive_or_results(undisturbed: Outcome) -> None:
    secrets = secrets_of(undisturbed.stack)
    assert len(secrets) >= 11
    assert found_in(undisturbed.said.encode(), secrets) == set()
    found, count = found_in_files([undisturbed.stack, undisturbed.out], secrets)
    assert found == []
    assert count > 500
    logs = [path for path in (undisturbed.stack / "airflow").rglob("*.log") if path.stat().st_size]
    assert len(logs) > 20


def test_no_secret_stands_in_a_row_of_either_database(undisturbed: Outcome, tmp_path: Path) -> None:
    secrets = secrets_of(undisturbed.stack)
    folder = tmp_path / "postgres"
    # Other tests look at it as it was left; the server's files stay their owner's, who is not root.
    subprocess.run(["cp", "-a", str(undisturbed.stack / "postgres"), str(folder)], check=True)
    server = EmbeddedPostgres(folder, secrets["postgres_password"], durable=False)
    server.start()
    try:
        found, count = found_in_databases(server, ("airflow", "warehouse"), secrets)
    finally:
        server.stop()
    assert found == []
    assert count > 5000


def test_what_describes_the_containers_holds_no_secret(undisturbed: Outcome) -> None:
    """What `docker inspect` would show: the environment as it is written, with secrets as files alone."""
    secrets = secrets_of(undisturbed.stack)
    assert found_in((CLONE / "docker-compose.yml").read_bytes(), secrets) == set()
