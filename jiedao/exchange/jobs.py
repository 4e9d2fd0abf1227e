"""Jobs of bulk files."""

from datetime import timedelta

from jiedao.exchange.pending_sheets import erase_old_sheets
from jiedao.kernel.jobs import periodic


@periodic("exchange.erase_sheets", every=timedelta(hours=1))
def erase_sheets() -> None:
    """Erase the uploaded sheets that nobody imported within a day."""
    erase_old_sheets()
