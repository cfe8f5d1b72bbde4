"""The proxy as docker/proxy.conf describes it: what it lets through, and what it keeps out."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_stack.container import make_certificates
from local_stack.layout import CLONE
from local_stack.office import fill_in, program
from local_stack.ports import free_ports

TEMPLATE = (CLONE / "docker" / "proxy.conf").read_text("utf-8")
TOLD = yaml.safe_load((CLONE / "docker-compose.yml").read_text("utf-8"))["services"]["proxy"]["environment"]

pytestmark = pytest.mark.skipif(
    program("nginx") is None, reason="nginx is not installed (Debian: nginx-light)"
)


class ApiServer(BaseHTTPRequestHandler):
    """Answers with the headers that it was asked with."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = str(self.headers).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("proxy")
    make_certificates(made, "localhost")
    return made


def start_proxy(folder: Path, upstream: str) -> tuple[subprocess.Popen[bytes], int]:
    port = free_ports(1)[0]
    given = {
        "PROXY_LISTEN": f"127.0.0.1:{port}",
        "PROXY_CERTIFICATE": str(folder / "proxy_tls_certificate.txt"),
        "PROXY_KEY": str(folder / "proxy_tls_key.txt"),
        "PROXY_UPSTREAM": upstream,
        "PROXY_AUTHORITY": str(folder / "tls_ca.txt"),
        "PROXY_FOLDER": str(folder),
    }
    file = folder / "nginx.conf"
    file.write_text(fill_in(TEMPLATE, given), "utf-8")
    command = [str(program("nginx")), "-e", "stderr", "-p", str(folder), "-c", str(file)]
    directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    process = subprocess.Popen([*command, "-g", directives], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        try:
            ask(folder, port, "/")
            break
        except OSError:
            time.sleep(0.1)
    return process, port


def ask(folder: Path, port: int, path: str, body: bytes | None = None, **headers: str) -> Any:
    believed = ssl.create_default_context(cafile=folder / "tls_ca.txt")
    connection = http.client.HTTPSConnection("localhost", port, context=believed, timeout=10)
    try:
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def proxy(folder: Path) -> Iterator[tuple[Path, int]]:
    """The proxy before an api-server that shows the certificate of that service."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), ApiServer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "api_server_tls_certificate.txt", folder / "api_server_tls_key.txt")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    process, port = start_proxy(folder, f"https://localhost:{server.server_port}")
    yield folder, port
    process.terminate()
    process.wait()
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_place_of_the_template_is_filled_by_compose() -> None:
    places = set(re.findall(r"\$\{(\w+)\}", TEMPLATE))
    assert places == {name for name in TOLD if name.startswith("PROXY_")}
    assert re.match(TOLD["NGINX_ENVSUBST_FILTER"], "PROXY_LISTEN")


def test_it_says_who_asked_and_demands_encryption_from_then_on(proxy: tuple[Path, int]) -> None:
    status, headers, seen = ask(*proxy, "/dags", **{"X-Forwarded-For": "192.0.2.1"})
    assert status == 200
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "nginx/" not in headers["Server"]
    assert "X-Forwarded-Proto: https" in seen
    assert "X-Forwarded-For: 127.0.0.1" in seen, "what a stranger claims about himself is not passed on"


def test_it_keeps_out_the_tasks_interface_and_requests_too_large(proxy: tuple[Path, int]) -> None:
    assert ask(*proxy, "/execution/task-instances")[0] == 404
    assert ask(*proxy, "/api/v2/dags", b"x" * 1_000_000)[0] == 200
    assert ask(*proxy, "/api/v2/dags", b"x" * 3_000_000)[0] == 413


def test_who_tries_passwords_quickly_is_slowed_down(proxy: tuple[Path, int]) -> None:
    folder, port = proxy
    believed = ssl.create_default_context(cafile=folder / "tls_ca.txt")
    connection = http.client.HTTPSConnection("localhost", port, context=believed, timeout=10)
    answers = []
    for _ in range(200):
        connection.request("POST", "/auth/token", b"{}")
        answer = connection.getresponse()
        answer.read()
        answers.append(answer.status)
        if answer.status != 200:
            break
    connection.close()
    assert answers[:40] == [200] * 40, "nobody who logs in is kept waiting"
    assert answers[-1] == 429
    assert ask(*proxy, "/dags")[0] == 200, "whoever is inside is not"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_old_protocols_are_refused(proxy: tuple[Path, int]) -> None:
    command = [
        "openssl",
        "s_client",
        "-connect",
        f"127.0.0.1:{proxy[1]}",
        "-tls1_1",
        "-cipher",
        "ALL:@SECLEVEL=0",
    ]
    said = subprocess.run(command, input=b"", capture_output=True, check=False)
    assert said.returncode != 0


def test_an_api_server_with_a_strangers_certificate_is_not_believed(folder: Path, tmp_path: Path) -> None:
    make_certificates(tmp_path, "localhost")
    server = ThreadingHTTPServer(("127.0.0.1", 0), ApiServer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "api_server_tls_certificate.txt", tmp_path / "api_server_tls_key.txt")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    other = tmp_path / "proxy"
    other.mkdir()
    for path in folder.glob("*.txt"):
        (other / path.name).write_bytes(path.read_bytes())
    process, port = start_proxy(other, f"https://localhost:{server.server_port}")
    try:
        assert ask(other, port, "/dags")[0] == 502
    finally:
        process.terminate()
        process.wait()
        server.shutdown()
        thread.join()
        server.server_close()
