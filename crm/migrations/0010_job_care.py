"""Messages about jobs, and how long the files of jobs are kept."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0009_record_link_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="file",
            field=models.FileField(null=True, upload_to="", verbose_name="file"),
        ),
        migrations.AddField(
            model_name="job",
            name="files_removed_at",
            field=models.DateTimeField(null=True, verbose_name="files removed"),
        ),
        migrations.AddField(
            model_name="job",
            name="touched_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="last prepared"),
        ),
        migrations.AddField(
            model_name="notification",
            name="job",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="crm.job",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state", "preparing")), fields=["touched_at"], name="job_in_preparation"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("file__gt", "")), fields=["finished_at"], name="job_with_file"
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("job__isnull", False)), fields=("job",), name="one_message_per_job"
            ),
        ),
    ]
