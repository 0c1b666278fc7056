"""Messages that were there before branches: each was last shown when it came."""

from django.db import migrations


class Migration(migrations.Migration):
    """Orders the siblings that there are."""

    dependencies = [("chatapp", "0010_branches_and_audit")]
    operations = [
        migrations.RunSQL(
            "UPDATE chatapp_message SET shown_at = created_at WHERE shown_at > created_at", migrations.RunSQL.noop
        )
    ]
