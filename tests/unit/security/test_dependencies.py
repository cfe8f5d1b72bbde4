"""What the lock file installs: its licences, and that the audit never passes in silence."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from license_expression import ExpressionError, get_spdx_licensing

CLONE = Path(__file__).parents[3]
LOCK = CLONE / "requirements.lock"
_BY_CLASSIFIER = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "ISC License (ISCL)": "ISC",
    "The Unlicense (Unlicense)": "Unlicense",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL-2.1-only",
}


def _audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", CLONE / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["audit"] = module
    spec.loader.exec_module(module)
    return module


audit = _audit()


def locked() -> list[str]:
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return sorted({line.split("==")[0].split("[")[0] for line in lines if re.match(r"[A-Za-z0-9]", line)})


def licences(name: str) -> set[str]:
    """The licences that a package states, as SPDX writes them; of a choice those that are to be had."""
    told = importlib.metadata.metadata(name)
    stated = [c.split(" :: ")[-1] for c in told.get_all("Classifier") or () if c.startswith("License ::")]
    stated = [one for one in stated if one != "OSI Approved"]
    if stated and not told.get("License-Expression"):
        return {_BY_CLASSIFIER.get(one, one) for one in stated}
    expression = str(told.get("License-Expression") or told.get("License"))
    try:
        parsed = get_spdx_licensing().parse(expression, validate=True)
    except ExpressionError:
        return {_BY_CLASSIFIER.get(expression, expression)}
    choices = parsed.args if type(parsed).__name__ == "OR" else (parsed,)
    return set(map(str, choices[0].symbols))


def test_every_package_has_a_licence_that_is_accepted() -> None:
    rules = yaml.safe_load((CLONE / ".ci" / "dependencies.yaml").read_text(encoding="utf-8"))
    strange, seen = {}, 0
    for name in locked():
        try:
            found = licences(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of another version of Python
        seen += 1
        if name not in rules["packages"] and not found <= set(rules["licences"]):
            strange[name] = found
    assert strange == {}
    assert seen > 200
    assert set(rules["packages"]) <= set(locked())


def _report(**vulns: list[dict[str, object]]) -> str:
    return json.dumps(
        {"dependencies": [{"name": name, "version": "1.0", "vulns": found} for name, found in vulns.items()]}
    )


ADVISORY = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["1.1"]}


def test_an_advisory_stands_until_somebody_accepts_it_and_only_until_its_day() -> None:
    answer = audit.read(_report(a=[ADVISORY], b=[]))
    today = date(2026, 12, 1)
    refused, known, _ = audit.judged(answer, (), today)
    assert ([one.package for one in refused], known) == (["a"], [])
    entry = audit.Accepted("CVE-2026-1", "a", "not reached", date(2026, 12, 1))
    assert audit.judged(answer, [entry], today) == ([], list(answer.findings), [])
    assert audit.judged(answer, [entry], date(2026, 12, 2))[0] == list(answer.findings)
    of_another = audit.Accepted("CVE-2026-1", "b", "not reached", today)
    refused, known, unneeded = audit.judged(answer, [of_another], today)
    assert (len(refused), known, unneeded) == (1, [], [of_another])


def test_what_nobody_could_look_up_is_told_and_never_passes_for_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "ask", lambda service, lock: None)
    assert audit.audit(LOCK, must=False) == 0
    assert "DEPENDENCIES NOT AUDITED" in capsys.readouterr().err
    assert audit.audit(LOCK, must=True) == 2
    unknown = json.dumps({"dependencies": [{"name": "a", "skip_reason": "not found"}]})
    assert audit.read(unknown) == audit.Answer((), ("a",), 0)
    part = audit.Answer((), ("a",), 3)
    monkeypatch.setattr(audit, "ask", lambda service, lock: part)
    assert audit.audit(LOCK, must=True) == 2
    assert "NOT AUDITED: a" in capsys.readouterr().err


def test_a_lock_file_that_cannot_be_read_is_no_service_that_is_away(tmp_path: Path) -> None:
    lock = tmp_path / "broken.lock"
    lock.write_text("this is no requirement ==\n")
    with pytest.raises(audit.AuditError, match=r"broken\.lock"):
        audit.ask("osv", lock)


def test_a_finding_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(audit, "ask", lambda service, lock: audit.read(_report(a=[ADVISORY])))
    assert audit.audit(LOCK, must=False) == 1
    assert "ADVISORY: a 1.0: PYSEC-2026-1 CVE-2026-1; mended in 1.1" in capsys.readouterr().err


def test_accepted_advisories_have_a_reason_and_a_day() -> None:
    assert all(one.until for one in audit.accepted())
