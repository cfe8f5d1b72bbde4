"""Runs a program under an unprivileged user id when the caller is root.

PostgreSQL refuses to run as uid 0. No user is created and no directory's mode is changed for it: the
program runs as a user id that exists already, and where the folders above its files may be entered by
root alone (a clone in a directory of mode 0700), it is given the smallest capability that lets it
reach them, and no other.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_LINUX_CAPABILITY_VERSION_3 = 0x20080522


class Reach(Enum):
    """How far the unprivileged process may see past file permissions; the value is the capability."""

    ORDINARY = None
    READ_AND_SEARCH = 2  # CAP_DAC_READ_SEARCH
    OVERRIDE = 1  # CAP_DAC_OVERRIDE


class PrivilegeError(RuntimeError):
    """No way was found to run a program as an unprivileged user here."""


@dataclass(frozen=True)
class Identity:
    """The user a program runs as. ``reach`` is ORDINARY unless the caller is root."""

    uid: int
    gid: int
    reach: Reach = Reach.ORDINARY

    def preparation(self) -> Callable[[], None] | None:
        """Return what a child process has to do before it executes its program, or None if nothing."""
        if os.geteuid() != 0:
            return None
        return lambda: _become(self)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapabilityData(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _become(identity: Identity) -> None:
    """Give up root for good; keep one capability over the coming exec if the identity needs it."""
    capability = identity.reach.value
    if capability is not None:
        # access(2), by which PostgreSQL finds its own programs, minds capabilities only with this bit
        _check(_libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0), "PR_SET_SECUREBITS")
    os.setgroups([])
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
    os.umask(0o077)
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")
    if capability is not None:
        mask = 1 << capability
        header = _CapabilityHeader(_LINUX_CAPABILITY_VERSION_3, 0)
        data = (_CapabilityData * 2)()
        data[0].effective = data[0].permitted = data[0].inheritable = mask
        _check(_libc.capset(ctypes.byref(header), ctypes.byref(data)), "capset")
        _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0), "PR_CAP_AMBIENT_RAISE")


def _reaches(identity: Identity, program: Sequence[str], folder: Path) -> bool:
    prepare = identity.preparation()

    def attempt() -> None:
        if prepare is not None:
            prepare()
        os.listdir(folder)  # noqa: PTH208 - after fork, as little machinery as possible
        if not os.access(program[0], os.R_OK | os.X_OK):
            raise PermissionError(program[0])

    try:
        done = subprocess.run(
            program, preexec_fn=attempt, cwd="/", capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def choose_identity(program: Sequence[str], folder: Path) -> Identity:
    """Return the identity that can run ``program`` and work in ``folder``; hand it the folder.

    An ordinary user stays who he is. For root it is the owner of the folder where that is not root (so
    that what was begun is gone on with), then the owner of the folder above, then the accounts usual
    for it. ``program`` is a harmless command line of the program (``--version``). Raises PrivilegeError
    if the folder belongs to another user or no identity works.
    """
    owner = folder.stat()
    if os.geteuid() != 0:
        if owner.st_uid != os.geteuid():
            raise PrivilegeError(
                f"{folder} belongs to user id {owner.st_uid}, this is {os.geteuid()}: "
                "start as the user who started it first, or remove that folder"
            )
        return Identity(os.geteuid(), os.getegid())
    if owner.st_uid != 0:
        candidates = [(owner.st_uid, owner.st_gid)]
    else:
        above = folder.parent.stat()
        candidates = [(above.st_uid, above.st_gid)] if above.st_uid != 0 else []
        for name in ("postgres", "nobody"):
            try:
                account = pwd.getpwnam(name)
            except KeyError:
                continue
            candidates.append((account.pw_uid, account.pw_gid))
    for uid, gid in candidates:
        if owner.st_uid == 0:
            try:
                os.chown(folder, uid, gid)
            except OSError:
                continue
        for reach in Reach:
            identity = Identity(uid, gid, reach)
            if _reaches(identity, program, folder):
                return identity
    if owner.st_uid == 0:
        os.chown(folder, owner.st_uid, owner.st_gid)
    raise PrivilegeError(
        f"PostgreSQL does not run as root, and no other user id can use {folder} and {program[0]} here: "
        "start as an ordinary user, or place the clone where other users may enter"
    )
