"""What records are found by, and its index: of numbers on PostgreSQL, of words on SQLite (FTS5)."""

from django.db import migrations, models

import crm.models.search

CREATE = {
    "postgresql": (
        "CREATE INDEX crm_searchtext_grams ON crm_searchtext USING gin (grams) "
        "WITH (gin_pending_list_limit = 1024)",
    ),
    # The index holds no text of its own: it reads the old pieces from the row when that goes.
    "sqlite": (
        "CREATE VIRTUAL TABLE crm_searchgram USING fts5("
        "grams, content = 'crm_searchtext', content_rowid = 'id', detail = none, columnsize = 0, "
        "tokenize = \"ascii tokenchars '_'\")",
        "CREATE TRIGGER crm_searchtext_added AFTER INSERT ON crm_searchtext BEGIN "
        "INSERT INTO crm_searchgram (rowid, grams) VALUES (new.id, new.grams); END",
        "CREATE TRIGGER crm_searchtext_gone AFTER DELETE ON crm_searchtext BEGIN "
        "INSERT INTO crm_searchgram (crm_searchgram, rowid, grams) VALUES ('delete', old.id, old.grams); END",
    ),
}
DROP = {
    "postgresql": ("DROP INDEX crm_searchtext_grams",),
    "sqlite": (
        "DROP TRIGGER crm_searchtext_added",
        "DROP TRIGGER crm_searchtext_gone",
        "DROP TABLE crm_searchgram",
    ),
}


def create(apps, schema_editor):
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in DROP[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("crm", "0004_list_views")]
    operations = [
        migrations.CreateModel(
            name="SearchText",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("module", models.CharField(max_length=60)),
                ("text", models.TextField()),
                ("grams", crm.models.search.Grams()),
            ],
        ),
        migrations.CreateModel(
            name="SearchBuild",
            fields=[
                ("module", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("signature", models.CharField(max_length=32)),
                ("last_id", models.BigIntegerField(default=0, null=True)),
            ],
        ),
        migrations.RunPython(create, drop),
    ]
