import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0005_search'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('prefix', models.CharField(editable=False, max_length=16, verbose_name='begins with')),
                ('may_write', models.BooleanField(default=False, verbose_name='may write')),
                ('modules', models.JSONField(blank=True, default=list, verbose_name='modules')),
                ('created_at', models.DateTimeField(verbose_name='made')),
                ('last_used_at', models.DateTimeField(null=True, verbose_name='last used')),
                ('expires_at', models.DateTimeField(null=True, verbose_name='expires')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='revoked')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='access_tokens', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='revoked by')),
            ],
            options={
                'verbose_name': 'access token',
                'verbose_name_plural': 'access tokens',
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(models.F('person'), django.db.models.functions.text.Lower('name'), condition=models.Q(('revoked_at__isnull', True)), name='one_live_token_per_name')],
            },
        ),
    ]
