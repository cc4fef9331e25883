"""What a run said, and what members hold after it."""

from passage.ledger import queries as ledger
from passage.members.models import Member
from tests.cast import AT


def points(number):
    [held] = ledger.balances(Member.objects.get(external_id=number), at=AT)
    return held.balance


def counted(said, label):
    """The number before a label."""
    [line] = [line for line in said.splitlines() if line.strip().endswith(f"  {label}")]
    return int(line.strip().partition("  ")[0])
