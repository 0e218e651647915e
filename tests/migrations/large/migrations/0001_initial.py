from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            "Depot", [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=50))]
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    "Sold",
                    [("id", models.BigAutoField(primary_key=True)), ("email", models.EmailField())],
                    options={"db_table": "orders_order"},
                )
            ]
        ),
    ]
