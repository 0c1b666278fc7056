"""How often a run was handed over: that is no failure of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the count."""

    dependencies = [("chatapp", "0007_require_run_owner")]
    operations = [migrations.AddField("run", "handovers", models.IntegerField(db_default=0, default=0))]
