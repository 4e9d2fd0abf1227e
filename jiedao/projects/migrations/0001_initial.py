import django.db.models.deletion
import jiedao.kernel.clock
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('cases', '0003_board_indexes'),
        ('orgs', '0001_initial'),
        ('places', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProjectKind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('name_en', models.CharField(blank=True, max_length=160, verbose_name='英文名称')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='代码')),
                ('position', models.PositiveIntegerField(default=0)),
                ('active', models.BooleanField(default=True, verbose_name='启用')),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ProjectMeasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('name_en', models.CharField(blank=True, max_length=160, verbose_name='英文名称')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='代码')),
                ('unit', models.CharField(max_length=20, verbose_name='单位')),
                ('position', models.PositiveIntegerField(default=0)),
                ('active', models.BooleanField(default=True, verbose_name='启用')),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('name_en', models.CharField(blank=True, max_length=160, verbose_name='英文名称')),
                ('key', models.CharField(max_length=40, unique=True, verbose_name='代码')),
                ('area_path', models.CharField(blank=True, max_length=64)),
                ('leader', models.CharField(blank=True, max_length=120, verbose_name='负责人')),
                ('start_date', models.DateField(verbose_name='开始日期')),
                ('completion_date', models.DateField(verbose_name='承诺完成日期')),
                ('facts', models.JSONField(default=dict)),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='说明')),
                ('position', models.PositiveIntegerField(default=0)),
                ('active', models.BooleanField(default=True, verbose_name='启用')),
                ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.area')),
                ('premise', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.premise')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.unit')),
                ('kind', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='projects.projectkind')),
            ],
            options={
                'ordering': ['position', 'id'],
                'indexes': [models.Index(fields=['area_path', 'position'], name='project_area')],
                'constraints': [models.CheckConstraint(condition=models.Q(('completion_date__gte', models.F('start_date'))), name='project_dates_forward')],
            },
        ),
        migrations.CreateModel(
            name='ProjectMoney',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(verbose_name='月份')),
                ('kind', models.CharField(choices=[('WORKS', '工程'), ('LAND', '征地拆迁'), ('DESIGN', '前期与设计'), ('OTHER', '其他')], default='WORKS', max_length=8, verbose_name='用途')),
                ('budget', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='计划（元）')),
                ('paid', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='已付（元）')),
                ('declared', models.BooleanField(default=False)),
                ('version', models.PositiveIntegerField(default=1)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='money', to='projects.project')),
            ],
            options={
                'ordering': ['month', 'kind'],
                'constraints': [models.UniqueConstraint(fields=('project', 'month', 'kind'), name='money_project_month'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='money_first_of_month'), models.CheckConstraint(condition=models.Q(('budget__gte', 0), ('paid__gte', 0)), name='money_positive')],
            },
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('name_en', models.CharField(blank=True, max_length=160, verbose_name='英文名称')),
                ('code', models.CharField(max_length=40, verbose_name='编码')),
                ('level', models.CharField(choices=[('STAGE', '阶段'), ('TASK', '任务'), ('MILESTONE', '里程碑')], max_length=9, verbose_name='级别')),
                ('position', models.PositiveIntegerField(default=0)),
                ('duration', models.PositiveIntegerField(default=0, verbose_name='工期（工作日）')),
                ('start_date', models.DateField(blank=True, null=True, verbose_name='不早于')),
                ('due_date', models.DateField(blank=True, null=True, verbose_name='不晚于')),
                ('actual_start', models.DateField(blank=True, null=True, verbose_name='实际开始')),
                ('actual_finish', models.DateField(blank=True, null=True, verbose_name='实际完成')),
                ('percent', models.PositiveSmallIntegerField(default=0, verbose_name='完成比例')),
                ('active', models.BooleanField(default=True, verbose_name='启用')),
                ('version', models.PositiveIntegerField(default=1)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='projects.task')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='projects.project')),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orgs.unit')),
            ],
            options={
                'ordering': ['position', 'id'],
                'constraints': [models.UniqueConstraint(fields=('project', 'code'), name='task_project_code'), models.CheckConstraint(condition=models.Q(('percent__lte', 100)), name='task_percent_range'), models.CheckConstraint(condition=models.Q(models.Q(('duration__gte', 1), ('level', 'TASK')), models.Q(models.Q(('level', 'TASK'), _negated=True), ('duration', 0)), _connector='OR'), name='task_duration_level'), models.CheckConstraint(condition=models.Q(('actual_finish__isnull', True), models.Q(('actual_finish__gte', models.F('actual_start')), ('actual_start__isnull', False), ('percent', 100)), _connector='OR'), name='task_finish_after_start'), models.CheckConstraint(condition=models.Q(('percent', 0), ('actual_start__isnull', False), _connector='OR'), name='task_percent_started'), models.CheckConstraint(condition=models.Q(models.Q(('level', 'STAGE'), _negated=True), ('actual_start__isnull', True), _connector='OR'), name='task_stage_rolled_up')],
            },
        ),
        migrations.CreateModel(
            name='Progress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=jiedao.kernel.clock.now)),
                ('actor_label', models.CharField(max_length=120)),
                ('percent', models.PositiveSmallIntegerField(verbose_name='完成比例')),
                ('actual_start', models.DateField(blank=True, null=True, verbose_name='实际开始')),
                ('actual_finish', models.DateField(blank=True, null=True, verbose_name='实际完成')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='说明')),
                ('client_uuid', models.UUIDField(blank=True, null=True, unique=True)),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='projects.task')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Obstacle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=1000, verbose_name='障碍')),
                ('raised_at', models.DateTimeField(default=jiedao.kernel.clock.now)),
                ('actor_label', models.CharField(max_length=120)),
                ('client_uuid', models.UUIDField(blank=True, null=True, unique=True)),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='obstacles', to='projects.project')),
                ('task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='obstacles', to='projects.task')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('FS', '完成后开始'), ('SS', '开始后开始')], default='FS', max_length=2, verbose_name='关系')),
                ('lag', models.IntegerField(default=0, verbose_name='间隔（工作日）')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='projects.project')),
                ('after', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='waits', to='projects.task')),
                ('before', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='leads', to='projects.task')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('before', 'after', 'kind'), name='link_once'), models.CheckConstraint(condition=models.Q(('before', models.F('after')), _negated=True), name='link_two_tasks')],
            },
        ),
        migrations.CreateModel(
            name='Permit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('name_en', models.CharField(blank=True, max_length=160, verbose_name='英文名称')),
                ('code', models.CharField(max_length=40, verbose_name='编码')),
                ('authority', models.CharField(blank=True, max_length=120, verbose_name='审批单位')),
                ('due_date', models.DateField(verbose_name='应取得日期')),
                ('submitted_date', models.DateField(blank=True, null=True, verbose_name='报送日期')),
                ('granted_date', models.DateField(blank=True, null=True, verbose_name='取得日期')),
                ('document', models.CharField(blank=True, max_length=120, verbose_name='文号')),
                ('active', models.BooleanField(default=True, verbose_name='启用')),
                ('version', models.PositiveIntegerField(default=1)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='permits', to='projects.project')),
            ],
            options={
                'ordering': ['due_date', 'id'],
                'constraints': [models.UniqueConstraint(fields=('project', 'code'), name='permit_project_code'), models.CheckConstraint(condition=models.Q(('granted_date__isnull', True), ('submitted_date__isnull', True), ('granted_date__gte', models.F('submitted_date')), _connector='OR'), name='permit_dates_forward')],
            },
        ),
    ]
