"""The capture server as a process, spoken to by SMTP."""

from __future__ import annotations

import os
import secrets
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import psutil
import pytest

from local_stack.capture import maildir
from local_stack.ports import free_ports, is_open


@dataclass
class Server:
    root: Path
    port: int
    token: str
    process: psutil.Popen

    def kept(self, address: str) -> list[Path]:
        folder = maildir(self.root, address) / "new"
        return sorted(folder.iterdir()) if folder.exists() else []

    def session(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, timeout=30)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    yield from _serve(tmp_path / "mail", "--stamp-from-date")


def _serve(root: Path, *options: str) -> Iterator[Server]:
    (port,) = free_ports(1)
    token = secrets.token_urlsafe(16)
    command = [
        sys.executable,
        "-m",
        "local_stack.capture",
        "--root",
        str(root),
        "--port",
        str(port),
        *options,
    ]
    process = psutil.Popen(
        command, env=os.environ | {"REPORTING_CAPTURE_TOKEN": token, "PYTHONPATH": "include"}
    )
    try:
        for _ in range(200):
            if is_open(port):
                break
            assert process.poll() is None
            time.sleep(0.05)
        yield Server(root, port, token, process)
    finally:
        if process.is_running():
            process.terminate()
            assert process.wait(timeout=10) == 0


def letter(subject: str, body: str = "Kính gửi quý cơ quan") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "baocao@bo-chu-tri.example"
    message["To"] = "so@tinh.example"
    message["Date"] = "Mon, 03 Dec 2012 08:00:00 +0700"
    message["Subject"] = subject
    message.set_content(body)
    return message


def test_it_proves_what_it_is_before_any_message(server: Server) -> None:
    with server.session() as session:
        session.ehlo()
        assert session.esmtp_features["x-reporting-capture"] == server.token
        assert {"8bitmime", "smtputf8", "size"} <= set(session.esmtp_features)
        assert "auth" not in session.esmtp_features


def test_it_listens_on_loopback_alone(server: Server) -> None:
    assert {c.laddr.ip for c in server.process.net_connections() if c.status == "LISTEN"} == {"127.0.0.1"}


def test_it_connects_to_nobody_whoever_the_recipient_is(server: Server) -> None:
    with server.session() as session:
        session.send_message(letter("x"), to_addrs=["a@gov.example", "root@localhost", "b@[127.0.0.1]"])
        connections = [c for c in server.process.net_connections("inet") if c.status != "LISTEN"]
        assert {c.laddr.port for c in connections} == {server.port}
    assert len(server.kept("root@localhost")) == 1


def test_a_message_is_on_disk_when_it_is_answered_for(server: Server) -> None:
    with server.session() as session:
        session.send_message(letter("Đôn đốc báo cáo"), to_addrs=["a@a.example", "b@b.example"])
        server.process.kill()
    message = message_from_bytes(server.kept("b@b.example")[0].read_bytes(), policy=policy.default)
    assert message["Subject"] == "Đôn đốc báo cáo"
    assert message["Received"].endswith("by capture.localhost with ESMTP; Mon, 03 Dec 2012 08:00:00 +0700")
    assert message["X-Envelope-To"] == "<b@b.example>"
    server.process.wait()


def test_eight_bit_text_and_addresses_with_accents(server: Server) -> None:
    message = letter("Thử", "Số liệu tổng hợp")
    raw = message.as_bytes(policy=policy.SMTPUTF8.clone(cte_type="8bit"))
    with server.session() as session:
        session.sendmail("sở@tỉnh.example", ["phòng@tỉnh.example"], raw, ["SMTPUTF8", "BODY=8BITMIME"])
    kept = message_from_bytes(server.kept("phòng@tỉnh.example")[0].read_bytes(), policy=policy.default)
    assert kept.get_body() is not None
    assert kept.get_content().strip() == "Số liệu tổng hợp"
    assert server.kept("phòng@tỉnh.example")[0].read_bytes().count("sở@tỉnh.example".encode()) == 1


def test_thirty_megabytes_arrive_whole(server: Server) -> None:
    payload = secrets.token_bytes(22 * 1024 * 1024)  # 30 MB as base64
    message = letter("Phụ lục")
    message.add_attachment(payload, maintype="application", subtype="zip", filename="phu-luc.zip")
    with server.session() as session:
        session.send_message(message)
    path = server.kept("so@tinh.example")[0]
    assert path.stat().st_size > 30_000_000
    kept = message_from_bytes(path.read_bytes(), policy=policy.default)
    (attachment,) = kept.iter_attachments()
    assert attachment.get_payload(decode=True) == payload


def test_a_message_too_large_is_refused_and_the_session_goes_on(server: Server) -> None:
    with server.session() as session:
        session.ehlo()
        session.esmtp_features.pop("size")  # a sender that does not announce it
        with pytest.raises(smtplib.SMTPDataError) as refused:
            session.sendmail(
                "a@a.example", ["b@b.example"], b"x" * 70 + b"\r\n" + (b"y" * 998 + b"\r\n") * 68_000
            )
        assert refused.value.smtp_code == 552
        session.send_message(letter("small"))
    assert server.kept("b@b.example") == []
    assert len(server.kept("so@tinh.example")) == 1


def test_many_senders_at_once_lose_nothing(server: Server) -> None:
    def send(sender: int) -> None:
        with server.session() as session:
            for number in range(10):
                session.send_message(letter(f"{sender}/{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))
    subjects = [message_from_bytes(path.read_bytes())["Subject"] for path in server.kept("so@tinh.example")]
    assert sorted(subjects) == sorted(f"{sender}/{number}" for sender in range(8) for number in range(10))


def test_live_it_stamps_the_real_time(tmp_path: Path) -> None:
    serving = _serve(tmp_path / "mail")
    server = next(serving)
    with server.session() as session:
        session.send_message(letter("x"))
    received = message_from_bytes(server.kept("so@tinh.example")[0].read_bytes())["Received"]
    assert "2012" not in received.rpartition(";")[2]
    with pytest.raises(StopIteration):
        next(serving)


def test_without_a_token_it_does_not_start(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "REPORTING_CAPTURE_TOKEN"}
    command = [sys.executable, "-m", "local_stack.capture", "--root", str(tmp_path), "--port", "1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "REPORTING_CAPTURE_TOKEN is not set" in done.stderr
