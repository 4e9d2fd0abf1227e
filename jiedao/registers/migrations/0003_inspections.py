import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('cases', '0004_origins'),
        ('orgs', '0001_initial'),
        ('registers', '0002_search'),
    ]

    operations = [
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.CharField(max_length=40)),
                ('text', models.CharField(max_length=300, verbose_name='问题')),
                ('state', models.CharField(choices=[('OPEN', '整改中'), ('RIGHT', '已整改'), ('REFUSED', '案件未受理'), ('WAIVED', '不再整改')], default='OPEN', max_length=8)),
                ('area_path', models.CharField(blank=True, max_length=64)),
                ('found_date', models.DateField()),
                ('right_date', models.DateField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('why', models.CharField(blank=True, max_length=300)),
                ('version', models.PositiveIntegerField(default=1)),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='registers.record')),
                ('register', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registers.register')),
                ('unit', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.unit')),
            ],
            options={
                'indexes': [models.Index(fields=['found_date', 'id'], name='finding_day'), models.Index(fields=['register', 'found_date', 'id'], name='finding_register_day')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'OPEN')), fields=('record', 'item'), name='finding_open_once'), models.CheckConstraint(condition=models.Q(('state__in', ['OPEN', 'RIGHT', 'REFUSED', 'WAIVED'])), name='finding_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'OPEN')), models.Q(models.Q(('state', 'OPEN'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='finding_ended'), models.CheckConstraint(condition=models.Q(models.Q(('right_date__isnull', False), ('state', 'RIGHT')), models.Q(models.Q(('state', 'RIGHT'), _negated=True), ('right_date__isnull', True)), _connector='OR'), name='finding_right')],
            },
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('ROUND', '例行检查'), ('RECHECK', '复查'), ('EXTRA', '临时检查')], default='ROUND', max_length=8)),
                ('checklist', models.CharField(max_length=40)),
                ('state', models.CharField(choices=[('DUE', '待检查'), ('DONE', '已检查'), ('MISSED', '漏检'), ('DROPPED', '已取消')], default='DUE', max_length=8)),
                ('area_path', models.CharField(blank=True, max_length=64)),
                ('planned_date', models.DateField(verbose_name='可检查自')),
                ('due_date', models.DateField(verbose_name='最迟')),
                ('every_days', models.PositiveIntegerField(default=0)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('done_date', models.DateField(blank=True, null=True)),
                ('done_label', models.CharField(blank=True, max_length=120)),
                ('counted_date', models.DateField()),
                ('passed', models.BooleanField(blank=True, null=True, verbose_name='合格')),
                ('answers', models.JSONField(default=dict)),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='说明')),
                ('client_uuid', models.UUIDField(blank=True, null=True, unique=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('done_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('finding', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rechecks', to='registers.finding')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='registers.record')),
                ('register', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registers.register')),
                ('unit', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.unit')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'DUE')), fields=['area_path', 'due_date'], name='visit_waiting_area', opclasses=['varchar_pattern_ops', 'date_ops']), models.Index(condition=models.Q(('state', 'DUE'), ('unit__isnull', False)), fields=['unit', 'due_date'], name='visit_waiting_unit'), models.Index(condition=models.Q(('state', 'DUE')), fields=['due_date', 'id'], name='visit_waiting'), models.Index(fields=['counted_date', 'id'], name='visit_day'), models.Index(fields=['register', 'counted_date', 'id'], name='visit_register_day'), models.Index(condition=models.Q(('finding__isnull', False)), fields=['finding'], name='visit_finding')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('kind', 'ROUND'), ('state', 'DUE')), fields=('record', 'checklist'), name='visit_round_once'), models.UniqueConstraint(condition=models.Q(('kind', 'RECHECK'), ('state', 'DUE')), fields=('finding',), name='visit_recheck_once'), models.CheckConstraint(condition=models.Q(('state__in', ['DUE', 'DONE', 'MISSED', 'DROPPED'])), name='visit_state_known'), models.CheckConstraint(condition=models.Q(('due_date__gte', models.F('planned_date'))), name='visit_forward'), models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', False), ('done_date', models.F('counted_date')), ('state', 'DONE'), ('passed__isnull', False)), models.Q(models.Q(('state', 'DONE'), _negated=True), ('counted_date', models.F('due_date')), ('done_at', None), ('done_date', None), ('passed', None)), _connector='OR'), name='visit_done_whole'), models.CheckConstraint(condition=models.Q(models.Q(('finding__isnull', False), ('kind', 'RECHECK')), models.Q(('finding__isnull', True), ('kind__in', ['ROUND', 'EXTRA'])), _connector='OR'), name='visit_recheck_of_finding'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'DROPPED'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='visit_dropped_why')],
            },
        ),
        migrations.AddField(
            model_name='finding',
            name='visit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='registers.visit'),
        ),
    ]
