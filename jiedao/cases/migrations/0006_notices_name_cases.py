"""Notices about cases name the case instead of the address of its page."""

from django.db import migrations
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Concat, Length, Substr

PAGE = "/desk/cases/"


def name_cases(apps, schema_editor):
    alias = schema_editor.connection.alias
    notices = apps.get_model("notices", "Notice").objects.using(alias)
    cases = apps.get_model("cases", "Case").objects.using(alias)
    rows = notices.filter(kind="", object_id__isnull=True, data__url__startswith=PAGE)
    number = Substr(KT("data__url"), len(PAGE) + 1, Length(KT("data__url")) - len(PAGE) - 1)
    case = cases.filter(number=OuterRef("number"))
    name = case.annotate(name=Concat(F("number"), Value(" "), F("subject")))
    named = rows.annotate(number=number).filter(number__in=cases.values("number"))
    named.update(
        object_type="cases.case",
        object_id=Subquery(case.values("pk")[:1]),
        object_name=Subquery(name.values("name")[:1]),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0005_policy_moves_to_kernel"),
        ("notices", "0002_kinds"),
    ]
    operations = [migrations.RunPython(name_cases, migrations.RunPython.noop, elidable=True)]
