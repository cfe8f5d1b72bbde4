"""What a container does before its program: secrets into the environment, passwords, health."""

from __future__ import annotations

import json
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from local_stack import accounts, container
from local_stack.container import (
    SecretError,
    certificate_secrets,
    draw_accounts,
    draw_secrets,
    is_healthy,
    is_worker_alive,
    make_certificates,
    with_secrets,
)
from local_stack.layout import CLONE
from reporting.clock import wall_now

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


def test_secrets_are_drawn_once_in_a_folder_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made = draw_secrets(folder)
    before = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert set(before) == {f"{name}.txt" for name in made}
    assert before.pop("smtp_url.txt") == ""
    (receiver,) = yaml.safe_load(before.pop("alertmanager.txt"))["receivers"]
    assert receiver == {"name": "van_hanh"}, "nobody is told until the office says whom"
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
    assert (tmp_path / "secrets" / "accounts" / "quan_tri_password").exists()


def test_the_accounts_to_begin_with_can_be_used_and_stay(tmp_path: Path) -> None:
    made = draw_accounts(tmp_path)
    found = accounts.load_accounts(tmp_path / "accounts.yaml", accounts.load_table())
    assert [account.name for account in found] == made
    assert all(accounts.first_password(tmp_path, name) for name in made)
    file = tmp_path / "accounts.yaml"
    file.write_text(file.read_text("utf-8") + "  - name: moi\n", "utf-8")
    before = (tmp_path / "can_bo_password").read_text("utf-8")
    assert draw_accounts(tmp_path) == ["moi"]
    assert (tmp_path / "can_bo_password").read_text("utf-8") == before


def read(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_every_service_gets_a_certificate_that_is_believed_under_its_name_alone(tmp_path: Path) -> None:
    assert make_certificates(tmp_path, "baocao.bo.example") == [*container.SERVICES_WITH_TLS]
    authority = tmp_path / "tls_ca.txt"
    names = {"proxy": "baocao.bo.example"}
    for service in container.SERVICES_WITH_TLS:
        certificate, key = (tmp_path / f"{name}.txt" for name in certificate_secrets(service))
        assert hello(authority, certificate, key, names.get(service, service)) == "TLSv1.3"
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            hello(authority, certificate, key, "another")
    keys = [(tmp_path / f"{certificate_secrets(s)[1]}.txt").read_bytes() for s in container.SERVICES_WITH_TLS]
    assert len(set(keys)) == len(keys), "who breaks into one service has the key of no other"
    assert stat.S_IMODE((tmp_path / "tls_ca_key.txt").stat().st_mode) == 0o400


def hello(authority: Path, certificate: Path, key: Path, name: str) -> str | None:
    """Let a client that believes ``authority`` greet a server with this certificate under this name."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=authority)
    ways = [ssl.MemoryBIO() for _ in range(2)]
    sides = [
        client.wrap_bio(ways[0], ways[1], server_hostname=name),
        server.wrap_bio(ways[1], ways[0], server_side=True),
    ]
    for _ in range(3):
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return sides[0].version()


def test_certificates_that_last_stay_and_others_are_renewed_by_the_same_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_certificates(tmp_path, "baocao.bo.example")
    before = read(tmp_path)
    assert make_certificates(tmp_path, "baocao.bo.example") == []
    assert read(tmp_path) == before
    assert make_certificates(tmp_path, "khac.bo.example") == ["proxy"]
    monkeypatch.setattr("local_stack.tls.wall_now", lambda: wall_now() + timedelta(days=380))
    assert make_certificates(tmp_path, "khac.bo.example") == [*container.SERVICES_WITH_TLS]
    after = read(tmp_path)
    assert after["tls_ca.txt"] == before["tls_ca.txt"]
    assert after["redis_tls_key.txt"] != before["redis_tls_key.txt"]
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_the_offices_own_certificate_stays(tmp_path: Path) -> None:
    folder, office = tmp_path / "secrets", tmp_path / "office"
    for each in (folder, office):
        each.mkdir()
    make_certificates(office, "baocao.bo.example")
    for name in certificate_secrets("proxy"):
        (folder / f"{name}.txt").write_bytes((office / f"{name}.txt").read_bytes())
    assert "proxy" not in make_certificates(folder, "baocao.bo.example")
    for name in certificate_secrets("proxy"):
        assert (folder / f"{name}.txt").read_bytes() == (office / f"{name}.txt").read_bytes()


@pytest.mark.parametrize("killed_at", [1, 3, 4, 8])
def test_a_command_killed_while_it_renews_certificates_leaves_no_pair_that_does_not_fit(
    killed_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced = 0
    replace = Path.replace

    def killed(self: Path, target: Path) -> Path:
        nonlocal replaced
        replaced += target.parent == tmp_path
        if replaced >= killed_at:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as a_year_ago:
        a_year_ago.setattr("local_stack.tls.wall_now", lambda: wall_now() - timedelta(days=380))
        make_certificates(tmp_path, "baocao.bo.example")
    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        make_certificates(tmp_path, "baocao.bo.example")
    monkeypatch.undo()
    make_certificates(tmp_path, "baocao.bo.example")
    for service in container.SERVICES_WITH_TLS:
        certificate, key = (tmp_path / f"{name}.txt" for name in container.certificate_secrets(service))
        pair = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        pair.load_cert_chain(certificate, key)


def test_certificates_need_a_folder_of_secrets(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="draw the secrets first"):
        make_certificates(tmp_path / "none", "h")


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


def test_no_worker_is_alive_where_no_broker_answers() -> None:
    assert not is_worker_alive("", "worker@here")
    assert not is_worker_alive("redis://:x@127.0.0.1:1/0", "worker@here")
