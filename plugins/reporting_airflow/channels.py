"""The intake's channels as Airflow's parts reach them: mailboxes by the IMAP provider's hook, folders by
object storage, both by connections that an administrator keeps in Airflow.
"""

from __future__ import annotations

import imaplib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, cast

from reporting_airflow import warehouse

if TYPE_CHECKING:
    from upath import UPath

    from reporting.intake.channels import Channel, Lookout

_connecting = threading.Lock()


def configured() -> list[Channel]:
    """The channels of REPORTING_CHANNELS, the same objects throughout a process; nothing is connected to yet.

    Raises ValueError naming the address that is malformed.
    """
    from reporting.settings import settings

    found = settings()
    return list(_opened(found.channels, found.mailbox_mode, found.arrival_limit)[0])


def lookout() -> Lookout:
    """What looks at these channels, at the pace of each, throughout a process."""
    from reporting.settings import settings

    found = settings()
    return _opened(found.channels, found.mailbox_mode, found.arrival_limit)[1]


def resolve_connections() -> None:
    """Fetch the channels' connections from Airflow, inside a task; one that is not defined is told by the
    channel that needs it.
    """
    from reporting.intake.channels.configuration import connection_ids
    from reporting.settings import settings

    warehouse.resolve_connections(connection_ids(settings().channels))


async def resolve_connections_in_trigger() -> None:
    """The same inside a trigger: what its threads may not ask of Airflow is asked here, once per process."""
    from reporting.intake.channels.configuration import connection_ids
    from reporting.settings import settings

    await warehouse.resolve_connections_in_trigger(connection_ids(settings().channels))


@lru_cache(maxsize=8)
def _opened(
    addresses: str, mode: Literal["live", "rehearsal"], megabytes: float
) -> tuple[list[Channel], Lookout]:
    from reporting.intake.channels import Lookout
    from reporting.intake.channels.configuration import open_channels

    channels = open_channels(
        addresses,
        mode=mode,
        limit=round(megabytes * 1e6),
        connect=connect_by_hook,
        open_folder=open_object_storage,
    )
    return channels, Lookout(channels)


def connect_by_hook(connection_id: str) -> Callable[[], imaplib.IMAP4]:
    """What connects and logs in to the mailbox of an Airflow connection of the type imap.

    The maker raises ChannelError where there is no such connection.
    """

    def connect() -> imaplib.IMAP4:
        from airflow.providers.imap.hooks.imap import ImapHook
        from airflow.sdk.exceptions import AirflowNotFoundException

        from reporting.intake.channels import ChannelError

        hook = ImapHook(connection_id)
        try:
            with _patience():
                client = hook.get_conn().mail_client
        except AirflowNotFoundException as error:
            raise ChannelError(
                f"Airflow has no connection {connection_id}. Define it: type imap, host, port, user and "
                "password.",
                is_lasting=True,
            ) from error
        except imaplib.IMAP4.error:
            if hook.mail_client is not None:
                hook.mail_client.shutdown()  # refused: the hook leaves the connection open
            raise
        assert client is not None  # a hook that connected has its client
        return client

    return connect


def open_object_storage(address: str) -> UPath:
    """The folder at an address such as s3://connection@bucket/prefix. Raises ImportError or ValueError where
    no provider for it is installed.
    """
    from airflow.sdk import ObjectStoragePath

    return cast("UPath", ObjectStoragePath(address))  # it has all of UPath's methods, but not its class


@contextmanager
def _patience() -> Iterator[None]:
    """Let connecting end after a while: the hook has no setting for it, and waits for ever."""
    from reporting.intake.channels.imap import TIMEOUT_SECONDS

    with _connecting:
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(TIMEOUT_SECONDS)
        try:
            yield
        finally:
            socket.setdefaulttimeout(before)
