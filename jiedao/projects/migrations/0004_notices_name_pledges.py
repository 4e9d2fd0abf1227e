"""Notices about pledges name the pledge instead of the address of its page."""

from django.db import migrations
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.fields import BigIntegerField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Concat, Left, Length, Substr

PAGE = "/desk/promises/pledges/"


def name_pledges(apps, schema_editor):
    alias = schema_editor.connection.alias
    notices = apps.get_model("notices", "Notice").objects.using(alias)
    pledges = apps.get_model("projects", "Pledge").objects.using(alias)
    rows = notices.filter(kind="", object_id__isnull=True, data__url__regex=rf"^{PAGE}[0-9]+/$")
    digits = Substr(KT("data__url"), len(PAGE) + 1, Length(KT("data__url")) - len(PAGE) - 1)
    pledge = pledges.filter(pk=OuterRef("pledge_id"))
    name = pledge.annotate(name=Left(Concat(F("code"), Value(" "), F("text")), 300))
    named = rows.annotate(pledge_id=Cast(digits, BigIntegerField())).filter(pledge_id__in=pledges.values("pk"))
    named.update(
        object_type="projects.pledge",
        object_id=Subquery(pledge.values("pk")[:1]),
        object_name=Subquery(name.values("name")[:1]),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0003_unit_en"),
        ("notices", "0002_kinds"),
    ]
    operations = [migrations.RunPython(name_pledges, migrations.RunPython.noop, elidable=True)]
