"""Back-in-stock notices as they are asked for."""

from rest_framework import serializers

from common.api.serializers import MAX_EMAIL_LENGTH, StrictSerializer
from products.models import ProductVariation


class RequestNoticeSerializer(StrictSerializer):
    """What to wait for; a guest says where to write."""

    email = serializers.EmailField(max_length=MAX_EMAIL_LENGTH, required=False)
    variation = serializers.PrimaryKeyRelatedField(
        queryset=ProductVariation.objects.filter(is_active=True),
        pk_field=serializers.IntegerField(),  # 1.5 is not the id 1
        required=False,
        allow_null=True,
        default=None,
    )


class NoticeAcceptedSerializer(serializers.Serializer[None]):
    """The same whatever is known of the address."""

    detail = serializers.CharField(read_only=True)


class NoticeTokenSerializer(StrictSerializer):
    """The token of a mailed link."""

    token = serializers.CharField(max_length=100)
