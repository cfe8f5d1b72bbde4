"""What every channel can do, and what can go wrong with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Kind = Literal["mail", "folder"]
Mode = Literal["live", "rehearsal"]


@dataclass(frozen=True)
class Item:
    """One delivery as it lies in its channel.

    `key` names it there; `raw` are its bytes, a whole mail or a whole file; `filename` is None for a mail;
    `envelope` is what the channel knows beyond the bytes, ready for JSON; `received_at`, with a zone, is when
    the channel got it, None where only the mail itself tells.
    """

    key: str
    raw: bytes
    filename: str | None = None
    envelope: Mapping[str, object] = field(default_factory=dict)
    received_at: datetime | None = None


class ChannelError(RuntimeError):
    """A channel cannot be looked at. `is_lasting`: trying again will not mend it, a person has to."""

    def __init__(self, problem: str, *, is_lasting: bool = False) -> None:
        super().__init__(problem)
        self.is_lasting = is_lasting


class UnfitItemError(RuntimeError):
    """One delivery cannot be taken over, although its channel works; it stays where it is."""


class TooLargeError(UnfitItemError):
    """A delivery is larger than the limit. It stays in its channel, whole, until the limit is raised."""

    def __init__(self, description: str, byte_count: int, limit: int) -> None:
        super().__init__(
            f"{description} has {byte_count / 1e6:.1f} MB, more than the {limit / 1e6:.0f} MB of "
            "REPORTING_ARRIVAL_LIMIT. It stays where it is; raise the limit and it is collected by itself."
        )


class Channel(Protocol):
    """A place where deliveries wait until they are collected. May be shared by threads."""

    @property
    def name(self) -> str:
        """Its address as configured, without any secret: what people know it by."""

    @property
    def kind(self) -> Kind:
        """mail: items are messages; folder: items are files."""

    @property
    def mode(self) -> Mode:
        """Which cycles its items may belong to."""

    @property
    def look_seconds(self) -> float:
        """How long to wait between two looks while nothing is there."""

    def waiting(self) -> Sequence[str]:
        """The keys of the items not yet collected, oldest first.

        An item whose `mark_collected` returned False is listed again: the caller remembers it. Raises
        ChannelError when the channel cannot be looked at.
        """

    def fetch(self, key: str) -> Item | None:
        """The item, which stays new; None when it is gone, such as to another collector.

        Raises UnfitItemError where this item alone cannot be had, ChannelError where none can.
        """

    def mark_collected(self, key: str) -> bool:
        """Never list this item again; does nothing when it is gone. Returns False where the channel cannot
        keep that and the caller has to remember it. Raises ChannelError.
        """

    def kept(self, since: datetime) -> Sequence[str]:
        """The keys of items that were collected and that the channel keeps, so far as it can tell of those
        that came since then, oldest first. Raises ChannelError.
        """

    def fetch_kept(self, key: str) -> Item | None:
        """A collected item as `fetch` gave it, under the key that it had then where that is known; None when
        it is gone. Raises UnfitItemError, ChannelError.
        """

    def close(self) -> None:
        """Let go of any connection; the next look makes a new one."""
