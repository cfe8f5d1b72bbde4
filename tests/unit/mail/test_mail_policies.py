"""What becomes of a send of unknown outcome, as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from reporting.mail import answers, compose, notices
from reporting.mail.policies import load, policies
from reporting.regimes.models import all_regimes

MUST_ARRIVE = (notices.REQUEST, answers.RECEIPT, answers.COMPLETION_REQUEST, notices.URGING)
NO_STEPS = {"frame", "layout", "macros", "reminder", "reminder_after", "reminder_open", "question", "letter"}
"""Templates that are no step of their own: parts, and the wordings of reminders, requests and letters."""


@pytest.mark.parametrize("step", MUST_ARRIVE)
def test_what_an_office_must_get_goes_again(step: str) -> None:
    assert policies().of(step).when_unknown == "send_again"


@pytest.mark.parametrize("step", ["reminder__t_minus_7", "reminder__t_plus_1", notices.COPY])
def test_reminders_and_copies_are_left(step: str) -> None:
    assert policies().of(step).when_unknown == "leave"


def test_every_mail_that_can_be_written_has_a_policy() -> None:
    templates = {path.name.partition(".")[0] for path in compose.FOLDER.glob("*.j2")} - NO_STEPS
    reminders = {reminder.step for regime in all_regimes() for reminder in regime.reminders}
    assert {notices.REQUEST, answers.RECEIPT} < templates
    assert reminders
    for step in templates | reminders:
        policies().of(step)


def test_a_step_without_a_policy_is_named_with_the_remedy() -> None:
    with pytest.raises(LookupError, match=r"'greeting' has no policy.*include/mail_policies\.yaml"):
        policies().of("greeting")


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "mail_policies.yaml"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("steps: [{step: request, when_unknown: perhaps}]", r"steps\.0\.when_unknown"),
        ("steps: [{step: request}]", r"steps\.0\.when_unknown: Field required"),
        ("steps: [{step: 'a b', when_unknown: leave}]", r"steps\.0\.step"),
        ("steps: []", "steps"),
        ("steps: [{step: request, when_unknown: leave, why: x}]", r"steps\.0\.why"),
        ("steps: [", "no YAML"),
        (
            "steps: [{step: 'reminder*', when_unknown: leave}, {step: reminder__x, when_unknown: leave}]",
            r"reminder__x never holds: reminder\* stands before it",
        ),
    ],
)
def test_a_malformed_file_is_refused_with_its_place(tmp_path: Path, content: str, problem: str) -> None:
    with pytest.raises(ValueError, match=rf"mail_policies\.yaml: .*{problem}"):
        load(written(tmp_path, content))


def test_the_first_policy_that_fits_holds(tmp_path: Path) -> None:
    found = load(
        written(
            tmp_path,
            "steps: [{step: reminder__last, when_unknown: send_again}, "
            "{step: 'reminder__*', when_unknown: leave}]",
        )
    )
    assert found.of("reminder__last").when_unknown == "send_again"
    assert found.of("reminder__first").when_unknown == "leave"
