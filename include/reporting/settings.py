"""Configuration: environment variables, the same in every way of running (docs/configuration.md lists
them).
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from upath import UPath

INCLUDE = Path(__file__).resolve().parents[1]
"""The folder of everything that varies: regimes, forms, registry, templates, wording, SQL."""

PROJECT = INCLUDE.parent


class Settings(BaseSettings):
    """What the domain needs to know of its surroundings.

    Connections are Airflow connections in URI form, so that one variable serves Airflow and the command line.
    """

    model_config = SettingsConfigDict(
        extra="ignore", populate_by_name=True, env_ignore_empty=True, arbitrary_types_allowed=True
    )

    warehouse_url: SecretStr = Field(default=SecretStr(""), alias="AIRFLOW_CONN_REPORTING_WAREHOUSE")
    owner_url: SecretStr = Field(default=SecretStr(""), alias="REPORTING_WAREHOUSE_OWNER")
    """The warehouse as its owner, who alone changes the schema; empty: warehouse_url is the owner's."""
    smtp_url: SecretStr | None = Field(default=None, alias="AIRFLOW_CONN_REPORTING_SMTP")
    archive: Path | UPath = Field(default=PROJECT / ".local" / "archive", alias="REPORTING_ARCHIVE")
    """A folder, or an address of object storage such as s3://bucket/prefix."""
    desk: Path = Field(default=PROJECT / ".local" / "desk", alias="REPORTING_DESK")
    """The records office's folder: signed files are laid here and entered by name."""
    channels: str = Field(default="", alias="REPORTING_CHANNELS")
    """Where offices' answers arrive, separated by commas (reporting.intake.channels)."""
    mailbox_mode: Literal["live", "rehearsal"] = Field(default="live", alias="REPORTING_MAILBOX_MODE")
    ministry_address: str = Field(default="baocao@bo-chu-tri.example", alias="REPORTING_MINISTRY_ADDRESS")
    authserv_id: str = Field(default="", alias="REPORTING_AUTHSERV_ID")
    """Name under which our receiving server writes Authentication-Results; empty: none is believed."""
    signing_key: SecretStr = Field(default=SecretStr(""), alias="REPORTING_SIGNING_KEY")
    capture_address: str = Field(default="", alias="REPORTING_CAPTURE_ADDRESS")
    capture_token: SecretStr = Field(default=SecretStr(""), alias="REPORTING_CAPTURE_TOKEN")
    arrival_limit: float = Field(default=100.0, alias="REPORTING_ARRIVAL_LIMIT", gt=0)
    """Largest size of one delivery, in MB (10⁶ bytes); a larger one stays in its channel."""
    answer_limit: float = Field(default=15.0, alias="REPORTING_ANSWER_LIMIT", gt=0)
    """Minutes after which a delivery should be answered and its answer sent."""
    silence_limit: float = Field(default=30.0, alias="REPORTING_SILENCE_LIMIT", gt=0)
    """Minutes that a channel may go without a successful look."""
    quarantine_limit: int = Field(default=10, alias="REPORTING_QUARANTINE_LIMIT", ge=1)
    """How many deliveries may wait for a person before the operator is told."""
    clamav: str = Field(default="", alias="REPORTING_CLAMAV")
    """Where a clamd listens, host:port or unix:/path: what came is scanned before it is opened."""
    poll_seconds: float = Field(default=30.0, alias="REPORTING_POLL_SECONDS", gt=0)
    """How often a live cycle's waits, and the intake, look."""
    operator_address: str = Field(default="", alias="REPORTING_OPERATOR_ADDRESS")
    """Who is told when a task fails; empty: only the log and the Airflow UI tell."""
    working_days: Path | None = Field(default=None, alias="REPORTING_WORKING_DAYS")
    """A folder laid out as include/registry, or a file, with corrections to the working days from outside."""
    officer_address: str = Field(default="", alias="REPORTING_OFFICER_ADDRESS")
    """The officer in charge, who gets the daily digest; empty: nobody does."""
    scheduled_regimes: str = Field(default="", alias="REPORTING_SCHEDULED_REGIMES")
    """Codes of the regimes, separated by commas, whose cycles open by themselves on their days; those of
    others are opened by a person."""
    airflow_url: str = Field(default="", alias="REPORTING_AIRFLOW_URL")
    """Where people reach Airflow's pages; mails to the operator link there."""
    mail_per_second: float = Field(default=0.0, alias="REPORTING_MAIL_PER_SECOND", ge=0)
    """Pace of outgoing mail; 0 means as fast as the server takes it."""
    mail_attachment_limit: float = Field(default=20.0, alias="REPORTING_MAIL_ATTACHMENT_LIMIT", gt=0)
    """Largest size of a mail's files together, in MB (10⁶ bytes)."""

    templates: Path | None = Field(default=None, alias="REPORTING_TEMPLATES")
    """A folder laid out as include/templates with Word templates that an officer edited; looked at first."""

    backup: Path | UPath | None = Field(default=None, alias="REPORTING_BACKUP")
    """Where backups are kept: a folder, or an address of object storage; empty: none is made by itself."""
    backup_warehouse: SecretStr = Field(default=SecretStr(""), alias="REPORTING_BACKUP_WAREHOUSE")
    """The warehouse as the role `backup`, which reads everything; empty: the owner's address."""
    backup_airflow: SecretStr = Field(default=SecretStr(""), alias="REPORTING_BACKUP_AIRFLOW")
    """Airflow's database as the role `backup`; empty: it is not backed up."""
    postgres_programs: Path | None = Field(default=None, alias="REPORTING_PG_BIN")
    """The folder of pg_dump and pg_restore; empty: those of the PATH, else of the Python package."""

    @field_validator("archive", "backup", mode="plain")
    @classmethod
    def _folder_or_address(cls, value: object) -> Path | UPath | None:
        if value is None:
            return None
        return UPath(value) if isinstance(value, str) and "://" in value else Path(str(value))

    @field_validator("clamav")
    @classmethod
    def _scanner_can_be_reached(cls, value: str) -> str:
        if value and not re.fullmatch(r"unix:/.+|(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}", value):
            raise ValueError("write host:port or unix:/full/path of the clamd socket, or leave it empty")
        return value

    @field_validator("working_days", "templates", "postgres_programs", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None

    def opens_by_itself(self, regime: str) -> bool:
        """Whether the cycles of this regime open by themselves here."""
        return regime in {code.strip() for code in self.scheduled_regimes.split(",")}


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once.

    Raises pydantic.ValidationError naming the variable when one is missing or malformed.
    """
    return Settings()
