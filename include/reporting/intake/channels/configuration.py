"""Which channels there are: REPORTING_CHANNELS, as docs/configuration.md describes it."""

from __future__ import annotations

import imaplib
import json
import os
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from upath import UPath

from reporting.intake.channels.base import Channel, ChannelError, Item, Kind, Mode
from reporting.intake.channels.folder import Folder
from reporting.intake.channels.imap import TIMEOUT_SECONDS, Imap
from reporting.intake.channels.maildir import Maildir
from reporting.settings import settings

Connect = Callable[[str], Callable[[], imaplib.IMAP4]]
"""Gives, for the id of a connection, what makes a client that is logged in."""

OpenFolder = Callable[[str], UPath]
"""Gives the folder at an address such as s3://connection@bucket/prefix."""

_HELP = (
    "Write maildir:/full/path, folder:/full/path, folder:s3://connection@bucket/prefix, "
    "imap:connection or imap:connection/FOLDER, several of them separated by commas."
)
_CONNECTION_ID = re.compile(r"[A-Za-z0-9_.-]+")


def configured() -> list[Channel]:
    """The channels of REPORTING_CHANNELS; connections are read from the environment (AIRFLOW_CONN_…) when a
    channel is first looked at. A process gets the same objects every time.

    Raises ValueError naming the address that is malformed.
    """
    found = settings()
    return list(_opened(found.channels, found.mailbox_mode, found.arrival_limit))


@lru_cache(maxsize=8)
def _opened(addresses: str, mode: Mode, megabytes: float) -> tuple[Channel, ...]:
    return tuple(open_channels(addresses, mode=mode, limit=round(megabytes * 1e6)))


def open_channels(
    addresses: str,
    *,
    mode: Mode,
    limit: int,
    connect: Connect | None = None,
    open_folder: OpenFolder | None = None,
) -> list[Channel]:
    """The channels at `addresses`, separated by commas; `limit` in bytes. Nothing is connected to yet.

    Raises ValueError naming the address that is malformed, or given twice.
    """
    channels: list[Channel] = []
    for told in _addresses(addresses):
        if told.kind == "maildir":
            channels.append(Maildir(Path(told.place), mode=mode, limit=limit))
        elif told.kind == "imap":
            channels.append(
                Imap(
                    told.name,
                    (connect or connect_by_environment)(told.connection),
                    folder=told.folder,
                    move_to=told.options.get("move_to") or None,
                    mode=mode,
                    limit=limit,
                )
            )
        else:
            folder: Path | UPath
            try:
                folder = (
                    Path(told.place) if told.is_local else (open_folder or _without_connection)(told.place)
                )
            except Exception as error:  # a file system's driver may be missing or refuse the address
                channels.append(Unopened(told.name, mode, f"{type(error).__name__}: {error}"))
                continue
            channels.append(Folder(folder, told.name, mode=mode, limit=limit, is_kept="keep" in told.options))
    return channels


def names(addresses: str) -> list[str]:
    """The names of the channels at `addresses`. Raises ValueError as `open_channels` does."""
    return [told.name for told in _addresses(addresses)]


def connection_ids(addresses: str) -> list[str]:
    """The ids of the connections by which these channels are reached, each once. Raises ValueError as
    `open_channels` does.
    """
    return list(dict.fromkeys(told.connection for told in _addresses(addresses) if told.connection))


@dataclass(frozen=True)
class Unopened:
    """A channel whose driver is missing: every look at it tells why."""

    name: str
    mode: Mode
    problem: str
    kind: Kind = "folder"
    look_seconds: float = 60.0

    def waiting(self) -> list[str]:
        raise ChannelError(f"{self.name} cannot be opened: {self.problem}", is_lasting=True)

    def fetch(self, key: str) -> Item | None:
        self.waiting()
        return None

    def mark_collected(self, key: str) -> bool:
        return bool(self.waiting())

    def kept(self, since: datetime) -> list[str]:
        return self.waiting()

    def fetch_kept(self, key: str) -> Item | None:
        return self.fetch(key)

    def close(self) -> None:
        """Nothing is held open."""


@dataclass(frozen=True)
class _Address:
    kind: str
    name: str
    place: str
    options: Mapping[str, str] = field(default_factory=dict)
    connection: str = ""
    folder: str = ""
    is_local: bool = False


