"""A warehouse whose state is made by hand, and receivers of metrics on this machine."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from sqlalchemy import Engine, text

from reporting.clock import step_to
from reporting.consolidation.refresh import refresh
from reporting.cycles.opening import open_cycle
from reporting.regimes.models import load_regime
from tests.integration.rehearsed import REQUEST_AT, vn

HANDMADE = Path(__file__).with_name("handmade.sql").read_text("utf-8")


@pytest.fixture
def handmade(registered: Engine) -> Engine:
    """The tracking cycle as a rehearsal, two hours after its first step fell due, with some of everything.

    Of its 63 offices one has a fault of ours to wait for; nobody else answered.
    """
    from reporting.intake.channels.configuration import names
    from reporting.settings import settings

    cycle_id = open_cycle(registered, load_regime("ttdn_dia_phuong"), "2011_2012", "rehearsal")
    (channel,) = names(settings().channels)
    with registered.begin() as connection:
        step_to(connection, f"rehearsal:{cycle_id}", vn(2012, 12, 3, 10))
        for statement in HANDMADE.rstrip(";\n").split(";\n"):
            connection.execute(text(statement), {"c": cycle_id, "channel": channel})
        refresh(connection, cycle_id)
    assert vn(2012, 12, 3, 8) == REQUEST_AT
    return registered


class StatsD:
    """What a StatsD server hears: the last value of each series, by its name as it was sent."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def heard(self) -> dict[str, float]:
        """Everything that came until now, as StatsD adds it up: a value with a sign moves a gauge."""
        self._socket.settimeout(0.3)
        gauges: dict[str, float] = {}
        while True:
            try:
                packet = self._socket.recv(65536).decode()
            except TimeoutError:
                return gauges
            for line in packet.splitlines():
                name, _, rest = line.partition(":")
                value, kind = rest.split("|")[:2]
                if kind == "g":
                    gauges[name] = float(value) + (gauges.get(name, 0.0) if value[0] in "+-" else 0.0)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


@pytest.fixture
def statsd() -> Iterator[StatsD]:
    """A StatsD server."""
    server = StatsD()
    yield server
    server.close()


class Otlp:
    """What an OpenTelemetry collector hears: the last value of each gauge by name and attributes."""

    def __init__(self) -> None:
        received = self.received = {}  # type: dict[tuple[str, frozenset[tuple[str, str]]], float]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                sent = ExportMetricsServiceRequest.FromString(body)
                for resource in sent.resource_metrics:
                    for scope in resource.scope_metrics:
                        for metric in scope.metrics:
                            for point in metric.gauge.data_points:
                                tags = frozenset((a.key, a.value.string_value) for a in point.attributes)
                                received[metric.name, tags] = point.as_double or float(point.as_int)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def otlp() -> Iterator[Otlp]:
    """An OpenTelemetry collector."""
    server = Otlp()
    yield server
    server.close()
