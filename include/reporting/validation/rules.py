"""The rules that workbooks are checked by, as the forms' suites have them, and which may be waived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reporting.forms.models import Form, all_forms
from reporting.validation.suite import suite_for
from reporting.wording.catalogue import catalogue, text

INDISPENSABLE = frozenset(
    {
        "formula_has_result",
        "mark_is_valid",
        "date_is_valid",
        "number_is_readable",
        "choice_is_offered",
        "nil_is_consistent",
    }
)
"""Rules without which a cell says nothing that could be kept: nobody can be let off them, nor off those of
the earlier gates (file, template, identity).
"""


@dataclass(frozen=True)
class Rule:
    """A rule of one or more forms.

    `severities`: how it is taken, per form and indicator; `warn_until`: days up to which it only warns;
    `forms` as <code>@<version>; `said`: what is said, and how to mend it, one pair per case.
    """

    code: str
    title: str
    stage: str
    severities: tuple[str, ...]
    warn_until: tuple[str, ...]
    forms: tuple[str, ...]
    may_be_waived: bool
    said: tuple[tuple[str, str], ...]


def rules(forms: Iterable[Form] | None = None) -> list[Rule]:
    """The rules of these forms, of all forms if none are given, in the order in which they are checked."""
    found: dict[str, list[tuple[str, dict[str, str | None]]]] = {}
    for form in forms if forms is not None else all_forms():
        for expectation in suite_for(form)["expectations"]:
            meta = expectation["meta"]
            found.setdefault(meta["rule"], []).append((f"{form.code}@{form.version}", meta))
    return [
        Rule(
            code=code,
            title=text(f"findings.rule.{code}.title"),
            stage=str(uses[0][1]["stage"]),
            severities=_each(meta["severity"] for _, meta in uses),
            warn_until=_each(meta["warn_until"] for _, meta in uses),
            forms=_each(name for name, _ in uses),
            may_be_waived=code not in INDISPENSABLE,
            said=_said(code),
        )
        for code, uses in found.items()
    ]


def _each(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _said(code: str) -> tuple[tuple[str, str], ...]:
    prefix = f"findings.rule.{code}."
    said = catalogue()
    cases = [key.removesuffix(".what") for key in said if key.startswith(prefix) and key.endswith(".what")]
    return tuple((said[f"{case}.what"], _plain(said[f"{case}.mend"])) for case in cases)


def _plain(mend: str) -> str:
    """How to mend, without what is added to it case by case."""
    for added in ("{if_right}", "{only_whole}"):
        mend = mend.replace(added, "")
    return mend.replace("{explain}", text("findings.explain.in_column"))
