"""Reviews: as everybody reads them, as staff judge them, as customers write them."""

from rest_framework import serializers

from common.api.serializers import StrictModelSerializer
from products.models import Product, ProductReview

ANONYMOUS = "Customer"


class ReviewSerializer(serializers.ModelSerializer[ProductReview]):
    """A review; of the reviewer nothing but the first name is shown."""

    author = serializers.SerializerMethodField()

    class Meta:
        model = ProductReview
        fields: tuple[str, ...] = (
            "id",
            "rating",
            "title",
            "comment",
            "author",
            "is_approved",
            "is_verified_purchase",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_author(self, review: ProductReview) -> str:
        """The reviewer's first name."""
        return review.user.first_name or ANONYMOUS


class ReviewedProductSerializer(serializers.ModelSerializer[Product]):
    """Enough to name the product and lead to it."""

    class Meta:
        model = Product
        fields = ("id", "slug", "name")
        read_only_fields = fields


class StaffReviewSerializer(ReviewSerializer):
    """A review with what staff need to judge it."""

    product = ReviewedProductSerializer(read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)

    class Meta(ReviewSerializer.Meta):
        fields = (*ReviewSerializer.Meta.fields, "product", "user", "email", "moderated_at")
        read_only_fields = fields


class SubmitReviewSerializer(StrictModelSerializer):
    """What a customer says."""

    rating = serializers.IntegerField(min_value=1, max_value=5)
    comment = serializers.CharField(max_length=5_000)

    class Meta:
        model = ProductReview
        fields = ("rating", "title", "comment")
