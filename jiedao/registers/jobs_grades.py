"""What the worker does for grades: what the day alone changes."""

from datetime import timedelta

from jiedao.kernel.jobs import periodic
from jiedao.orgs.actor import system
from jiedao.registers.actions.grading import regrade_due
from jiedao.registers.catalogue import registers


# Not atomic: each register is a transaction of its own, so that no writer waits for all of them.
@periodic("registers.regrade", every=timedelta(hours=6), atomic=False)
def regrade_all() -> int:
    """End hand-set grades whose last day is over and grade by rules that count days; return how many changed."""
    return sum(regrade_due(system(), info) for info in registers() if info.definition.grades)
