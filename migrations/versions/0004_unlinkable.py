"""unlinkable: the chore moved from the inputs to the kernel, so jobs of its old name go"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM jobs.procrastinate_periodic_defers WHERE task_name = 'inputs.unlink'")
    op.execute("DELETE FROM jobs.procrastinate_jobs WHERE task_name = 'inputs.unlink'")


def downgrade() -> None:
    """Nothing: jobs that come by themselves come again by themselves."""
