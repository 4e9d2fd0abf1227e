"""Who administers the office, and may therefore sign in with a password although the others may not."""

from jiedao.accounts.models import User
from jiedao.orgs.actor import list_current_holdings

RIGHTS = frozenset({"orgs.user:manage", "orgs.post:manage", "audit.entry:view"})


def is_administrator(user: User) -> bool:
    """Return whether one of the user's posts manages accounts or posts, or reads the audit."""
    return any(RIGHTS.intersection(holding.post.permissions) for holding in list_current_holdings(user))
