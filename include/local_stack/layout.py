"""Where the local stack keeps its state, and the passwords and keys it made for this installation."""

from __future__ import annotations

import json
import os
import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass, fields
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
DIRECTORY_VARIABLE = "REPORTING_LOCAL_DIR"
PERSON = "can_bo"
LEADER = "lanh_dao"
DEMO = "demo"
ADMINISTRATOR = "quan_tri"
ACCOUNTS = (ADMINISTRATOR, "nguoi_xem", "phan_tich", "van_hanh")
"""Accounts of an office besides those of who approve."""
_LONGEST_TEMPORARY_FOLDER = 60  # programs make socket files below it, whose paths end at 108 bytes


@dataclass(frozen=True)
class Secrets:
    """Everything generated per installation; none has a default."""

    postgres_password: str
    airflow_password: str
    owner_password: str
    reporting_password: str
    analyst_password: str
    backup_password: str
    fernet_key: str
    api_secret_key: str
    jwt_secret: str
    signing_key: str
    capture_token: str
    redis_password: str
    storage_password: str
    quan_tri_password: str
    nguoi_xem_password: str
    phan_tich_password: str
    van_hanh_password: str
    can_bo_password: str
    lanh_dao_password: str
    demo_password: str

    @classmethod
    def generate(cls) -> Secrets:
        """Draw new ones."""
        drawn = {field.name: secrets.token_urlsafe(32) for field in fields(cls)}
        drawn["fernet_key"] = urlsafe_b64encode(secrets.token_bytes(32)).decode()
        drawn["jwt_secret"] = secrets.token_urlsafe(64)  # SHA-512 wants as much
        for account in (*ACCOUNTS, PERSON, LEADER):
            drawn[f"{account}_password"] = secrets.token_urlsafe(12)
        return cls(**drawn)


@dataclass(frozen=True)
class Layout:
    """The folders and files of one stack, all below ``root``."""

    root: Path

    @classmethod
    def choose(cls, directory: Path | None = None) -> Layout:
        """Take ``directory``, else the one named by REPORTING_LOCAL_DIR, else .local in the clone."""
        chosen = directory or Path(os.environ.get(DIRECTORY_VARIABLE) or CLONE / ".local")
        return cls(chosen.expanduser().resolve())

    @property
    def state(self) -> Path:
        """What runs: process numbers with their start times, ports."""
        return self.root / "stack.json"

    @property
    def lock(self) -> Path:
        """Held by whoever is starting or ending the stack."""
        return self.root / "lock"

    @property
    def secrets_file(self) -> Path:
        """Passwords and keys, readable by their owner alone."""
        return self.root / "secrets.json"

    @property
    def postgres(self) -> Path:
        """Files of the database server."""
        return self.root / "postgres"

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME."""
        return self.root / "airflow"

    @property
    def mail(self) -> Path:
        """One Maildir per address."""
        return self.root / "mail"

    @property
    def archive(self) -> Path:
        """The archive by content."""
        return self.root / "archive"

    @property
    def backups(self) -> Path:
        """Where backups are kept unless the caller names another place; made by the first of them."""
        return self.root / "backups"

    @property
    def desk(self) -> Path:
        """The records office's folder, into which signed files are laid."""
        return self.root / "desk"

    @property
    def logs(self) -> Path:
        """One file per part of the stack."""
        return self.root / "logs"

    @property
    def redis(self) -> Path:
        """Files of the Celery workers' queue."""
        return self.root / "redis"

    @property
    def tls(self) -> Path:
        """The installation's certificate authority and its services' certificate."""
        return self.root / "tls"

    @property
    def proxy(self) -> Path:
        """What the proxy in front writes."""
        return self.root / "proxy"

    @property
    def accounts(self) -> Path:
        """The file of accounts, beside it a folder of their first passwords."""
        return self.root / "accounts"

    @property
    def home(self) -> Path:
        """Home of the parts, so that nothing is written into the user's."""
        return self.root / "home"

    @property
    def temporary(self) -> Path | None:
        """Folder for temporary files; None where its path would be too long for socket files."""
        folder = self.root / "tmp"
        return folder if len(str(folder)) <= _LONGEST_TEMPORARY_FOLDER else None

    def create(self) -> None:
        """Make the folders that are missing; those with people's data are for their owner alone."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.mail, self.archive, self.desk, self.airflow, self.home, self.logs):
            folder.mkdir(mode=0o700, exist_ok=True)
        if self.temporary is not None:
            self.temporary.mkdir(mode=0o700, exist_ok=True)

    def secrets(self) -> Secrets:
        """Read the installation's secrets, drawing those that are not there yet."""
        if not self.secrets_file.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            write_private(self.secrets_file, json.dumps(asdict(Secrets.generate()), indent=1))
        try:
            kept = json.loads(self.secrets_file.read_text("utf-8"))
            whole = asdict(Secrets.generate()) | kept
            found = Secrets(**whole)
            if whole != kept:
                write_private(self.secrets_file, json.dumps(whole, indent=1))
            return found
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{self.secrets_file} cannot be used ({error}): restore it, or remove {self.root}"
            ) from error


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in one step, readable by its owner alone."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
