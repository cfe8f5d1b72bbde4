"""Whose workbook it is: an identity signed with the ministry's key."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

from itsdangerous import BadData, BadSignature, URLSafeSerializer

_SALT = "reporting.workbook.identity"


@dataclass(frozen=True)
class WorkbookIdentity:
    """The cycle, the recipient and the form version a workbook was made for."""

    cycle_id: str
    reference_code: str
    form_code: str
    form_version: str


@dataclass(frozen=True)
class IdentityReading:
    """What a workbook's signature says. `identity` is unproven unless `state` is valid."""

    state: Literal["valid", "foreign", "lost"]
    identity: WorkbookIdentity | None


def sign(identity: WorkbookIdentity, signing_key: str) -> str:
    """The identity as a signed token; equal input, equal token. Raises ValueError for an empty key."""
    if not signing_key:
        raise ValueError("the signing key is empty; set REPORTING_SIGNING_KEY")
    return str(_serializer(signing_key).dumps(asdict(identity)))


def verify(token: str | None, signing_key: str) -> IdentityReading:
    """Tell whether the token is there and signed with our key; never raises for a bad token."""
    if not token:
        return IdentityReading("lost", None)
    serializer = _serializer(signing_key)
    try:
        return IdentityReading("valid", _identity(serializer.loads(token)))
    except BadSignature as error:
        try:
            payload = None if error.payload is None else serializer.load_payload(error.payload)
        except BadData:
            payload = None
        return IdentityReading("foreign", _identity(payload))
    except BadData:
        return IdentityReading("foreign", None)


@lru_cache(maxsize=4)
def _serializer(signing_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(signing_key, salt=_SALT)


def _identity(payload: object) -> WorkbookIdentity | None:
    if not isinstance(payload, dict):
        return None
    try:
        return WorkbookIdentity(**{str(key): str(value) for key, value in payload.items()})
    except TypeError:
        return None
