from django.db import migrations, models

from jiedao.audit.fields import SEALED_FIELDS
from jiedao.audit.macs import BEGIN, BOUNDARY_TYPE, UPGRADE, compute_mac


def begin_codes(apps, schema_editor):
    """Where there are entries without codes, state up to which number, in an entry that has one."""
    entries = apps.get_model("audit", "Entry").objects
    newest = entries.order_by("-id").values_list("id", flat=True).first()
    if newest is None:
        return
    about = {"action": BEGIN, "object_type": BOUNDARY_TYPE, "object_id": newest, "after": {"why": UPGRADE}}
    pk = entries.create(actor_label="系统", request_id="", address="", **about).pk
    values = entries.filter(pk=pk).values_list(*SEALED_FIELDS).get()
    entries.filter(pk=pk).update(mac=compute_mac(values))


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='entry',
            name='mac',
            field=models.CharField(editable=False, max_length=32, null=True),
        ),
        migrations.RunPython(begin_codes, migrations.RunPython.noop),
    ]
