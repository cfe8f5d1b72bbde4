"""A disturbed rehearsal is held against the undisturbed one message by message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.faults.rehearsed import FIGURES, FILES, Outcome, compare
from rehearsal.faults.report import Experiment

LEFT = {"when_unknown": "leave", "state": "ambiguous", "count": 1}
SENT_AGAIN = {"when_unknown": "send_again", "state": "sent", "count": 1}


def outcome(folder: Path, delivered: list[str], unknown: dict[str, Any] | None = None) -> Outcome:
    """A rehearsal that delivered these messages."""
    box = folder / "mail" / "dau-moi@so.example" / "new"
    box.mkdir(parents=True)
    for number, header in enumerate(delivered):
        (box / str(number)).write_text(
            f"Message-ID: {header}\nDate: Mon, 03 Dec 2012 08:00:00 +0700\n\nA\n", "utf-8"
        )
    for name in FILES:
        (folder / name).write_bytes(b"the same")
    summary = dict.fromkeys(FIGURES, 1) | {"unknown_outcomes": unknown or {}}
    (folder / "summary.json").write_text(json.dumps(summary), "utf-8")
    return Outcome(0, "", folder, folder)


@pytest.mark.parametrize(
    ("delivered", "unknown", "lost", "doubled", "wrong"),
    [
        (["<a@x>", "<b@x>"], {}, 0, 0, 0),
        (["<a@x>"], {}, 1, 0, 0),
        (["<a@x>"], {"<b@x>": LEFT}, 0, 0, 0),
        # another's send being in doubt accounts for nothing, nor does a policy that sends again
        (["<a@x>"], {"<a@x>": LEFT}, 1, 0, 0),
        (["<a@x>"], {"<b@x>": SENT_AGAIN}, 1, 0, 0),
        (["<a@x>", "<b@x>", "<b@x>"], {}, 0, 1, 0),
        (["<a@x>", "<b@x>", "<b@x>"], {"<b@x>": SENT_AGAIN}, 0, 0, 0),
        (["<a@x>", "<b@x>", "<b@x>"], {"<a@x>": SENT_AGAIN}, 0, 1, 0),
        (["<a@x>", "<b@x>", "<b@x>"], {"<b@x>": LEFT}, 0, 1, 0),
        (["<a@x>", "<b@x>", "<b@x>", "<b@x>"], {"<b@x>": SENT_AGAIN}, 0, 1, 0),
        (["<a@x>", "<b@x>", "<c@x>"], {}, 0, 0, 1),
    ],
)
def test_a_message_answers_for_its_own_sends_alone(
    tmp_path: Path, delivered: list[str], unknown: dict[str, Any], lost: int, doubled: int, wrong: int
) -> None:
    experiment = Experiment("one", "")
    undisturbed = outcome(tmp_path / "undisturbed", ["<a@x>", "<b@x>"])
    compare(experiment, undisturbed, outcome(tmp_path / "disturbed", delivered, unknown))
    assert (len(experiment.lost), len(experiment.doubles), len(experiment.wrong)) == (lost, doubled, wrong)
    assert sum(experiment.ambiguous.values()) == len(unknown)
