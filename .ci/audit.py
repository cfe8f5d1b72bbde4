"""Ask an advisory service about every package of requirements.lock: ``make audit``.

Exit code 1 where an advisory is known that .ci/dependencies.yaml does not accept (any more). Where no service
can be asked, that is said loudly and the exit code is 0, with ``--must`` 2: what was not checked is never
taken for safe.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

CLONE = Path(__file__).resolve().parents[1]
ACCEPTED = CLONE / ".ci" / "dependencies.yaml"
SERVICES = ("osv", "pypi")
_MOST_SECONDS = 240


@dataclass(frozen=True)
class Finding:
    """An advisory about a package; `ids` are its number and the other numbers that it has."""

    package: str
    version: str
    ids: tuple[str, ...]
    fixed_in: tuple[str, ...]


@dataclass(frozen=True)
class Accepted:
    """An advisory that somebody looked at and accepted until a day."""

    id: str
    package: str
    reason: str
    until: date


@dataclass(frozen=True)
class Answer:
    """What a service said: advisories, and the packages of which it knew nothing."""

    findings: tuple[Finding, ...]
    unchecked: tuple[str, ...]
    checked_count: int


def accepted(path: Path = ACCEPTED) -> tuple[Accepted, ...]:
    """The accepted advisories. Raises TypeError or ValueError where an entry is not whole."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["advisories"]
    found = tuple(Accepted(**entry) for entry in entries)
    for one in found:
        if not one.reason.strip() or not isinstance(one.until, date):
            raise ValueError(f"{path}: {one.id} needs a reason and a day (until: 2027-01-31)")
    return found


def read(report: str) -> Answer:
    """What pip-audit wrote as JSON. Raises ValueError where it wrote none."""
    dependencies: list[dict[str, Any]] = json.loads(report)["dependencies"]
    findings = tuple(
        Finding(
            one["name"],
            one["version"],
            (advisory["id"], *advisory.get("aliases", ())),
            tuple(advisory.get("fix_versions", ())),
        )
        for one in dependencies
        for advisory in one.get("vulns", ())
    )
    unchecked = tuple(one["name"] for one in dependencies if "skip_reason" in one)
    return Answer(findings, unchecked, len(dependencies) - len(unchecked))


class AuditError(RuntimeError):
    """The audit itself is broken, as by a lock file that cannot be read."""


_AWAY = re.compile(r"requests\.exceptions\.|ConnectionError|ServiceError")
"""What pip-audit's last words are where a service cannot be reached, or not understood."""


def ask(service: str, lock: Path) -> Answer | None:
    """What a service says of a lock file; None where it cannot be asked. Raises AuditError where that is no
    service's fault.
    """
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes", "--disable-pip",
        "--vulnerability-service", service, "--format", "json", "--progress-spinner", "off",
        "--timeout", "15",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None
    try:
        answer = read(done.stdout)
    except (ValueError, KeyError) as error:
        why = (done.stderr.strip().splitlines() or ["no word"])[-1]
        if _AWAY.search(why):
            return None
        raise AuditError(f"{lock} cannot be audited: {why}") from error
    return answer if answer.checked_count else None


def judged(
    answer: Answer, allowed: Iterable[Accepted], today: date
) -> tuple[list[Finding], list[Finding], list[Accepted]]:
    """(findings that nobody accepted or whose day has passed, accepted ones, entries that nothing needs)."""
    allowed = list(allowed)
    standing = [one for one in allowed if one.until >= today]

    def is_accepted(finding: Finding) -> bool:
        return any(one.id in finding.ids and one.package == finding.package for one in standing)

    refused = [finding for finding in answer.findings if not is_accepted(finding)]
    known = [finding for finding in answer.findings if is_accepted(finding)]
    needed = {(finding.package, number) for finding in answer.findings for number in finding.ids}
    return refused, known, [one for one in allowed if (one.package, one.id) not in needed]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _warn(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def audit(lock: Path, *, must: bool) -> int:
    """Ask, say what was found, and return the exit code."""
    for service in SERVICES:
        answer = ask(service, lock)
        if answer is not None:
            break
    else:
        line = "*" * 100
        _warn(line)
        _warn(f"*** DEPENDENCIES NOT AUDITED: no advisory service can be reached ({', '.join(SERVICES)}).")
        _warn("*** Nothing is known about the packages of requirements.lock. Ask where the network lets it.")
        _warn(line)
        return 2 if must else 0
    refused, known, unneeded = judged(answer, accepted(), datetime.now(UTC).date())
    _say(f"{answer.checked_count} packages were looked up at {service}.")
    for finding in known:
        _say(f"accepted: {finding.package} {finding.version}: {' '.join(finding.ids)}")
    for one in unneeded:
        _say(f"no longer needed in {ACCEPTED.name}: {one.package} {one.id}")
    for name in answer.unchecked:
        _warn(f"NOT AUDITED: {name}")
    for finding in refused:
        mend = f"mended in {', '.join(finding.fixed_in)}" if finding.fixed_in else "no version mends it"
        _warn(f"ADVISORY: {finding.package} {finding.version}: {' '.join(finding.ids)}; {mend}")
    if refused:
        _warn(f"Upgrade, or accept them with a reason and a day in {ACCEPTED}.")
        return 1
    return 2 if must and answer.unchecked else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--must", action="store_true", help="fail where a package could not be looked up")
    parser.add_argument("--lock", type=Path, default=CLONE / "requirements.lock")
    given = parser.parse_args()
    sys.exit(audit(given.lock, must=given.must))