def _addresses(addresses: str) -> list[_Address]:
    found: list[_Address] = []
    for address in filter(None, (part.strip() for part in addresses.split(","))):
        told = _address(address)
        if told is None:
            raise ValueError(
                f"REPORTING_CHANNELS has {_without_password(address)!r}, which is no channel. {_HELP}"
            )
        if told.name in {known.name for known in found}:
            raise ValueError(f"REPORTING_CHANNELS names {told.name} twice. Leave one of them out.")
        found.append(told)
    return found


def _address(address: str) -> _Address | None:
    kind, _, rest = address.partition(":")
    place, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if kind == "maildir" and Path(place).is_absolute() and not options:
        return _Address(kind, f"maildir:{place}", place, is_local=True)
    if kind == "folder" and options.keys() <= {"keep"}:
        if Path(place).is_absolute():
            return _Address(kind, f"folder:{place}", place, options, is_local=True)
        if parts := urlsplit(place) if "://" in place else None:
            connection = (parts.username or "") if parts.password is None else ""
            return _Address(kind, f"folder:{_without_password(place)}", place, options, connection)
    if kind == "imap" and options.keys() <= {"move_to"}:
        connection, _, folder = place.partition("/")
        if _CONNECTION_ID.fullmatch(connection):
            folder = unquote(folder) or "INBOX"
            return _Address(kind, f"imap:{connection}/{folder}", place, options, connection, folder)
    return None


def _without_connection(address: str) -> UPath:
    if (user := urlsplit(address).username) and urlsplit(address).password is None:
        raise LookupError(f"the connection {user} is known to Airflow alone; its tasks collect from there")
    return UPath(address)


def _without_password(address: str) -> str:
    return re.sub(r"(?<=//)([^/@:]*):[^/@]*@", r"\1@", address)


@dataclass(frozen=True)
class ImapAccount:
    """Where a mailbox is and how to log in."""

    host: str
    port: int | None
    user: str
    password: str
    is_encrypted: bool = True


def account(connection_id: str) -> ImapAccount:
    """The mailbox of the connection AIRFLOW_CONN_<ID> of the environment, a URI or JSON as Airflow writes
    them.

    Raises ChannelError where it is not set or no connection to an IMAP server.
    """
    variable = f"AIRFLOW_CONN_{connection_id.upper()}"
    value = os.environ.get(variable, "")
    if not value:
        raise ChannelError(
            f"{variable} is not set. Set it to imap://user:password@host:993 with user and password "
            f"percent-encoded, or define the connection {connection_id} in Airflow.",
            is_lasting=True,
        )
    try:
        if value.lstrip().startswith("{"):
            told = json.loads(value)
            extra = told.get("extra") or {}
            extra = json.loads(extra) if isinstance(extra, str) else extra
            host, port, kind = told.get("host") or "", told.get("port"), told.get("conn_type") or ""
            user, password = told.get("login") or "", told.get("password") or ""
        else:
            parts = urlsplit(value)
            options = parse_qs(parts.query)
            extra = json.loads(options["__extra__"][0]) if "__extra__" in options else {}
            host, port, kind = parts.hostname or "", parts.port, parts.scheme
            user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if kind not in {"imap", "imaps"} or not host:
            raise ValueError("it is no connection of the type imap with a host")
        return ImapAccount(host, port and int(port), user, password, bool(extra.get("use_ssl", True)))
    except (ValueError, AttributeError) as error:
        raise ChannelError(
            f"{variable} cannot be read: {error}. Write imap://user:password@host:993.", is_lasting=True
        ) from error


def connect_by_environment(connection_id: str) -> Callable[[], imaplib.IMAP4]:
    """What connects and logs in to the mailbox of a connection of the environment; without Airflow."""

    def connect() -> imaplib.IMAP4:
        found = account(connection_id)
        client: imaplib.IMAP4
        if found.is_encrypted:
            client = imaplib.IMAP4_SSL(
                found.host,
                found.port or 993,
                ssl_context=ssl.create_default_context(),
                timeout=TIMEOUT_SECONDS,
            )
        else:
            client = imaplib.IMAP4(found.host, found.port or 143, timeout=TIMEOUT_SECONDS)
        try:
            client.login(found.user, found.password)
        except BaseException:
            client.shutdown()
            raise
        return client

    return connect
