"""The benchmark of the analysts' tables, at a size at which it takes seconds."""

from __future__ import annotations

from sqlalchemy import text

from benchmarks.marts import load, measure, rebuild_and_write_by_hand
from reporting.consolidation.refresh import marts, rebuild
from reporting.database import engine as make_engine


def test_what_is_written_by_hand_says_what_our_tables_say(owner_url: str) -> None:
    engine = make_engine(owner_url)
    load(engine, 100, 3)
    rebuild(engine)
    for mart in marts():
        ours, by_hand = rebuild_and_write_by_hand(engine, mart)
        assert ours > 0
        assert by_hand > 0
        with engine.connect() as connection:
            columns = ", ".join(connection.execute(text(f"SELECT * FROM mart.{mart.name} LIMIT 0")).keys())
            for one, other in (("mart", "by_hand"), ("by_hand", "mart")):
                differing = text(
                    f"SELECT count(*) FROM (SELECT {columns} FROM {one}.{mart.name}"
                    f" EXCEPT ALL SELECT {columns} FROM {other}.{mart.name}) x"
                )
                assert connection.execute(differing).scalar_one() == 0, mart.name
            there = connection.execute(text(f"SELECT count(*) FROM mart.{mart.name}")).scalar_one()
            assert there > 0, mart.name


def test_the_benchmark_yields_its_figures() -> None:
    figures = {figure.name: figure for figure in measure(100, 3)}
    assert set(figures) == {"marts.rebuild_vs_sql", "marts.refresh_vs_empty", "marts.query_p95_s"}
    assert all(figure.value > 0 for figure in figures.values())
