"""The journal of exports."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0010_job_care"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExportEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, verbose_name="time")),
                ("module", models.CharField(max_length=60, verbose_name="module")),
                ("format", models.CharField(max_length=10, verbose_name="format")),
                ("view", models.CharField(max_length=120, verbose_name="view")),
                ("words", models.TextField(blank=True, verbose_name="filter")),
                ("search", models.CharField(blank=True, max_length=100, verbose_name="search")),
                ("columns", models.TextField(verbose_name="columns")),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="records")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                ("is_whole", models.BooleanField(default=False, verbose_name="whole")),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "ordering": ["-id"],
            },
        ),
    ]
