"""No two entries of the audit follow the same one, whatever the transactions that write them are like."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes the constraint."""

    dependencies = [("chatapp", "0012_audit_is_appended")]
    operations = [
        migrations.AlterField("auditentry", "previous", models.BinaryField(unique=True)),
    ]
