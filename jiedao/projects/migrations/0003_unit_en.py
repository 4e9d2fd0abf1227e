"""Measures of projects say their unit in English too."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0002_promises'),
    ]

    operations = [
        migrations.AddField(
            model_name='projectmeasure',
            name='unit_en',
            field=models.CharField(blank=True, max_length=40),
        ),
    ]
