"""Cases that were done before state in `visit_outcome` what their return visit found."""

from django.db import migrations
from django.db.models import Q

UNSATISFIED_SCORE = 2  # the default of the policy of this name


def fill_visit_outcomes(apps, schema_editor):
    alias = schema_editor.connection.alias
    done = apps.get_model("cases", "Case").objects.using(alias).filter(state="DONE", visit_outcome="")
    visited = done.filter(visited_at__isnull=False)
    visited.filter(Q(solved=False) | Q(satisfaction__lte=UNSATISFIED_SCORE)).update(
        visit_outcome="UNSATISFIED"
    )
    visited.filter(visit_outcome="").update(visit_outcome="SATISFIED")
    visits = apps.get_model("cases", "ReturnVisit").objects.using(alias).filter(reached=False)
    done.filter(visited_at__isnull=True, pk__in=visits.values("case_id")).update(visit_outcome="UNREACHED")


class Migration(migrations.Migration):
    dependencies = [("cases", "0009_return_visits_and_callers")]
    operations = [migrations.RunPython(fill_visit_outcomes, migrations.RunPython.noop, elidable=True)]
