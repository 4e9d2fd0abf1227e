from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0004_origins'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable('Policy', 'kernel_policy')],
            state_operations=[migrations.DeleteModel('Policy')],
        ),
    ]
