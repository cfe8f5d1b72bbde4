"""A Maildir: new messages lie in new/; collected ones in cur/, flagged as seen."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from reporting.intake.channels.base import ChannelError, Item, Kind, Mode, TooLargeError


class Maildir:
    """The Maildir in `folder`, which may come into being later."""

    kind: Kind = "mail"
    look_seconds = 0.0

    def __init__(self, folder: Path, *, mode: Mode = "live", limit: int = 10**8) -> None:
        self.folder, self.mode, self.limit = folder, mode, limit
        self.name = f"maildir:{folder}"

    def waiting(self) -> list[str]:
        try:
            with os.scandir(self.folder / "new") as entries:
                return sorted(entry.name for entry in entries if not entry.name.startswith("."))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ChannelError(f"{self.folder} cannot be read: {error}", is_lasting=True) from error

    def fetch(self, key: str) -> Item | None:
        path = self.folder / "new" / key
        try:
            if (size := path.stat().st_size) > self.limit:
                raise TooLargeError(str(path), size, self.limit)
            return Item(key, path.read_bytes())
        except FileNotFoundError:
            return None

    def mark_collected(self, key: str) -> bool:
        seen = self.folder / "cur"
        try:
            seen.mkdir(exist_ok=True)
            (self.folder / "new" / key).rename(seen / f"{key.partition(':')[0]}:2,S")
        except FileNotFoundError:
            return True
        except OSError as error:
            raise ChannelError(f"{self.folder} cannot be written to: {error}", is_lasting=True) from error
        return True

    def kept(self, since: datetime) -> list[str]:
        try:
            with os.scandir(self.folder / "cur") as entries:
                found = [(entry.stat(), entry.name) for entry in entries if not entry.name.startswith(".")]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ChannelError(f"{self.folder} cannot be read: {error}", is_lasting=True) from error
        listed = sorted((at.st_mtime, at.st_ctime, name) for at, name in found)
        # a file keeps its date when it is copied, but changes its place when it is marked
        return [name for *times, name in listed if max(times) >= since.timestamp()]

    def fetch_kept(self, key: str) -> Item | None:
        path = self.folder / "cur" / key
        try:
            if (size := path.stat().st_size) > self.limit:
                raise TooLargeError(str(path), size, self.limit)
            return Item(key.partition(":")[0], path.read_bytes())
        except FileNotFoundError:
            return None

    def close(self) -> None:
        """Nothing is held open."""
