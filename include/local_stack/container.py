"""What a container of docker-compose.yml does before its program: ``python -m local_stack.container``.

``run PROGRAM …``      put the secrets where the environment names them, then become the program
``prepare``            bring both databases to their newest schema, load the registry, let the roles work,
                       make the archive's bucket, bring Airflow's roles and accounts to their file
``healthy PART``       exit code 0 if Airflow says that its part lives, or the Celery worker here answers
``secrets FOLDER``     draw the passwords and keys of a new installation; needs nothing but Python
``certificates FOLDER`` make, or renew, the services' certificates and the authority that signs them
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import socket
import ssl
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from local_stack.layout import ACCOUNTS, DEMO, LEADER, PERSON, Secrets

MOUNTED = Path("/run/secrets")
API_ADDRESS_VARIABLE = "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"
API_AUTHORITY_VARIABLE = "AIRFLOW__API__SSL_CA_FILE"
BROKER_VARIABLE = "AIRFLOW__CELERY__BROKER_URL"
WORKER_PART = "worker"
SERVICES_WITH_TLS = ("postgres", "redis", "storage", "api-server", "proxy")
AUTHORITY_SECRET = "tls_ca"
AUTHORITY_KEY = "tls_ca_key"  # signs new certificates; no container is given it
ACCOUNTS_VARIABLE = "OFFICE_ACCOUNTS"
_EXAMPLE = Path(__file__).with_name("accounts.example.yaml")
_ACCOUNT = re.compile(r"^  - name: (\S+)$", re.M)
_UNUSED = frozenset(f"{name}_password" for name in (*ACCOUNTS, PERSON, LEADER, DEMO))
"""Passwords of people: in an office they lie beside its file of accounts."""
OFFICE_SECRETS: Mapping[str, Path | None] = {
    "smtp_url": None,  # empty: no live mail leaves
    "alertmanager": Path(__file__).with_name("alertmanager.example.yaml"),  # as it is, it tells nobody
}
"""What the office fills in, with the file to begin with; None: an empty one."""
_PING_SECONDS = 5.0
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


def run(command: Sequence[str]) -> NoReturn:
    """Become ``command``, with the secrets in its environment. Raises SecretError, FileNotFoundError."""
    environment = with_secrets(os.environ)
    os.execvpe(command[0], list(command), environment)


def prepare() -> None:
    """Bring both databases to their newest schema, load the registry, let the roles work, make the archive's
    bucket, bring Airflow's roles and accounts to their file.

    Works with the environment that ``run`` gives; everything may be done any number of times. Raises
    PreparationError where Airflow's migration or its accounts fail, OSError where the archive's storage does
    not answer.
    """
    import subprocess

    from local_stack import airflow, warehouse

    if subprocess.run(airflow.command("db", "migrate"), check=False).returncode:
        raise PreparationError("Airflow's database could not be migrated; Airflow has said why above.")
    warehouse.prepare()
    make_archive()
    accounts = os.environ.get(ACCOUNTS_VARIABLE)
    command = [sys.executable, "-m", "local_stack.accounts", *(["--accounts", accounts] if accounts else [])]
    if subprocess.run(command, check=False).returncode:
        raise PreparationError("Airflow's roles and accounts could not be made; see above.")


def make_archive() -> None:
    """Make the folder or the bucket of REPORTING_ARCHIVE unless it is there. Raises OSError."""
    from reporting.settings import settings

    settings().archive.mkdir(parents=True, exist_ok=True)


def is_healthy(part: str, api_address: str, authority: Path | None = None) -> bool:
    """Ask the API server at ``api_address`` (of any path) whether it, or another part, lives.

    ``authority`` is the file with the certificate of whoever signed the API server's.
    """
    import json
    import urllib.request
    from urllib.parse import urlsplit

    from local_stack.airflow import HEALTH_KEYS

    parts = urlsplit(api_address)
    if parts.scheme not in {"http", "https"}:
        return False
    believed = ssl.create_default_context(cafile=authority) if authority else None
    handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=believed)]
    address = f"{parts.scheme}://{parts.netloc}/api/v2/monitor/health"
    try:
        with urllib.request.build_opener(*handlers).open(address, timeout=10) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return False
    key = HEALTH_KEYS.get(part, "metadatabase")
    return bool((health.get(key) or {}).get("status") == "healthy")


def is_worker_alive(broker: str, name: str) -> bool:
    """Ask the Celery worker ``name`` (such as ``worker@host``) over the broker whether it listens.

    Loads Celery alone, not Airflow: it is asked twice a minute.
    """
    from celery import Celery  # type: ignore[import-untyped]
    from kombu.exceptions import OperationalError

    if not broker:
        return False
    app = Celery(broker=broker, set_as_current=False)
    app.conf.broker_transport_options = {"socket_connect_timeout": _PING_SECONDS, "max_retries": 1}
    try:
        answers = app.control.ping(destination=[name], timeout=_PING_SECONDS, limit=1)
    except (OperationalError, OSError):
        return False
    finally:
        app.close()
    return any(answer.get(name, {}).get("ok") == "pong" for answer in answers or ())


def draw_secrets(folder: Path) -> list[str]:
    """Write the secrets of a new installation, one file each; returns the names of those that were missing.

    What is there stays. The folder is for its owner alone; the files in it are readable by all, because
    containers get each file by itself, with the owner and rights it has here, and run under other users.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    drawn = {name: f"{v}\n" for name, v in asdict(Secrets.generate()).items() if name not in _UNUSED}
    made = []
    begun = {name: file.read_text("utf-8") if file else "" for name, file in OFFICE_SECRETS.items()}
    for name, value in (drawn | begun).items():
        path = folder / f"{name}.txt"
        if not path.exists():
            path.write_text(value, "utf-8")
            path.chmod(0o644 if name in OFFICE_SECRETS else 0o444)
            made.append(name)
    return made


