from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0002_policy'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeyMark',
            fields=[
                ('name', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('mark', models.CharField(max_length=64)),
            ],
        ),
    ]
