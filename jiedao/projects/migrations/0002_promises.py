import django.db.models.deletion
import django.db.models.functions.comparison
import jiedao.kernel.clock
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('orgs', '0001_initial'),
        ('places', '0001_initial'),
        ('projects', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=40, unique=True, verbose_name='代码')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('name_en', models.CharField(blank=True, max_length=200)),
                ('handed_by', models.CharField(blank=True, max_length=120, verbose_name='下达单位')),
                ('measure', models.CharField(max_length=20, verbose_name='计量单位')),
                ('measure_en', models.CharField(blank=True, max_length=40)),
                ('factor', models.DecimalField(decimal_places=4, default=Decimal('1'), max_digits=14)),
                ('digits', models.PositiveSmallIntegerField(default=2)),
                ('target', models.DecimalField(decimal_places=4, max_digits=16, verbose_name='目标')),
                ('from_date', models.DateField(verbose_name='开始日期')),
                ('due_date', models.DateField(verbose_name='完成期限')),
                ('feed', models.JSONField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=400, verbose_name='说明')),
                ('position', models.PositiveIntegerField(default=0)),
                ('active', models.BooleanField(default=True, verbose_name='启用')),
                ('split_at', models.DateTimeField(blank=True, null=True)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.unit', verbose_name='牵头单位')),
            ],
            options={
                'ordering': ['position', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('factor__gt', 0), ('target__gt', 0)), name='campaign_amounts'), models.CheckConstraint(condition=models.Q(('due_date__gte', models.F('from_date'))), name='campaign_forward')],
            },
        ),
        migrations.CreateModel(
            name='CampaignEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField(verbose_name='日期')),
                ('amount', models.DecimalField(decimal_places=4, max_digits=16, verbose_name='数量')),
                ('document', models.CharField(max_length=200, verbose_name='依据文件')),
                ('entered_by', models.CharField(max_length=120)),
                ('at', models.DateTimeField(default=jiedao.kernel.clock.now)),
                ('client_uuid', models.UUIDField(blank=True, null=True, unique=True)),
                ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.area')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='projects.campaign')),
            ],
            options={
                'ordering': ['-date', '-id'],
                'indexes': [models.Index(fields=['campaign', 'date'], name='campaign_entry_day')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='campaign_entry_amount'), models.CheckConstraint(condition=models.Q(('document', ''), _negated=True), name='campaign_entry_document')],
            },
        ),
        migrations.CreateModel(
            name='Partner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=40, unique=True, verbose_name='代码')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('name_en', models.CharField(blank=True, max_length=200)),
                ('relation', models.CharField(choices=[('COUNTERPART', '对口帮扶'), ('PAIRED', '结对帮扶'), ('SUPPORT', '支援合作')], max_length=12, verbose_name='关系')),
                ('note', models.CharField(blank=True, max_length=400, verbose_name='说明')),
                ('active', models.BooleanField(default=True, verbose_name='启用')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.unit', verbose_name='经办单位')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Commitment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=40, unique=True, verbose_name='编号')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='金额')),
                ('date', models.DateField(verbose_name='日期')),
                ('purpose', models.CharField(max_length=200, verbose_name='用途')),
                ('purpose_en', models.CharField(blank=True, max_length=300)),
                ('document', models.CharField(blank=True, max_length=200, verbose_name='依据文件')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commitments', to='projects.partner')),
            ],
            options={
                'ordering': ['date', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='commitment_amount')],
            },
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=40, unique=True, verbose_name='编号')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='金额')),
                ('date', models.DateField(verbose_name='日期')),
                ('document', models.CharField(max_length=200, verbose_name='凭证')),
                ('void_why', models.CharField(blank=True, max_length=200, verbose_name='作废原因')),
                ('commitment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='projects.commitment')),
            ],
            options={
                'ordering': ['date', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='payment_amount'), models.CheckConstraint(condition=models.Q(('document', ''), _negated=True), name='payment_document')],
            },
        ),
        migrations.CreateModel(
            name='Pledge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('ITEM', '责任事项'), ('DECISION', '会议决定')], max_length=8, verbose_name='种类')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='编号')),
                ('text', models.CharField(max_length=400, verbose_name='事项')),
                ('text_en', models.CharField(blank=True, max_length=600)),
                ('source', models.CharField(max_length=200, verbose_name='出处')),
                ('due_date', models.DateField(verbose_name='完成期限')),
                ('extended_date', models.DateField(blank=True, null=True, verbose_name='延期至')),
                ('deadline', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('extended_date', 'due_date'), output_field=models.DateField())),
                ('state', models.CharField(choices=[('OPEN', '办理中'), ('REPORTED', '待确认'), ('BACK', '退回补办'), ('CONFIRMED', '已确认'), ('WITHDRAWN', '已撤销')], default='OPEN', max_length=9, verbose_name='状态')),
                ('evidence', models.TextField(blank=True, verbose_name='完成情况')),
                ('reported_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('warned_for', models.DateField(blank=True, null=True)),
                ('late_for', models.DateField(blank=True, null=True)),
                ('escalated', models.PositiveSmallIntegerField(default=0)),
                ('next_rung_at', models.DateTimeField(blank=True, null=True)),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('helpers', models.ManyToManyField(blank=True, related_name='+', to='orgs.unit', verbose_name='配合单位')),
                ('reported_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.unit', verbose_name='责任单位')),
            ],
            options={
                'ordering': ['deadline', 'id'],
                'indexes': [models.Index(fields=['state', 'deadline'], name='pledge_state_due'), models.Index(fields=['unit', 'state'], name='pledge_unit_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['REPORTED', 'CONFIRMED']), _negated=True), models.Q(('reported_at__isnull', False), models.Q(('evidence', ''), _negated=True)), _connector='OR'), name='pledge_evidence'), models.CheckConstraint(condition=models.Q(('confirmed_by__isnull', True), ('reported_by__isnull', True), models.Q(('confirmed_by', models.F('reported_by')), _negated=True), _connector='OR'), name='pledge_other_confirms'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state__in', ['CONFIRMED', 'WITHDRAWN'])), models.Q(('ended_at__isnull', True), ('state__in', ['OPEN', 'REPORTED', 'BACK'])), _connector='OR'), name='pledge_ended'), models.CheckConstraint(condition=models.Q(('extended_date__isnull', True), ('extended_date__gt', models.F('due_date')), _connector='OR'), name='pledge_extended')],
            },
        ),
        migrations.CreateModel(
            name='PledgeMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('move', models.CharField(max_length=12)),
                ('at', models.DateTimeField(default=jiedao.kernel.clock.now)),
                ('actor_label', models.CharField(max_length=120)),
                ('from_state', models.CharField(choices=[('OPEN', '办理中'), ('REPORTED', '待确认'), ('BACK', '退回补办'), ('CONFIRMED', '已确认'), ('WITHDRAWN', '已撤销')], max_length=9)),
                ('to_state', models.CharField(choices=[('OPEN', '办理中'), ('REPORTED', '待确认'), ('BACK', '退回补办'), ('CONFIRMED', '已确认'), ('WITHDRAWN', '已撤销')], max_length=9)),
                ('note', models.TextField(blank=True)),
                ('data', models.JSONField(default=dict)),
                ('pledge', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='moves', to='projects.pledge')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Quota',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(blank=True, null=True)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=16)),
                ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.area')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quotas', to='projects.campaign')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('area__isnull', True), ('month__isnull', False)), models.Q(('area__isnull', False), ('month__isnull', True)), _connector='OR'), name='quota_of_one'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='quota_amount'), models.UniqueConstraint(fields=('campaign', 'area'), name='quota_area'), models.UniqueConstraint(fields=('campaign', 'month'), name='quota_month')],
            },
        ),
    ]
