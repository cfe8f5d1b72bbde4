"""Channels as Airflow's parts reach them: by hook, by object storage, from a task and from a trigger."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from reporting_airflow import channels, warehouse
from reporting_airflow.triggers import ArrivalTrigger
from sqlalchemy import Engine, text

from local_stack.ports import LOOPBACK, free_ports
from reporting.intake.channels import ChannelError, collect, has_new
from reporting.settings import settings
from tests.integration.intake.dovecot import Dovecot
from tests.integration.intake.test_channels import mail, subjects

Configure = Callable[..., None]


@pytest.fixture
def configure(registered: Engine, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Sets REPORTING_CHANNELS."""

    def configured(*addresses: str) -> None:
        monkeypatch.setenv("REPORTING_CHANNELS", ",".join(addresses))
        settings.cache_clear()

    return configured


def test_a_mailbox_is_collected_by_the_hook_of_the_provider(
    registered: Engine, server: Dovecot, user: str, configure: Configure
) -> None:
    configure("imap:reporting_imap?move_to=Da%20nhan")
    server.deliver(user, mail(1), mail(2))
    found = channels.configured()
    assert [channel.name for channel in found] == ["imap:reporting_imap/INBOX"]
    assert channels.configured()[0] is found[0], "one connection per process"
    assert collect(registered, found) == 2
    assert subjects(registered) == ["Bao cao so 1", "Bao cao so 2"]
    assert server.flags(user) == []
    assert len(server.flags(user, '"Da nhan"')) == 2
    found[0].close()


def test_what_is_wrong_with_a_connection_is_said_and_stops_no_other_channel(
    registered: Engine,
    server: Dovecot,
    user: str,
    configure: Configure,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "nop").mkdir()
    (tmp_path / "nop" / "a.xlsx").write_bytes(b"x")
    os.utime(tmp_path / "nop" / "a.xlsx", (0, 0))
    configure("imap:nowhere", "imap:reporting_imap", "folder:nosuch://x/y", f"folder:{tmp_path / 'nop'}")
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_IMAP", server.uri(user, "sai"))
    undefined, refused, unknown, folder = channels.configured()
    with pytest.raises(ChannelError, match="Airflow has no connection nowhere") as told:
        undefined.waiting()
    assert told.value.is_lasting
    with pytest.raises(ChannelError, match="refused the login") as told:
        refused.waiting()
    assert told.value.is_lasting
    with pytest.raises(ChannelError, match="nosuch"):
        unknown.waiting()
    assert collect(registered, channels.configured()) == 1
    assert not has_new(registered, [folder])


def test_a_folder_is_collected_through_object_storage(
    registered: Engine, configure: Configure, tmp_path: Path
) -> None:
    (tmp_path / "nop" / "So A").mkdir(parents=True)
    (tmp_path / "nop" / "So A" / "a.xlsx").write_bytes(b"whole")
    os.utime(tmp_path / "nop" / "So A" / "a.xlsx", (0, 0))
    configure(f"folder:file://{tmp_path}/nop")
    (channel,) = channels.configured()
    assert has_new(registered, [channel])
    assert collect(registered, [channel]) == 1
    assert (tmp_path / "nop" / "da_nhan" / "So A" / "a.xlsx").read_bytes() == b"whole"
    assert not has_new(registered, [channel])


def test_a_trigger_waits_on_through_a_mailbox_that_hangs_without_holding_up_others(
    registered: Engine, server: Dovecot, user: str, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    (port,) = free_ports(1)
    with socket.create_server((LOOPBACK, port)):  # takes the connection and says nothing, for ever
        hanging = server.uri(user).replace(f":{server.port}/", f":{port}/")
        monkeypatch.setenv("AIRFLOW_CONN_HANGING", hanging)
        monkeypatch.setattr("reporting.intake.channels.imap.TIMEOUT_SECONDS", 1.0)
        configure("imap:hanging", "imap:reporting_imap")

        async def wait() -> tuple[int, object]:
            ticks = 0
            trigger = ArrivalTrigger(0.1)
            fired = asyncio.ensure_future(anext(trigger.run()))
            began = time.monotonic()
            is_delivered = False
            while not fired.done():
                await asyncio.sleep(0.02)
                ticks += 1
                if not is_delivered and time.monotonic() - began > 0.3:
                    is_delivered = True
                    await asyncio.to_thread(server.deliver, user, mail(1))
                assert time.monotonic() - began < 30
            return ticks, (await fired).payload

        ticks, payload = asyncio.run(wait())
    assert payload == {"ready": True}
    assert ticks > 20, "the event loop was held up"
    with registered.connect() as connection:
        rows = connection.execute(text("SELECT channel, problem FROM intake.channel_look")).all()
        looks = {row.channel: row.problem for row in rows}
    assert "cannot be reached" in looks["imap:hanging/INBOX"]
    assert looks["imap:reporting_imap/INBOX"] is None


def test_a_connection_kept_in_airflow_is_fetched_for_a_trigger_once(
    monkeypatch: pytest.MonkeyPatch, configure: Configure
) -> None:
    from airflow.sdk import Connection

    asked: list[str] = []

    async def get(name: str) -> Connection:
        asked.append(name)
        return Connection(
            conn_id=name, conn_type="imap", host="mail.example", login="a@b", password="p:/?", port=993
        )

    monkeypatch.setattr(Connection, "async_get", get)
    monkeypatch.delenv("AIRFLOW_CONN_KEPT", raising=False)
    configure("imap:kept", "imap:kept/Other", "maildir:/x")
    try:
        asyncio.run(channels.resolve_connections_in_trigger())
        asyncio.run(channels.resolve_connections_in_trigger())
        assert set(asked) == {"kept"}
        assert len(asked) == 1
        from reporting.intake.channels.configuration import account

        found = account("kept")
        assert (found.host, found.port, found.user, found.password) == ("mail.example", 993, "a@b", "p:/?")
        assert found.is_encrypted
    finally:
        os.environ.pop("AIRFLOW_CONN_KEPT", None)
    assert warehouse.CONNECTIONS == ("reporting_warehouse", "reporting_smtp")
