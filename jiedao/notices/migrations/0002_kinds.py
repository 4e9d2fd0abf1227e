"""Notices hold a kind and an object. The words and addresses of older ones move into `data` as they were written.

The rooms that wrote them fill in the object from the address, in migrations of their own.
"""

from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import JSONObject

UNREAD = models.Q(("read_at__isnull", True), ("settled_at__isnull", True))


def store_text_and_address(apps, schema_editor):
    rows = apps.get_model("notices", "Notice").objects.using(schema_editor.connection.alias)
    rows.update(data=JSONObject(text=F("text"), url=F("url")))


def restore_address(apps, schema_editor):
    rows = apps.get_model("notices", "Notice").objects.using(schema_editor.connection.alias)
    for notice in rows.iterator(chunk_size=1000):
        notice.text = notice.data.get("text", "")
        notice.url = notice.data.get("url", "")
        notice.save(update_fields=["text", "url"])


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]
    operations = [
        migrations.AddField("notice", "kind", models.CharField(blank=True, max_length=80, default=""), preserve_default=False),
        migrations.AddField("notice", "object_type", models.CharField(blank=True, max_length=40, default=""), preserve_default=False),
        migrations.AddField("notice", "object_id", models.BigIntegerField(blank=True, null=True)),
        migrations.AddField("notice", "object_name", models.CharField(blank=True, max_length=300, default=""), preserve_default=False),
        migrations.AddField("notice", "data", models.JSONField(blank=True, default=dict)),
        migrations.AddField("notice", "asks", models.BooleanField(default=False)),
        migrations.AddField("notice", "task", models.CharField(blank=True, max_length=40, default=""), preserve_default=False),
        migrations.AddField("notice", "settled_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(store_text_and_address, restore_address, elidable=False),
        # Blank first, so that the columns can be added again to the rows of a notice when this is undone.
        migrations.AlterField("notice", "text", models.CharField(blank=True, max_length=300)),
        migrations.RemoveField("notice", "text"),
        migrations.RemoveField("notice", "url"),
        migrations.RemoveIndex("notice", "notice_unread"),
        migrations.AddIndex("notice", models.Index(condition=UNREAD, fields=["user", "-id"], name="notice_unread")),
        migrations.AddIndex("notice", models.Index(fields=["user", "object_type", "object_id"], name="notice_group")),
        migrations.AddIndex(
            "notice",
            models.Index(
                condition=models.Q(("read_at__isnull", True), ("settled_at__isnull", True), ("asks", True)), fields=["object_type", "object_id"], name="notice_to_settle"
            ),
        ),
    ]
