"""Profiles and their digits."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "profiles",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digits", sa.Integer, nullable=False),
    )
    op.create_index("ix_profiles_owner", "profiles", ["owner"])
    op.create_table(
        "digits",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("profile_id", sa.String(32), sa.ForeignKey("profiles.id", ondelete="CASCADE"), nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.SmallInteger, nullable=False),
        sa.Column("predicted", sa.SmallInteger),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("image", sa.LargeBinary, nullable=False),
        sa.Column("picture", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("profile_id", "sha256", name="digits_image"),
        sqlite_autoincrement=True,
    )
    op.create_index("digits_newest", "digits", ["profile_id", "id"])
