"""Write the corpus to tests/data/intake anew: `python -m tests.corpus`.

With `--expect` also the words, as they are now, to expected.yaml, for a person to read before they are kept.
"""

from __future__ import annotations

import sys

import yaml

from tests.corpus.case import EXPECTED, FOLDER, contents
from tests.corpus.outcome import seen
from tests.corpus.workbooks import workbook_cases


def main() -> None:
    """Write what changed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    cases = list(workbook_cases())
    for case in cases:
        if not case.is_stored or (case.is_foreign and case.path.exists()):
            continue
        data = case.build()
        if not case.path.exists() or contents(case.path.read_bytes()) != contents(data):
            case.path.write_bytes(data)
            print(f"wrote {case.path}")
    for path in FOLDER.iterdir():
        if path.suffix != ".yaml" and path.name not in {case.name for case in cases if case.is_stored}:
            path.unlink()
            print(f"removed {path}")
    if "--expect" in sys.argv:
        found = {
            case.name: {"odd": case.odd, **result} for case, result in zip(cases, seen(cases), strict=True)
        }
        with EXPECTED.open("w", encoding="utf-8") as stream:
            stream.write("# What is said about each file of the corpus, word for word (tests/corpus).\n")
            yaml.safe_dump(found, stream, allow_unicode=True, sort_keys=False, width=118)


if __name__ == "__main__":
    main()