def draw_accounts(folder: Path) -> list[str]:
    """Write a file of accounts to begin with, and a first password for each of its accounts that has none;
    returns the names of the accounts that got one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # the folder above is for its owner alone; the container's user reads this one
    file = folder / "accounts.yaml"
    if not file.exists():
        file.write_text(_EXAMPLE.read_text("utf-8"), "utf-8")
        file.chmod(0o644)
    made = []
    for name in _ACCOUNT.findall(file.read_text("utf-8")):
        path = folder / f"{name}_password"
        if not path.exists():
            path.write_text(f"{secrets.token_urlsafe(12)}\n", "utf-8")
            path.chmod(0o444)
            made.append(name)
    return made


def certificate_secrets(service: str) -> tuple[str, str]:
    """Return the names of the secrets with the certificate and the key of a service."""
    name = service.replace("-", "_")
    return f"{name}_tls_certificate", f"{name}_tls_key"


def make_certificates(folder: Path, host: str) -> list[str]:
    """Give every service a certificate by this installation's own authority; returns whose are new.

    ``host`` is the name under which people reach the proxy. What is there and lasts for 30 days more stays;
    a certificate of the proxy that another authority signed is the office's own and always stays.
    """
    from local_stack import tls

    if not folder.is_dir():
        raise SecretError(f"{folder} is not there: draw the secrets first, see docs/containers.md.")
    authority, authority_key = folder / f"{AUTHORITY_SECRET}.txt", folder / f"{AUTHORITY_KEY}.txt"
    made = []
    for service in SERVICES_WITH_TLS:
        certificate, key = (folder / f"{name}.txt" for name in certificate_secrets(service))
        if certificate.exists() and not _is_signed_by(certificate, authority):
            if service == "proxy":
                continue
            certificate.unlink()
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            at = tls.Certificates(Path(scratch))
            files = [
                (at.authority, authority, 0o444),
                (at.folder / "ca.key", authority_key, 0o400),
                (at.key, key, 0o444),  # before its certificate: one without the other is made anew
                (at.certificate, certificate, 0o444),
            ]
            for inside, kept, _ in files:
                if kept.exists():
                    inside.write_bytes(kept.read_bytes())
            before = certificate.read_bytes() if certificate.exists() else b""
            tls.ensure(at.folder, [host if service == "proxy" else service, "localhost", "127.0.0.1"])
            if at.certificate.read_bytes() != before:
                made.append(service)
                for inside, kept, mode in files:
                    inside.chmod(mode)
                    inside.replace(kept)
    return made


def _is_signed_by(certificate: Path, authority: Path) -> bool:
    """Whether the authority's key signed the first certificate of the file."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    if not authority.exists():
        return False
    shown = x509.load_pem_x509_certificate(certificate.read_bytes())
    try:
        shown.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.read_bytes()))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _answers(part: str) -> bool:
    """Whether a part of this container's environment lives; the entry point's secrets are put in first."""
    environment = with_secrets(
        {name: os.environ.get(name, "") for name in (API_ADDRESS_VARIABLE, BROKER_VARIABLE)}
    )
    if part == WORKER_PART:
        return is_worker_alive(environment[BROKER_VARIABLE], f"{WORKER_PART}@{socket.gethostname()}")
    authority = os.environ.get(API_AUTHORITY_VARIABLE)
    return is_healthy(part, environment[API_ADDRESS_VARIABLE], Path(authority) if authority else None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    from local_stack.airflow import PARTS

    parser = argparse.ArgumentParser(prog="python -m local_stack.container", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run").add_argument("program", nargs=argparse.REMAINDER)
    commands.add_parser("prepare")
    commands.add_parser("healthy").add_argument("part", choices=[*PARTS, WORKER_PART])
    commands.add_parser("secrets").add_argument("folder", type=Path)
    certificates = commands.add_parser("certificates")
    certificates.add_argument("folder", type=Path)
    certificates.add_argument("--host", required=True, help="name under which people reach the proxy")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "run":
            if not chosen.program:
                parser.error("run: which program?")
            run(chosen.program)
        if chosen.command == "prepare":
            prepare()
        if chosen.command == "healthy":
            return 0 if _answers(chosen.part) else 1
        if chosen.command == "secrets":
            made = draw_secrets(chosen.folder)
            made += [f"accounts/{name}" for name in draw_accounts(chosen.folder / "accounts")]
            sys.stdout.write(
                f"{chosen.folder}: {', '.join(made) if made else 'all secrets are there already'}\n"
            )
        if chosen.command == "certificates":
            made = make_certificates(chosen.folder, chosen.host)
            sys.stdout.write(f"{chosen.folder}: {', '.join(made) if made else 'all certificates last'}\n")
    except (SecretError, PreparationError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
