"""The addresses of the shipping application, below /api/v1/."""

from rest_framework.routers import SimpleRouter

from shipping.api import views

router = SimpleRouter()
router.register("shipping/methods", views.ShippingMethodViewSet, basename="shipping-method")
router.register("shipping/zones", views.ShippingZoneViewSet, basename="shipping-zone")
router.register("shipping/rates", views.ShippingRateViewSet, basename="shipping-rate")

urlpatterns = router.urls
