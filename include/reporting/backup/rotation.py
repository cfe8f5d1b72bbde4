"""Which backups stay: include/backup.yaml."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reporting import plain_yaml
from reporting.backup.errors import BackupError
from reporting.backup.manifest import FILES, FOLDER, Manifest, files_of, list_backups, path_of
from reporting.backup.place import Place
from reporting.clock import VIETNAM
from reporting.settings import INCLUDE

FILE = INCLUDE / "backup.yaml"
_T = TypeVar("_T")


class Keep(BaseModel):
    """Of how many days, weeks and months with a backup the newest one stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    daily: int = Field(ge=1)
    weekly: int = Field(ge=0)
    monthly: int = Field(ge=0)
    before_upgrade_days: int = Field(ge=0)
    """For so long the newest backup of each older schema stays besides: the way back from an upgrade."""


class Rules(BaseModel):
    """The content of include/backup.yaml. `too_old_hours`: when the operator is told that none was made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep: Keep
    too_old_hours: float = Field(gt=0)


def load_rules(file: Path = FILE) -> Rules:
    """The rules. Raises BackupError naming the file and what is wrong in it."""
    try:
        return Rules.model_validate(plain_yaml.load(file.read_text("utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise BackupError(f"{file} cannot be used: {error}") from error


def to_keep(moments: Sequence[tuple[str, datetime]], keep: Keep) -> set[str]:
    """The names of the backups that stay: of each of the last `keep.daily` days (in Viet Nam) that have one
    the newest, so too of weeks and months; the newest of all always.
    """
    newest_first = sorted(moments, key=lambda moment: moment[1], reverse=True)

    def newest_of(count: int, part: Callable[[datetime], _T]) -> list[str]:
        found: dict[_T, str] = {}
        for name, at in newest_first:
            found.setdefault(part(at.astimezone(VIETNAM)), name)
        return list(found.values())[:count]

    return {
        *newest_of(keep.daily, lambda at: at.date()),
        *newest_of(keep.weekly, lambda at: at.isocalendar()[:2]),
        *newest_of(keep.monthly, lambda at: (at.year, at.month)),
    }


def rotate(place: Place, keep: Keep) -> list[str]:
    """Remove the backups that need not stay, and the files of the archive that belong to none of those that
    do; returns the names of the removed ones. Whoever calls it makes sure that no backup is made meanwhile.

    Only backups with all their parts count, so that what cannot be restored keeps no good one from staying,
    and the last good one is never removed; a damaged one is left for a person to look at. The manifest goes
    first: a kill leaves parts without one, which the next call removes.
    """
    all_of_them = list_backups(place)
    sizes = place.sizes(FOLDER)
    good = [manifest for manifest in all_of_them if is_whole(manifest, sizes)]
    staying = to_keep([(manifest.name, manifest.taken_at) for manifest in good], keep)
    if good:
        oldest = good[-1].taken_at - timedelta(days=keep.before_upgrade_days)
        newest_of_schema = {m.schema_version: m.name for m in good if m.taken_at >= oldest}
        staying |= set(newest_of_schema.values())
    going = [manifest.name for manifest in good if manifest.name not in staying]
    for name in going:
        place.remove(f"{FOLDER}/{name}.json")
    written = {path.removeprefix(f"{FOLDER}/")[:-5] for path in sizes if path.endswith(".json")}
    known = written - set(going)
    for path in sizes:
        name, _, rest = path.removeprefix(f"{FOLDER}/").partition("/")
        if rest and name not in known:
            place.remove(path)
    if good and len(good) == len(written):  # a list that cannot be read may name any file
        needed: set[str] = set()
        for manifest in good:
            if manifest.name in known:
                needed |= {file.sha256 for file in files_of(place, manifest)}
        for path in place.sizes(FILES):
            sha256 = path.rpartition("/")[2]
            if path == path_of(sha256) and sha256 not in needed:
                place.remove(path)
    return going


def is_whole(manifest: Manifest, sizes: dict[str, int]) -> bool:
    """Whether every part of a backup is there with its size, and its manifest is as it was written."""
    return manifest.seal_fault() is None and all(
        sizes.get(member.path) == member.byte_count for member in manifest.members
    )
