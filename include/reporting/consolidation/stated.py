"""Figures that an issued document states about a cycle, kept as an optional data file, for reconciliation.

One file per regime and period: include/registry/stated/<regime>__<period>.yaml. A cycle without a file has nothing
to be reconciled with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from reporting.settings import INCLUDE

FOLDER = INCLUDE / "registry" / "stated"


@dataclass(frozen=True)
class Remark:
    """A fact about some offices that the tracked marks do not hold, printed under the table of the follow-up letter.

    `label` continues "<n> <offices> …": "gửi kế hoạch công tác năm 2013 là".
    """

    label: str
    offices: tuple[str, ...]


@dataclass(frozen=True)
class StatedFigures:
    """What a document says: `totals` per (indicator, year), `claims` per indicator (distinct offices, all years).

    A total of None was left blank in the document: nothing is claimed.
    """

    source: str
    totals: Mapping[tuple[str, int], int | None]
    claims: Mapping[str, int]


class _RemarkFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: str
    offices: tuple[str, ...]


class _StatedFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: str
    totals: dict[str, dict[int, NonNegativeInt | None]]
    claims: dict[str, NonNegativeInt]
    remarks: tuple[_RemarkFile, ...] = ()


def stated_path(regime: str, period: str) -> Path:
    """Where the stated figures of a regime's period would stand."""
    return FOLDER / f"{regime}__{period}.yaml"


def load_stated(regime: str, period: str) -> StatedFigures | None:
    """The figures stated for a regime's period, or None when there is no file.

    Raises ValueError naming the file and the place when it is malformed.
    """
    content = _read(stated_path(regime, period))
    if content is None:
        return None
    return StatedFigures(
        source=content.source,
        totals={(code, year): n for code, years in content.totals.items() for year, n in years.items()},
        claims=dict(content.claims),
    )


def load_remarks(regime: str, period: str) -> tuple[Remark, ...]:
    """The remarks of the period's file, in its order; none when there is no file."""
    content = _read(stated_path(regime, period))
    return () if content is None else tuple(Remark(r.label, r.offices) for r in content.remarks)


def _read(path: Path) -> _StatedFile | None:
    if not path.exists():
        return None
    try:
        return _StatedFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ValueError(
            f"{path}: {error}. Write source, totals (indicator → year → number or null) and claims (indicator → number)."
        ) from error
