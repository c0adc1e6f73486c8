import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0006_access_tokens'),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportLook',
            fields=[
                ('job', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='look', serialize=False, to='crm.job')),
                ('rows', models.BigIntegerField()),
                ('complete', models.BooleanField(default=True)),
                ('unreadable', models.JSONField(default=dict)),
                ('columns', models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name='ImportLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.BigIntegerField()),
                ('line', models.BigIntegerField()),
                ('record_id', models.BigIntegerField()),
                ('links', models.JSONField()),
                ('cells', models.JSONField()),
                ('job', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='import_links', to='crm.job')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['job', 'id'], name='link_of_import')],
            },
        ),
        migrations.CreateModel(
            name='ImportMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('module', models.CharField(max_length=60)),
                ('headings', models.CharField(max_length=64)),
                ('wishes', models.JSONField(default=dict)),
                ('used_at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'module', 'headings'), name='one_mapping_per_headings')],
            },
        ),
    ]
