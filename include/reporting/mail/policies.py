"""What becomes of a send of unknown outcome, per step: include/mail_policies.yaml."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from reporting import plain_yaml
from reporting.settings import INCLUDE

FILE = INCLUDE / "mail_policies.yaml"

WhenUnknown = Literal["send_again", "leave"]


class StepPolicy(BaseModel):
    """The policy of the steps that `step` fits, where * stands for any characters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: str = Field(pattern=r"^[a-z0-9_*]+$")
    when_unknown: WhenUnknown


class Policies(BaseModel):
    """The policies of all steps; the first that fits holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: tuple[StepPolicy, ...] = Field(min_length=1)

    @field_validator("steps")
    @classmethod
    def _each_can_hold(cls, steps: tuple[StepPolicy, ...]) -> tuple[StepPolicy, ...]:
        for number, later in enumerate(steps):
            for earlier in steps[:number]:
                if fnmatchcase(later.step, earlier.step):
                    raise ValueError(
                        f"{later.step} never holds: {earlier.step} stands before it and fits all that it fits"
                    )
        return steps

    def of(self, step: str) -> StepPolicy:
        """The policy of a step. Raises LookupError naming the file when there is none."""
        for policy in self.steps:
            if fnmatchcase(step, policy.step):
                return policy
        raise LookupError(
            f"Mail of the step {step!r} has no policy for a send of unknown outcome. Add an entry "
            f"`- {{step: {step}, when_unknown: send_again}}` (or leave) to include/{FILE.name}."
        )


def load(path: Path) -> Policies:
    """The policies in a file. Raises ValueError naming the file and the place when it is malformed."""
    try:
        return Policies.model_validate(plain_yaml.load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: this is no YAML: {error}") from error
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise ValueError(f"{path}: {places}") from error


@lru_cache(maxsize=1)
def policies() -> Policies:
    """The policies of this installation, read once per process."""
    return load(FILE)
