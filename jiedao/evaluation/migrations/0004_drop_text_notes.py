"""The notes as codes take the place of the texts."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0003_worded_notes")]

    operations = [
        migrations.RemoveField("score", "note"),
        migrations.RemoveField("score", "reason"),
        migrations.RemoveField("scoreline", "note"),
        migrations.RenameField("score", "new_note", "note"),
        migrations.RenameField("score", "new_reason", "reason"),
        migrations.RenameField("scoreline", "new_note", "note"),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=~Q(number__gt=1) | ~Q(reason={}), name="new_score_gives_a_reason"
            ),
        ),
    ]
