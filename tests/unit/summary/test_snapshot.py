"""A report is rendered from a stored snapshot, and the snapshot says all that the data said."""

from __future__ import annotations

from dataclasses import fields

import pytest

from reporting.letters.cycle import office_words
from reporting.summary import snapshot
from reporting.summary.draft import summary_draft
from reporting.summary.snapshot import SnapshotError
from tests.unit.summary.sample import table_of_2011_2012


def test_what_is_read_is_what_was_stored() -> None:
    data = table_of_2011_2012(silent=["Hà Giang"])
    read = snapshot.opened(snapshot.stored(data))
    for field in fields(data):
        before, after = getattr(data, field.name), getattr(read, field.name)
        if field.name == "intake":
            assert [list(getattr(before, f.name)) for f in fields(before)] == [
                list(getattr(after, f.name)) for f in fields(after)
            ]
        elif field.name != "snapshot":
            if isinstance(before, tuple):
                before, after = list(before), list(after)
            assert before == after, field.name
    assert len(read.marks) == len(list(read.marks)) == len(data.marks)
    assert read.words == office_words(["province_department"])


def test_the_same_data_make_the_same_bytes_and_another_mark_another_hash() -> None:
    data, changed = table_of_2011_2012(), table_of_2011_2012(silent=["Hà Giang"])
    assert snapshot.stored(data) == snapshot.stored(table_of_2011_2012())
    assert snapshot.data_hash(snapshot.stored(data)) != snapshot.data_hash(snapshot.stored(changed))


def test_files_rendered_from_the_stored_form_are_those_of_the_data() -> None:
    data = table_of_2011_2012()
    again = summary_draft(snapshot.opened(snapshot.stored(data)))
    assert again == summary_draft(data)


def test_what_is_no_snapshot_is_refused_in_words() -> None:
    with pytest.raises(SnapshotError, match="no stored snapshot"):
        snapshot.opened(b"PK nothing")
