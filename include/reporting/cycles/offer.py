"""What the form of a request offers: capacities, lists of offices, plans, data forms.

Read while DAGs are parsed: no database, nothing that takes long to import.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reporting import plain_yaml
from reporting.regimes.models import Ministry, ReminderStep, Unit, UrgingStep
from reporting.settings import INCLUDE

FILE = INCLUDE / "ad_hoc.yaml"
NO_FORM = "none"
"""The choice of no data form."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Capacity(_Data):
    code: str
    of: Literal["ministry", "unit"]
    lines: tuple[str, ...]


class GroupWords(_Data):
    label: str
    salutation: str
    list_title: str


class PlanWithoutDay(_Data):
    reminders: tuple[int, ...] = ()
    close: int = Field(gt=0)


class Plan(_Data):
    reminders: tuple[int, ...] = ()
    urging: UrgingStep | None = None
    escalation: UrgingStep | None = None
    close: int = Field(gt=0)
    without_day: PlanWithoutDay


class Offer(_Data):
    """include/ad_hoc.yaml: what the form offers."""

    ministry: Ministry
    unit: Unit
    capacities: tuple[Capacity, ...] = Field(min_length=1)
    groups: dict[str, GroupWords]
    plans: dict[str, Plan]

    def capacity(self, code: str) -> Capacity | None:
        """The capacity of this code, or None."""
        return next((c for c in self.capacities if c.code == code), None)


@lru_cache(maxsize=1)
def offer() -> Offer:
    """What the form offers. Raises ValueError naming the file and the keys at fault."""
    try:
        return Offer.model_validate(plain_yaml.load(FILE.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ValueError(f"{FILE}: {error}. Mend the file and try again.") from error


def groups_offered() -> dict[str, str]:
    """Every list of the registry's file by code, with its name in the form; read without a database."""
    with (INCLUDE / "registry" / "groups.csv").open(encoding="utf-8", newline="") as file:
        codes = dict.fromkeys(row["group_code"] for row in csv.DictReader(file))
    labels = offer().groups
    return {code: labels[code].label if code in labels else code for code in codes}


def forms_offered() -> list[str]:
    """The data forms there are, as code@version."""
    return sorted(path.stem for path in (INCLUDE / "forms").glob("*@*.yaml"))


def reminders_offered() -> tuple[ReminderStep, ...]:
    """Every reminder that any of the plans has, in the order of their days."""
    plans = offer().plans.values()
    from_issue = sorted({days for plan in plans for days in plan.without_day.reminders})
    from_deadline = sorted({days for plan in plans for days in plan.reminders})
    return (
        *(ReminderStep(step=f"reminder__i_plus_{d}", working_days=d, anchor="issue") for d in from_issue),
        *(
            ReminderStep(step=f"reminder__t_{'minus' if d < 0 else 'plus'}_{abs(d)}", working_days=d)
            for d in from_deadline
        ),
    )
