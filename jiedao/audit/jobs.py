"""The background job of the audit."""

from datetime import timedelta

from jiedao.audit.sealing import seal_entries
from jiedao.kernel.jobs import periodic


@periodic("audit:seal", every=timedelta(minutes=1), atomic=False)
def seal() -> None:
    """Seal new entries; running it twice seals no entry twice. Each seal has its own transaction."""
    seal_entries()
