"""Pictures and variations of a product, as staff write them; If-Match names the product's ETag."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.api.views.base import user_of
from common.api.idempotent import hold_body
from common.api.parsers import UploadParser
from common.api.refusals import IF_MATCH
from common.errors import StorageFull, StorageUnavailable
from products.api.etags import hold_to_if_match
from products.api.serializers.parts import (
    AddImageSerializer,
    AddVariationSerializer,
    ChangeImageSerializer,
    ChangeVariationSerializer,
    StaffImageSerializer,
    StaffVariationSerializer,
)
from products.api.views.base import CatalogueViewSet
from products.api.views.products import get_staff_product
from products.models import ProductImage, ProductVariation
from products.services import images, variations


def _shown(image: ProductImage) -> Any:
    return StaffImageSerializer(ProductImage.objects.with_renditions().get(pk=image.pk)).data


def _keep_upload(request: Request, slug: str) -> tuple[str, dict[str, Any]]:
    """Store the picture before the transaction of an idempotency key begins: storage may be a network away."""
    get_staff_product(slug)
    hold_body(request)
    data = AddImageSerializer(data=request.data)
    data.is_valid(raise_exception=True)
    fields = dict(data.validated_data)
    return images.keep_picture(fields.pop("image").read()), fields


@extend_schema(tags=["catalogue: staff"])
class ImageViewSet(CatalogueViewSet):
    """A product's pictures."""

    refusals: ClassVar = {
        "create": (*IF_MATCH, StorageUnavailable, StorageFull),
        "partial_update": IF_MATCH,
        "destroy": IF_MATCH,
    }
    queryset = ProductImage.objects.all()
    serializer_class = StaffImageSerializer
    pagination_class = None
    filter_backends = ()
    staff_actions: ClassVar = {
        "list": "products.view_productimage",
        "create": "products.add_productimage",
        "partial_update": "products.change_productimage",
        "destroy": "products.delete_productimage",
    }

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action == "create":
            self.kept, self.fields = _keep_upload(request, kwargs["slug"])

    def get_parsers(self) -> list[Any]:
        is_upload = getattr(self.request, "method", None) == "POST"
        return [UploadParser()] if is_upload else super().get_parsers()

    @extend_schema(responses=StaffImageSerializer(many=True))
    def list(self, request: Request, slug: str) -> Response:
        """All pictures in their order, with the ids by which they are changed."""
        return Response(StaffImageSerializer(get_staff_product(slug).images.with_renditions(), many=True).data)

    @extend_schema(request={"multipart/form-data": AddImageSerializer}, responses={201: StaffImageSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Add a picture (JPEG, PNG, WebP or GIF): it is checked, and encoded anew without metadata."""
        image = images.add_image(
            product_id=get_staff_product(slug).id,
            kept=self.kept,
            fields=self.fields,
            check=hold_to_if_match(request),
        )
        return Response(_shown(image), status=201)

    @extend_schema(request=ChangeImageSerializer, responses=StaffImageSerializer)
    def partial_update(self, request: Request, slug: str, pk: int) -> Response:
        """Change a picture's text, place or mark; featuring one takes the mark from the other."""
        product = get_staff_product(slug)
        data = ChangeImageSerializer(data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        image = images.update_image(
            product_id=product.id, image_id=pk, fields=data.validated_data, check=hold_to_if_match(request)
        )
        return Response(_shown(image))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str, pk: int) -> Response:
        """Take a picture from the product."""
        images.remove_image(product_id=get_staff_product(slug).id, image_id=pk, check=hold_to_if_match(request))
        return Response(status=204)


@extend_schema(tags=["catalogue: staff"])
class VariationViewSet(CatalogueViewSet):
    """A product's variations."""

    refusals: ClassVar = {
        "create": IF_MATCH,
        "partial_update": IF_MATCH,
        "destroy": IF_MATCH,
    }
    queryset = ProductVariation.objects.all()
    serializer_class = StaffVariationSerializer
    pagination_class = None
    filter_backends = ()
    staff_actions: ClassVar = {
        "list": "products.view_productvariation",
        "create": "products.add_productvariation",
        "partial_update": "products.change_productvariation",
        "destroy": "products.delete_productvariation",
    }

    @extend_schema(responses=StaffVariationSerializer(many=True))
    def list(self, request: Request, slug: str) -> Response:
        """All variations, on offer or not, with their stock."""
        rows = get_staff_product(slug).variations.select_related("product").order_by("id")
        return Response(StaffVariationSerializer(rows, many=True).data)

    @extend_schema(request=AddVariationSerializer, responses={201: StaffVariationSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Add a variation with its opening stock; the first one ends the product's own stock."""
        product = get_staff_product(slug)
        data = AddVariationSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        fields = dict(data.validated_data)
        variation = variations.create_variation(
            product_id=product.id,
            stock_quantity=fields.pop("stock_quantity"),
            fields=fields,
            actor=user_of(request),
            check=hold_to_if_match(request),
        )
        return Response(StaffVariationSerializer(variation).data, status=201)

    @extend_schema(request=ChangeVariationSerializer, responses=StaffVariationSerializer)
    def partial_update(self, request: Request, slug: str, pk: int) -> Response:
        """Change a variation; its stock changes by `inventory/adjustments/` only."""
        product = get_staff_product(slug)
        current = product.variations.filter(id=pk).first()
        data = ChangeVariationSerializer(current, data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        variation = variations.update_variation(
            product_id=product.id, variation_id=pk, fields=data.validated_data, check=hold_to_if_match(request)
        )
        return Response(StaffVariationSerializer(variation).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str, pk: int) -> Response:
        """Take a variation off the shop: it is deactivated, and kept for the orders that name it."""
        product = get_staff_product(slug)
        variations.deactivate_variation(product_id=product.id, variation_id=pk, check=hold_to_if_match(request))
        return Response(status=204)
