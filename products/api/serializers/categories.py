"""Categories: as rows, as nodes of the tree, and with what surrounds them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.serializers import StrictModelSerializer
from products.models import Category


class CategoryLinkSerializer(serializers.ModelSerializer[Category]):
    """Enough to name a category and lead to it."""

    class Meta:
        model = Category
        fields: tuple[str, ...] = ("id", "name", "slug")
        read_only_fields = fields


class CategorySerializer(serializers.ModelSerializer[Category]):
    """A category in a list; `parent` is the id of the one above."""

    image = serializers.SerializerMethodField()

    class Meta:
        model = Category
        fields: tuple[str, ...] = ("id", "name", "slug", "description", "parent", "image", "created_at", "updated_at")
        read_only_fields = fields

    def get_image(self, category: Category) -> str | None:
        """The address of its picture."""
        return category.image.url if category.image else None


class CategoryDetailSerializer(CategorySerializer):
    """A category with the way down to it and what is directly below."""

    ancestors = serializers.SerializerMethodField()
    children = serializers.SerializerMethodField()

    class Meta(CategorySerializer.Meta):
        fields = (*CategorySerializer.Meta.fields, "ancestors", "children")
        read_only_fields = fields

    @extend_schema_field(CategoryLinkSerializer(many=True))
    def get_ancestors(self, category: Category) -> list[dict[str, object]]:
        """The root first; none for a root."""
        return Category.objects.ancestors_of(category.id)

    @extend_schema_field(CategoryLinkSerializer(many=True))
    def get_children(self, category: Category) -> Any:
        """In the order of their names."""
        return CategoryLinkSerializer(category.children.all().by_name(), many=True).data


class CategoryNodeSerializer(serializers.Serializer[Any]):
    """A node of the tree with its branch."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.SlugField()
    children = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/CategoryNode"}})
    def get_children(self, node: Any) -> list[Any]:
        """The same, one level down."""
        return list(node["children"])


class WriteCategorySerializer(StrictModelSerializer):
    """What staff may say of a category."""

    parent: Any = serializers.PrimaryKeyRelatedField(  # a field of that name, not the serializer's parent
        queryset=Category.objects.all(),
        pk_field=serializers.IntegerField(),  # 1.5 is not the id 1
        required=False,
        allow_null=True,
    )

    class Meta:
        model = Category
        fields = ("name", "slug", "description", "parent")
        extra_kwargs = {"slug": {"required": False}}
