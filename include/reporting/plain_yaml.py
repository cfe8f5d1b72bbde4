"""YAML as this project reads it: plain values alone, parsed by libyaml where PyYAML was built with it.

Every task reads some forty files before it does anything; libyaml takes an eighth of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    Loader = yaml.SafeLoader
else:
    Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(content: str) -> Any:
    """Return what the document says. Raises yaml.YAMLError, with line and column, where it is not YAML."""
    return yaml.load(content, Loader=Loader)
