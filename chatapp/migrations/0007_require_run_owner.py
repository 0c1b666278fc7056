"""No run without an owner."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Requires the column."""

    dependencies = [("chatapp", "0006_fill_run_owner")]
    operations = [migrations.AlterField("run", "owner_id", models.BigIntegerField())]
