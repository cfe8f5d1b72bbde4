"""Figures stated by an issued letter, as a data file."""

from __future__ import annotations

from pathlib import Path

import pytest

from reporting.consolidation import stated
from reporting.consolidation.stated import load_stated


def test_the_letter_of_2013_states_its_totals_and_claims() -> None:
    figures = load_stated("ttdn_dia_phuong__2011_2012")
    assert figures is not None
    assert list(figures.totals.values()) == [2, 6, 32, 14, 10, 20, 59, 50, None, 28, 10, None]
    assert figures.claims == {"quy_che": 8, "tap_huan": 30, "ke_hoach": 37, "de_an": 28, "phoi_hop_bdbp": 10}
    assert figures.source == "Công văn số 212/BTTTT-TTĐN ngày 18/01/2013"


def test_a_period_that_names_none_has_none() -> None:
    assert load_stated(None) is None


def test_a_malformed_or_missing_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(stated, "FOLDER", tmp_path)
    (tmp_path / "sai.yaml").write_text(
        "source: x\ntotals: {quy_che: {2011: nhiều}}\nclaims: {}\n", encoding="utf-8"
    )
    with pytest.raises(ValueError, match=r"sai\.yaml.*\n*.*quy_che"):
        load_stated("sai")
    with pytest.raises(FileNotFoundError, match=r"khong_co\.yaml"):
        load_stated("khong_co")
