"""The records office's folder, into which signed files and scans are laid for the forms to read."""

from __future__ import annotations

from reporting.settings import settings


def read_desk_file(name: str) -> bytes | None:
    """The file of that name in the folder; None where there is none. Names outside the folder are not
    read.
    """
    desk = settings().desk.resolve()
    path = (desk / name).resolve()
    if not name.strip() or not path.is_relative_to(desk) or not path.is_file():
        return None
    return path.read_bytes()
