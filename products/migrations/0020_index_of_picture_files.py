from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("products", "0019_picture_files"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="productimage",
            index=models.Index(fields=["image"], name="products_productimage_file"),
        ),
    ]
