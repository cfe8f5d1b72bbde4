"""A folder or a bucket into which files are laid."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from upath import UPath

from reporting import clock
from reporting.intake.channels.base import (
    ChannelError,
    Item,
    Kind,
    Mode,
    TooLargeError,
    UnfitItemError,
)

COLLECTED = "da_nhan"
_UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".download")
_NOT_MEANT = {"thumbs.db", "desktop.ini"}
_DEEPEST = 8
_SEPARATOR = "|"


class Folder:
    """The files in `folder` and below it, local or of any file system that fsspec knows.

    A collected file is moved to da_nhan/ below it. With `is_kept` nothing is moved, for folders in which we
    may not write, and what was collected is remembered elsewhere: by name, size and time of change, so that
    a file put there anew is a new one. A file counts as complete once it has not changed for
    `settle_seconds`; names of unfinished files (.part, .tmp, ~$…, hidden ones) are left alone.
    """

    kind: Kind = "folder"

    def __init__(
        self,
        folder: UPath | Path,
        name: str,
        *,
        mode: Mode = "live",
        limit: int = 10**8,
        is_kept: bool = False,
        settle_seconds: float = 5.0,
    ) -> None:
        self.folder = UPath(folder) if isinstance(folder, Path) else folder
        self.name, self.mode, self.limit = name, mode, limit
        self.is_kept, self.settle_seconds = is_kept, settle_seconds
        self.is_local = isinstance(folder, Path)
        self.look_seconds = 1.0 if self.is_local else 10.0
        self._seen: dict[str, float] = {}  # when a key was first seen, by the process's own clock
        self._lock = threading.Lock()

    def waiting(self) -> list[str]:
        with self._lock:
            try:
                self._look_anew()
                found = [(self._changed_at(path), self._key(path)) for path in self._files(self.folder, 0)]
            except FileNotFoundError:
                found = []  # vanished while it was listed; the next look sees the rest
            except ChannelError:
                raise
            except Exception as error:  # each file system's driver fails in its own ways
                raise ChannelError(
                    f"{self.name} cannot be listed: {type(error).__name__}: {error}"
                ) from error
            self._seen = {key: self._seen.get(key, time.monotonic()) for _, key in found}
            return [key for changed_at, key in sorted(found) if self._is_settled(changed_at, key)]

    def fetch(self, key: str) -> Item | None:
        path = self._path(key)
        try:
            self._look_anew()
            if self._key(path) != key:
                return None  # replaced meanwhile: listed anew, under its new key
            size = path.stat().st_size
            if size > self.limit:
                raise TooLargeError(self._told(key), size, self.limit)
            raw, changed_at = path.read_bytes(), self._changed_at(path)
            if self._key(path) != key or len(raw) != size:
                return None
        except FileNotFoundError:
            return None
        except UnfitItemError:
            raise
        except Exception as error:
            raise UnfitItemError(
                f"{self._told(key)} cannot be read: {type(error).__name__}: {error}"
            ) from error
        relative = _relative(key)
        return Item(
            key,
            raw,
            filename=relative.name,
            envelope={"folder": str(relative.parent)} if relative.parent.name else {},
            # some stores keep no time of change
            received_at=datetime.fromtimestamp(changed_at, UTC).astimezone(clock.VIETNAM)
            if changed_at
            else None,
        )

    def mark_collected(self, key: str) -> bool:
        if self.is_kept:
            return False
        path = self._path(key)
        try:
            if self._key(path) != key:
                return True  # another file lies there by now: it has not been collected
            target = self._free(self.folder / COLLECTED / str(_relative(key)))
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
            if self.is_local and self._key(target, of=path) != key:
                target.rename(self._free(path))  # replaced in the last moment: give it back
        except FileNotFoundError:
            return True
        except Exception as error:
            raise ChannelError(
                f"{self._told(key)} cannot be moved to {COLLECTED}/: {type(error).__name__}: {error}. Give "
                "the right to write there, or add ?keep to the channel's address.",
                is_lasting=True,
            ) from error
        return True

    def kept(self, since: datetime) -> list[str]:
        collected = self.folder / COLLECTED
        try:
            self._look_anew()
            if self.is_kept or not collected.exists():
                return []  # what lies there is listed as waiting, and known or not
            found = [
                (self._changed_at(path), self._moved_at(path), self._key(path))
                for path in self._files(collected, 1)
            ]
        except ChannelError:
            raise
        except Exception as error:
            raise ChannelError(f"{self.name} cannot be listed: {type(error).__name__}: {error}") from error
        # a file keeps its date when it is copied, but changes its place when it is marked; a store that keeps
        # no time of change gives everything
        return [key for *times, key in sorted(found) if not times[0] or max(times) >= since.timestamp()]

    def fetch_kept(self, key: str) -> Item | None:
        item = self.fetch(key)
        if item is None:
            return None
        before = _relative(key).relative_to(COLLECTED)
        told = {"folder": str(before.parent)} if before.parent.name else {}
        original = _SEPARATOR.join((str(before), *key.rsplit(_SEPARATOR, 2)[1:]))
        return Item(original, item.raw, before.name, told, item.received_at)

    def close(self) -> None:
        """Nothing is held open."""

    def _look_anew(self) -> None:
        if not self.is_local:
            self.folder.fs.invalidate_cache()  # drivers keep listings, which others' files never enter

    def _files(self, folder: UPath, depth: int) -> Iterator[UPath]:
        if depth == 0 and not folder.exists():
            raise ChannelError(
                f"{self.name} is not there: make the folder, or mend REPORTING_CHANNELS.",
                is_lasting=self.is_local,
            )
        for path in folder.iterdir():
            if path == folder or path.name.startswith((".", "~$")) or path.name.lower() in _NOT_MEANT:
                continue
            if path.is_dir():
                if depth < _DEEPEST and not (depth == 0 and path.name == COLLECTED):
                    yield from self._files(path, depth + 1)
            elif not path.name.lower().endswith(_UNFINISHED):
                yield path

    def _told(self, key: str) -> str:
        """A file as messages name it: the path itself may hold a password."""
        return f"{self.name}/{_relative(key)}"

    def _path(self, key: str) -> UPath:
        return self.folder.joinpath(*_relative(key).parts)

    def _key(self, path: UPath, of: UPath | None = None) -> str:
        relative = PurePosixPath((of or path).relative_to(self.folder).as_posix())
        found = path.stat()
        return _SEPARATOR.join((str(relative), str(found.st_size), f"{self._changed_at(path):.6f}"))

    def _changed_at(self, path: UPath) -> float:
        return float(path.stat().st_mtime or 0)

    def _moved_at(self, path: UPath) -> float:
        return float(getattr(path.stat(), "st_ctime", 0) or 0)

    def _is_settled(self, changed_at: float, key: str) -> bool:
        # by the file's own time; where its clock goes before ours, by how long we have seen it unchanged
        if clock.wall_now().timestamp() - changed_at >= self.settle_seconds:
            return True
        return time.monotonic() - self._seen[key] >= self.settle_seconds

    def _free(self, target: UPath) -> UPath:
        found, number = target, 1
        while found.exists():
            number += 1
            found = target.with_name(f"{target.stem} ({number}){target.suffix}")
        return found


def _relative(key: str) -> PurePosixPath:
    return PurePosixPath(key.rsplit(_SEPARATOR, 2)[0])
