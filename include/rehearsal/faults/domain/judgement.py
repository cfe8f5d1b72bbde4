"""Holding what a disturbed play came to against the undisturbed one.

The rows of every table must be the same. What a fault may change is the way of a message: how often it was
tried, and where the outcome of its send is unknown, what its step's policy (include/mail_policies.yaml) says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Engine

from rehearsal.faults.domain import state
from rehearsal.faults.domain.ledger import Sent, ledger, ranked
from rehearsal.faults.domain.recording import Recording
from rehearsal.faults.domain.site import Site
from rehearsal.faults.report import Experiment

_SUBMITTED = ("intake.submission", "intake.arrival", "intake.incoming_document", "archive", "channel")


def judge(
    recording: Recording,
    experiment: Experiment,
    site: Site,
    engine: Engine,
    stages: Sequence[int],
    refused: Collection[int] = (),
) -> None:
    """Note in `experiment` what is otherwise than undisturbed after these stages were played; in those that
    are `refused` the server refused a message for good.
    """
    after = stages[-1] + 1
    wanted, found = _by_name(recording.ledgers[after]), ledger(engine)
    names, names_there = ranked(found), ranked(recording.ledgers[after])
    found = _by_name(found)
    taken = Counter(names.get(header, header) for header in site.taken())
    expected = Counter(
        names_there.get(header, header) for number in stages for header in recording.taken[number]
    )
    failed = {
        header
        for header, one in found.items()
        if one.state == "failed" and (header not in wanted or wanted[header].state != "failed")
    }
    if len(failed) > len(refused):
        experiment.wrong.append(f"failed for good without a refusal: {', '.join(sorted(failed))}")
    for header in expected.keys() - taken.keys():
        one = found.get(header)
        is_left = one is not None and one.state == "ambiguous" and one.when_unknown == "leave" and one.unknown
        if not is_left and header not in failed:
            experiment.lost.append(f"{header} was never taken, and is {one.state if one else 'not there'}")
    experiment.wrong += [
        f"{header} was taken, but never otherwise" for header in taken.keys() - expected.keys()
    ]
    for header, times in taken.items():
        unknown = found[header].unknown if header in found else 0
        if times > max(expected[header], 1) + unknown:
            experiment.doubles.append(f"{header} was taken {times} times, {unknown} of unknown outcome")
    _judge_ledger(experiment, wanted, found, taken, failed)
    for line in state.differences(recording.states[after], state.read(engine, site.folder)):
        if failed and not line.startswith(_SUBMITTED):
            continue  # who got no mail is told of as such, in many places
        (experiment.lost if line.startswith(_SUBMITTED) and " less " in line else experiment.wrong).append(
            line
        )


def _by_name(messages: Mapping[str, Sent]) -> dict[str, Sent]:
    names = ranked(messages)
    return {names.get(header, header): one for header, one in messages.items()}


def _judge_ledger(
    experiment: Experiment,
    wanted: dict[str, Sent],
    found: dict[str, Sent],
    taken: Counter[str],
    failed: Collection[str],
) -> None:
    for header in wanted.keys() | found.keys():
        here = found.get(header)
        if here is None or header not in wanted:
            experiment.wrong.append(f"{header} is {'not ' if here is None else ''}in the ledger")
            continue
        if here.unknown > wanted[header].unknown:
            if here.when_unknown == "leave":
                how = "left by policy, " + ("taken" if taken[header] else "never taken")
            else:
                how = f"sent again by policy, taken {taken[header]} times"
            experiment.ambiguous[how] = experiment.ambiguous.get(how, 0) + 1
        is_left = here.state == "ambiguous" and here.when_unknown == "leave" and here.unknown > 0
        if here.state != wanted[header].state and not is_left and header not in failed:
            experiment.wrong.append(f"{header} is {here.state} instead of {wanted[header].state}")
        if here.sent > wanted[header].sent:
            experiment.wrong.append(f"{header} is noted as sent {here.sent} times")
