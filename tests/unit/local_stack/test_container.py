"""What a container does before its program: secrets into the environment, passwords, health."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from local_stack import container
from local_stack.container import SecretError, draw_secrets, is_healthy, with_secrets, write_passwords
from local_stack.layout import CLONE

HEALTH = {
    "metadatabase": {"status": "healthy"},
    "scheduler": {"status": "healthy"},
    "triggerer": {"status": "unhealthy"},
    "dag_processor": {"status": None},
}


def test_a_secret_is_put_in_as_it_is_and_into_an_address_encoded(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a/b@c:%\n", "utf-8")
    given = {
        "KEY": "{secret:key}",
        "URL": "postgres://role:{secret:key}@host:5432/base",
        "PATH": "/usr/bin",
    }
    assert with_secrets(given, tmp_path) == {
        "KEY": "a/b@c:%",
        "URL": "postgres://role:a%2Fb%40c%3A%25@host:5432/base",
        "PATH": "/usr/bin",
    }


def test_a_secret_is_not_read_for_places_again(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("{secret:two}", "utf-8")
    assert with_secrets({"A": "{secret:one}"}, tmp_path) == {"A": "{secret:two}"}


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_what_the_office_may_leave_empty_is_left_out(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "smtp_url").write_text(content, "utf-8")
    assert with_secrets({"MAIL": "{secret:smtp_url?}", "B": "2"}, tmp_path) == {"B": "2"}


def test_a_missing_or_empty_secret_is_named_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match=r"KEY needs the secret signing_key.*secrets/signing_key\.txt"):
        with_secrets({"KEY": "{secret:signing_key}"}, tmp_path)
    (tmp_path / "signing_key").write_text("\n", "utf-8")
    with pytest.raises(SecretError, match=r"secrets/signing_key\.txt is empty"):
        with_secrets({"KEY": "{secret:signing_key}"}, tmp_path)


def test_the_persons_password_is_written_where_airflow_looks(tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    write_passwords({container.PASSWORDS_FILE_VARIABLE: str(path)}, tmp_path)
    assert not path.exists(), "a container that was not handed it writes nothing"
    (tmp_path / "can_bo_password").write_text("xyz\n", "utf-8")
    (tmp_path / "lanh_dao_password").write_text("uvw\n", "utf-8")
    write_passwords({}, tmp_path)  # not a part of Airflow: nothing to write, nothing to complain of
    write_passwords({container.PASSWORDS_FILE_VARIABLE: str(path)}, tmp_path)
    assert json.loads(path.read_text("utf-8")) == {"can_bo": "xyz", "lanh_dao": "uvw"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_are_drawn_once_in_a_folder_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made = draw_secrets(folder)
    before = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert set(before) == {f"{name}.txt" for name in made}
    assert before.pop("smtp_url.txt") == ""
    assert len(set(before.values())) == len(before)
    assert min(len(value.strip()) for value in before.values()) >= 16
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(path.stat().st_mode & 0o004 for path in folder.iterdir()), "containers run as other users"
    (folder / "fernet_key.txt").unlink()
    assert draw_secrets(folder) == ["fernet_key"]
    after = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert {name for name, value in before.items() if after[name] != value} == {"fernet_key.txt"}


def test_the_secrets_are_drawn_without_any_library(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "local_stack.container", "secrets", str(tmp_path / "secrets")],
        env={"PYTHONPATH": str(CLONE / "include")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "secrets" / "jwt_secret.txt").exists()


def test_the_entry_point_becomes_the_program(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "local_stack.container",
        "run",
        sys.executable,
        "-c",
        "import sys; sys.exit(7)",
    ]
    done = subprocess.run(command, env={"PYTHONPATH": str(CLONE / "include")}, check=False)
    assert done.returncode == 7


def test_the_entry_point_stops_where_a_secret_is_missing() -> None:
    command = [sys.executable, "-m", "local_stack.container", "run", sys.executable, "-c", "print('started')"]
    given = {"PYTHONPATH": str(CLONE / "include"), "KEY": "{secret:there_is_none}"}
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: KEY needs the secret there_is_none")


@pytest.fixture
def api() -> Iterator[str]:
    """A server that answers like Airflow's /api/v2/monitor/health, under the execution API's address."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/api/v2/monitor/health"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(json.dumps(HEALTH).encode() if found else b"{}")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Health)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/execution/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_part_is_healthy_when_airflow_says_so(api: str) -> None:
    parts = ("api-server", "scheduler", "triggerer", "dag-processor")
    assert {part: is_healthy(part, api) for part in parts} == {
        "api-server": True,
        "scheduler": True,
        "triggerer": False,
        "dag-processor": False,
    }


def test_no_part_is_healthy_when_airflow_does_not_answer() -> None:
    assert not is_healthy("scheduler", "http://127.0.0.1:1/execution/")
    assert not is_healthy("scheduler", "")
