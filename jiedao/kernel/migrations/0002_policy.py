from django.db import migrations, models


class Migration(migrations.Migration):
    """The table was made by the room cases; its rows stay."""

    dependencies = [
        ('kernel', '0001_initial'),
        ('cases', '0005_policy_moves_to_kernel'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Policy',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=60, unique=True)),
                        ('value', models.JSONField()),
                    ],
                    options={'verbose_name_plural': 'policies'},
                ),
            ],
        ),
    ]
