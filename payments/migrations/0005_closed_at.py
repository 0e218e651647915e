from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_dispute"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="closed_at",
            field=models.DateTimeField(
                blank=True,
                db_comment="When its gateway said that a failed attempt can take no money any more",
                null=True,
            ),
        ),
    ]
