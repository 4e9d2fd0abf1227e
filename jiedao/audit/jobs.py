"""What the worker does for the audit."""

from datetime import timedelta

from jiedao.audit.sealing import seal_entries
from jiedao.kernel.jobs import periodic


@periodic("audit:seal", every=timedelta(minutes=1), atomic=False)
def seal() -> None:
    """Seal new entries. Each seal is a transaction of its own, and sealing twice seals nothing twice."""
    seal_entries()
