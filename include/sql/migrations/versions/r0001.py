"""The schema of release 0.1.0: include/sql/schema/0001_*.sql in order, which are not changed any more."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

SCHEMA = Path(__file__).resolve().parents[2] / "schema"


def upgrade() -> None:
    for file in sorted(SCHEMA.glob(f"{revision}_*.sql")):
        # exec_driver_sql: a colon in a file is plain text, no parameter; a percent sign is one when doubled.
        op.get_bind().exec_driver_sql(file.read_text(encoding="utf-8").replace("%", "%%"))
