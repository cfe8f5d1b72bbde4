"""What release 0.2.0 changes: include/sql/schema/0002_*.sql in order."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

SCHEMA = Path(__file__).resolve().parents[2] / "schema"


def upgrade() -> None:
    for file in sorted(SCHEMA.glob(f"{revision}_*.sql")):
        op.get_bind().exec_driver_sql(file.read_text(encoding="utf-8").replace("%", "%%"))
