"""What a container of docker-compose.yml does before its program: ``python -m local_stack.container``.

``run PROGRAM …``  put the secrets where the environment names them, then become the program
``prepare``        bring both databases to their newest schema, load the registry, let the analyst read
``healthy PART``   exit code 0 if Airflow says that its part lives
``secrets FOLDER`` draw the passwords and keys of a new installation; needs nothing but Python
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from local_stack.layout import LEADER, PERSON, Secrets, write_private

MOUNTED = Path("/run/secrets")
PASSWORDS = {PERSON: "can_bo_password", LEADER: "lanh_dao_password"}
PASSWORDS_FILE_VARIABLE = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
API_ADDRESS_VARIABLE = "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"
OFFICE_SECRETS = ("smtp_url",)  # the office fills it in; empty: no live mail leaves
_UNUSED = ("demo_password",)  # of the rehearsal that starts a stack of its own
_PLACE = re.compile(r"\{secret:([a-z_]+)(\?)?\}")


class SecretError(RuntimeError):
    """A secret is missing or empty, or would be overwritten; the message names the file and the remedy."""


class PreparationError(RuntimeError):
    """The databases could not be brought to their newest schema."""


def with_secrets(environment: Mapping[str, str], folder: Path = MOUNTED) -> dict[str, str]:
    """Return the environment with every ``{secret:name}`` replaced by what ``folder``/name holds.

    Inside an address (anything with ``://`` before the place) the secret is percent-encoded. A variable
    with ``{secret:name?}`` is left out where the file is empty or missing. Raises SecretError otherwise.
    """
    filled = {}
    for variable, value in environment.items():
        secrets = {
            name: _secret(folder, name, variable, is_optional=bool(optional))
            for name, optional in _PLACE.findall(value)
        }
        if all(secrets.values()):
            filled[variable] = _PLACE.sub(_Filling(value, secrets), value)
    return filled


class _Filling:
    """Gives the text for one place of one value."""

    def __init__(self, value: str, secrets: Mapping[str, str]) -> None:
        self.value = value
        self.secrets = secrets

    def __call__(self, place: re.Match[str]) -> str:
        secret = self.secrets[place[1]]
        return quote(secret, safe="") if "://" in self.value[: place.start()] else secret


def _secret(folder: Path, name: str, variable: str, *, is_optional: bool) -> str:
    path = folder / name
    try:
        secret = path.read_text("utf-8").strip()
    except OSError as error:
        if is_optional and isinstance(error, FileNotFoundError):
            return ""
        raise SecretError(
            f"{variable} needs the secret {name}, but {path} cannot be read ({error.strerror}): is "
            f"secrets/{name}.txt there, and may the container's user read it? See docs/containers.md."
        ) from error
    if not secret and not is_optional:
        raise SecretError(f"{variable} needs the secret {name}, but secrets/{name}.txt is empty.")
    return secret


def write_passwords(environment: Mapping[str, str], folder: Path = MOUNTED) -> None:
    """Write Airflow's file of passwords, where one is named and people's passwords were handed over.

    Airflow's simple auth manager opens the file for writing, so that the secret cannot serve as the file.
    """
    path = environment.get(PASSWORDS_FILE_VARIABLE)
    if path and any((folder / name).exists() for name in PASSWORDS.values()):
        passwords = {
            user: _secret(folder, name, PASSWORDS_FILE_VARIABLE, is_optional=False)
            for user, name in PASSWORDS.items()
        }
        write_private(Path(path), json.dumps(passwords) + "\n")


def run(command: Sequence[str]) -> NoReturn:
    """Become ``command``, with the secrets in its environment. Raises SecretError, FileNotFoundError."""
    environment = with_secrets(os.environ)
    write_passwords(environment)
    os.execvpe(command[0], list(command), environment)


def prepare() -> None:
    """Bring both databases to their newest schema, load the registry, let the analyst read.

    Works with the environment that ``run`` gives; everything may be done any number of times. Raises
    PreparationError where Airflow's migration fails.
    """
    import subprocess

    from local_stack import airflow, warehouse

    if subprocess.run(airflow.command("db", "migrate"), check=False).returncode:
        raise PreparationError("Airflow's database could not be migrated; Airflow has said why above.")
    warehouse.prepare()


def is_healthy(part: str, api_address: str) -> bool:
    """Ask the API server at ``api_address`` (of any path) whether it, or another part, lives."""
    from urllib.parse import urlsplit

    from local_stack.airflow import HEALTH_KEYS, Api

    parts = urlsplit(api_address)
    try:
        health = Api(f"{parts.scheme}://{parts.netloc}", "", "").get("/api/v2/monitor/health")
    except (OSError, ValueError):
        return False
    key = HEALTH_KEYS.get(part, "metadatabase")
    return bool((health.get(key) or {}).get("status") == "healthy")


def draw_secrets(folder: Path) -> list[str]:
    """Write the secrets of a new installation, one file each; returns the names of those that were missing.

    What is there stays. The folder is for its owner alone; the files in it are readable by all, because
    containers get each file by itself, with the owner and rights it has here, and run under other users.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    drawn = {name: value for name, value in asdict(Secrets.generate()).items() if name not in _UNUSED}
    made = []
    for name, value in [*drawn.items(), *((name, "") for name in OFFICE_SECRETS)]:
        path = folder / f"{name}.txt"
        if not path.exists():
            path.write_text(value + "\n" if value else "", "utf-8")
            path.chmod(0o444 if value else 0o644)
            made.append(name)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    from local_stack.airflow import PARTS

    parser = argparse.ArgumentParser(prog="python -m local_stack.container", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run").add_argument("program", nargs=argparse.REMAINDER)
    commands.add_parser("prepare")
    commands.add_parser("healthy").add_argument("part", choices=[*PARTS])
    commands.add_parser("secrets").add_argument("folder", type=Path)
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "run":
            if not chosen.program:
                parser.error("run: which program?")
            run(chosen.program)
        if chosen.command == "prepare":
            prepare()
        if chosen.command == "healthy":
            return 0 if is_healthy(chosen.part, os.environ.get(API_ADDRESS_VARIABLE, "")) else 1
        if chosen.command == "secrets":
            made = draw_secrets(chosen.folder)
            sys.stdout.write(
                f"{chosen.folder}: {', '.join(made) if made else 'all secrets are there already'}\n"
            )
    except (SecretError, PreparationError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
