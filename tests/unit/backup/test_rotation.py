"""Which backups stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from reporting.backup import manifest as manifests
from reporting.backup.errors import BackupError
from reporting.backup.manifest import FILES, FOLDER, KeptFile, Manifest, Member, list_backups, path_of
from reporting.backup.place import Place, place_at
from reporting.backup.rotation import Keep, is_whole, load_rules, rotate, to_keep
from reporting.clock import VIETNAM
from reporting.settings import INCLUDE

KEEP = Keep(daily=7, weekly=5, monthly=12, before_upgrade_days=90)
ONE = Keep(daily=1, weekly=0, monthly=0, before_upgrade_days=90)
NIGHT = datetime(2026, 11, 22, 1, 30, tzinfo=VIETNAM)


def nights(count: int) -> list[tuple[str, datetime]]:
    return [(f"{n}", NIGHT - timedelta(days=n)) for n in range(count)]


def test_the_rules_in_use_keep_days_weeks_and_months() -> None:
    found = load_rules()
    assert (found.keep.daily, found.keep.weekly, found.keep.monthly) == (7, 5, 12)
    assert found.too_old_hours > 24


def test_rules_that_keep_nothing_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "backup.yaml"
    broken.write_text((INCLUDE / "backup.yaml").read_text("utf-8").replace("daily: 7", "daily: 0"), "utf-8")
    with pytest.raises(BackupError, match=r"(?s)backup\.yaml.*daily"):
        load_rules(broken)


def test_of_years_of_nights_days_weeks_and_months_stay() -> None:
    moments = dict(nights(800))
    kept = sorted(moments[name] for name in to_keep(nights(800), KEEP))
    assert [at for at in kept if at > NIGHT - timedelta(days=7)] == sorted(
        NIGHT - timedelta(days=n) for n in range(7)
    )
    assert len({at.isocalendar()[:2] for at in kept if at > NIGHT - timedelta(weeks=5)}) >= 5
    assert len({(at.year, at.month) for at in kept}) == 12
    assert len(kept) <= 7 + 5 + 12
    assert min(kept) > NIGHT - timedelta(days=13 * 31)  # what was disposed of is gone by then


def test_the_newest_stays_however_old_and_of_a_day_the_newest() -> None:
    assert to_keep([("old", NIGHT - timedelta(days=900))], KEEP) == {"old"}
    morning, evening = ("morning", NIGHT), ("evening", NIGHT + timedelta(hours=12))
    assert to_keep([morning, evening], KEEP) == {"evening"}


def a_backup(place: Place, name: str, at: datetime, contents: list[bytes], schema: str = "0002") -> Manifest:
    files = []
    for data in contents:
        written = place.write(path_of(_sha(data)), [data], expected=_sha(data))
        files.append(KeptFile(sha256=written.sha256, byte_count=written.byte_count, media_type="text/plain"))
    members = []
    for role, chunks in (("warehouse", [b"rows " + name.encode()]), ("files", list(manifests.packed(files)))):
        path = f"{FOLDER}/{name}/{role}"
        written = place.write(path, chunks)
        members.append(
            Member.model_validate(
                {"role": role, "path": path, "sha256": written.sha256, "byte_count": written.byte_count}
            )
        )
    made = Manifest(
        name=name,
        taken_at=at,
        schema_version=schema,
        members=tuple(members),
        file_count=len(files),
        file_bytes=0,
        is_signed=False,
    ).sealed()
    manifests.write(place, made)
    return made


def _sha(data: bytes) -> str:
    from reporting.archive import sha256_of

    return sha256_of(data)


@pytest.fixture(params=["folder", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place in a folder, and one in object storage."""
    if request.param == "folder":
        return place_at(tmp_path / "backups")
    return place_at(f"memory://kho-{tmp_path.name}/sao-luu")


def test_files_go_with_the_last_backup_that_needs_them(place: Place) -> None:
    a_backup(place, "old", NIGHT - timedelta(days=2), [b"disposed of since", b"kept"])
    a_backup(place, "new", NIGHT, [b"kept"])
    assert [manifest.name for manifest in list_backups(place)] == ["old", "new"]
    assert rotate(place, KEEP) == []
    assert len(place.sizes(FILES)) == 2
    assert rotate(place, ONE) == ["old"]
    assert [manifest.name for manifest in list_backups(place)] == ["new"]
    assert list(place.sizes(FILES)) == [path_of(_sha(b"kept"))]
    assert not [path for path in place.sizes(FOLDER) if "old" in path]


def test_the_way_back_from_an_upgrade_stays_for_some_months(place: Place) -> None:
    a_backup(place, "before", NIGHT - timedelta(minutes=30), [b"kept"], schema="0001")
    a_backup(place, "after", NIGHT, [b"kept"])
    assert rotate(place, ONE) == []
    a_backup(place, "long after", NIGHT + timedelta(days=91), [b"kept"])
    assert rotate(place, ONE) == ["before", "after"]


def test_a_backup_that_is_not_whole_keeps_no_good_one_from_staying(place: Place) -> None:
    a_backup(place, "good", NIGHT - timedelta(days=2), [b"kept"])
    broken = a_backup(place, "broken", NIGHT, [b"kept"])
    place.remove(broken.members[0].path)
    assert not is_whole(broken, place.sizes(FOLDER))
    assert rotate(place, ONE) == []
    assert [manifest.name for manifest in list_backups(place)] == ["good", "broken"]


def test_what_was_cut_off_is_no_backup_and_is_cleared_away(place: Place) -> None:
    a_backup(place, "good", NIGHT, [b"kept"])
    place.write(f"{FOLDER}/cut_off/warehouse.dump", [b"half"])
    place.write(path_of(_sha(b"of nobody")), [b"of nobody"])
    assert [manifest.name for manifest in list_backups(place)] == ["good"]
    rotate(place, KEEP)
    assert not [path for path in place.sizes(FOLDER) if "cut_off" in path]
    assert list(place.sizes(FILES)) == [path_of(_sha(b"kept"))]


def test_a_manifest_that_nobody_can_read_lets_nothing_go(place: Place) -> None:
    a_backup(place, "good", NIGHT, [b"kept"])
    place.write(path_of(_sha(b"perhaps of the other")), [b"perhaps of the other"])
    place.write(f"{FOLDER}/other.json", [b"{}"])
    place.write(f"{FOLDER}/other/warehouse.dump", [b"rows"])
    rotate(place, KEEP)
    assert len(place.sizes(FILES)) == 2
    assert f"{FOLDER}/other/warehouse.dump" in place.sizes(FOLDER)


def test_an_altered_manifest_is_seen(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from reporting.settings import settings

    monkeypatch.setenv("REPORTING_SIGNING_KEY", "khoá")
    settings.cache_clear()
    made = a_backup(place, "signed", NIGHT, [b"kept"])
    assert made.is_signed
    assert manifests.read(place, "signed").seal_fault() is None
    assert made.model_copy(update={"file_count": 7}).seal_fault() is not None
    unsigned = made.model_copy(update={"is_signed": False, "seal": ""})
    monkeypatch.setenv("REPORTING_SIGNING_KEY", "")
    settings.cache_clear()
    assert "REPORTING_SIGNING_KEY is not set" in str(made.seal_fault())
    assert unsigned.seal_fault() is not None
    settings.cache_clear()


def test_content_that_does_not_fit_its_hash_is_not_kept(place: Place) -> None:
    with pytest.raises(ValueError, match="not ab"):
        place.write("files/ab/ab", [b"something else"], expected="ab")
    assert "files/ab/ab" not in place.sizes(FILES)
