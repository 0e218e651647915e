from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            "Carrier", [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=50))]
        ),
        migrations.CreateModel(
            "Parcel",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("grams", models.IntegerField()),
                ("zone", models.CharField(max_length=10, null=True)),
                ("note", models.CharField(max_length=100, null=True)),
                ("addressee", models.CharField(max_length=100)),
            ],
        ),
    ]
