"""Figures that an issued document states about a cycle, kept as an optional data file, for reconciliation.

One file in include/registry/stated/, named by a period's `stated_figures`. A period that names none has
nothing to be reconciled with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from reporting import plain_yaml
from reporting.settings import INCLUDE

FOLDER = INCLUDE / "registry" / "stated"


@dataclass(frozen=True)
class StatedFigures:
    """What a document says: `totals` per (indicator, year), `claims` of distinct offices per indicator.

    A total of None was left blank in the document: nothing is claimed.
    """

    source: str
    totals: Mapping[tuple[str, int], int | None]
    claims: Mapping[str, int]


class _StatedFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: str
    totals: dict[str, dict[int, NonNegativeInt | None]]
    claims: dict[str, NonNegativeInt]


def load_stated(name: str | None) -> StatedFigures | None:
    """The figures of include/registry/stated/<name>.yaml (a period's `stated_figures`); None without a name.

    Raises FileNotFoundError when there is no such file, and ValueError naming file and place when it is
    malformed.
    """
    if name is None:
        return None
    content = _read(FOLDER / f"{name}.yaml")
    return StatedFigures(
        source=content.source,
        totals={(code, year): n for code, years in content.totals.items() for year, n in years.items()},
        claims=dict(content.claims),
    )


def _read(path: Path) -> _StatedFile:
    try:
        return _StatedFile.model_validate(plain_yaml.load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ValueError(
            f"{path}: {error}. "
            "Write source, totals (indicator → year → number or null) and claims (indicator → number)."
        ) from error
