"""The index of a field has a further state: being built."""

import django_fsm
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("crm", "0007_imports")]

    operations = [
        migrations.AlterField(
            model_name="field",
            name="index_state",
            field=django_fsm.FSMField(
                choices=[
                    ("none", "none"),
                    ("waiting", "waiting to be built"),
                    ("building", "being built"),
                    ("ready", "ready"),
                    ("failed", "failed"),
                ],
                default="none",
                editable=False,
                max_length=50,
                verbose_name="index",
            ),
        ),
    ]
