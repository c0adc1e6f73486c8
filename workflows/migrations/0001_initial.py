import django.core.validators
import django.db.models.deletion
import django_fsm
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('crm', '0001_initial'),
        ('crm', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='RoundRobinCursor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry', models.CharField(max_length=130, unique=True)),
                ('last_user_id', models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Wake',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('waiting', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='AssignmentRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60, unique=True, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]{0,58}[a-z0-9]$', 'A key has 2 to 60 small letters, digits or underscores; it begins with a letter, ends without a _.')], verbose_name='key')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('on_create', models.BooleanField(default=False, help_text='Otherwise only where it is chosen, as in an import.', verbose_name='runs on every new record')),
                ('module', models.ForeignKey(db_column='module', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.module', to_field='key', verbose_name='module')),
            ],
            options={
                'verbose_name': 'assignment rule',
                'verbose_name_plural': 'assignment rules',
                'ordering': ['module', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Rule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60, unique=True, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]{0,58}[a-z0-9]$', 'A key has 2 to 60 small letters, digits or underscores; it begins with a letter, ends without a _.')], verbose_name='key')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('trigger', models.CharField(choices=[('created', 'created'), ('edited', 'edited'), ('created_or_edited', 'created or edited')], default='created_or_edited', max_length=30, verbose_name='trigger')),
                ('mode', models.CharField(choices=[('every', 'at every matching save'), ('becomes', 'each time the criteria become true'), ('once', 'once per record ever')], default='becomes', max_length=20, verbose_name='acts')),
                ('position', models.PositiveIntegerField(default=100, verbose_name='position')),
                ('description', models.TextField(blank=True, default='', verbose_name='description')),
                ('module', models.ForeignKey(db_column='module', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.module', to_field='key', verbose_name='module')),
            ],
            options={
                'verbose_name': 'workflow rule',
                'verbose_name_plural': 'workflow rules',
                'ordering': ['module', 'position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='RuleBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('criteria', models.JSONField(blank=True, default=dict, verbose_name='criteria')),
                ('position', models.PositiveIntegerField(default=1, verbose_name='position')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='blocks', to='workflows.rule')),
            ],
            options={
                'verbose_name': 'block',
                'verbose_name_plural': 'blocks',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='RuleAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40, verbose_name='action')),
                ('config', models.JSONField(blank=True, default=dict, verbose_name='settings')),
                ('position', models.PositiveIntegerField(default=1, verbose_name='position')),
                ('block', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='actions', to='workflows.ruleblock')),
            ],
            options={
                'verbose_name': 'action',
                'verbose_name_plural': 'actions',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='RuleOnce',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=60)),
                ('record_id', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('record_id', 'rule'), name='rule_acts_once')],
            },
        ),
        migrations.CreateModel(
            name='ActionRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40, verbose_name='action')),
                ('input', models.JSONField(default=dict, verbose_name='input')),
                ('record_id', models.BigIntegerField(null=True, verbose_name='record')),
                ('module', models.CharField(max_length=60, null=True, verbose_name='module')),
                ('key', models.CharField(max_length=120, unique=True, verbose_name='idempotency key')),
                ('due_at', models.DateTimeField(verbose_name='due')),
                ('state', django_fsm.FSMField(choices=[('waiting', 'waiting'), ('done', 'done'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='waiting', max_length=50, verbose_name='state')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('answer', models.JSONField(blank=True, default=dict, verbose_name='answer')),
                ('lease_until', models.DateTimeField(null=True)),
                ('lease_by', models.CharField(max_length=60, null=True)),
                ('created_at', models.DateTimeField(verbose_name='queued')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('cause', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.cause', verbose_name='cause')),
            ],
            options={
                'verbose_name': 'action run',
                'verbose_name_plural': 'action runs',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at', 'id'], name='run_due'), models.Index(fields=['record_id', '-id'], name='run_of_record')],
            },
        ),
        migrations.CreateModel(
            name='AssignmentEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]{0,58}[a-z0-9]$', 'A key has 2 to 60 small letters, digits or underscores; it begins with a letter, ends without a _.')], verbose_name='key')),
                ('criteria', models.JSONField(blank=True, default=dict, verbose_name='criteria')),
                ('kind', models.CharField(choices=[('user', 'a person'), ('round_robin', 'in turn')], default='user', max_length=20, verbose_name='gives it to')),
                ('position', models.PositiveIntegerField(default=1, verbose_name='position')),
                ('groups', models.ManyToManyField(blank=True, related_name='+', to='crm.sharinggroup', verbose_name='groups')),
                ('roles', models.ManyToManyField(blank=True, related_name='+', to='crm.role', verbose_name='roles')),
                ('users', models.ManyToManyField(blank=True, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='people')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='workflows.assignmentrule')),
            ],
            options={
                'verbose_name': 'entry',
                'verbose_name_plural': 'entries',
                'ordering': ['position', 'id'],
                'constraints': [models.UniqueConstraint(fields=('rule', 'key'), name='one_entry_per_key')],
            },
        ),
    ]
