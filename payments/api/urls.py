"""The addresses of the payments application, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from payments.api.views import (
    CapturePaymentView,
    OrderPaymentsView,
    PaymentMethodsView,
    RefundPreviewView,
    RefundsView,
    WebhookView,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("orders/<str:order_number>/payments/", OrderPaymentsView.as_view(), name="order-payments"),
    path("payments/methods/", PaymentMethodsView.as_view(), name="payment-methods"),
    path("payments/webhooks/<str:gateway>/", WebhookView.as_view(), name="payment-webhooks"),
    path("payments/<int:payment_id>/capture/", CapturePaymentView.as_view(), name="payment-capture"),
    path("payments/<int:payment_id>/refunds/", RefundsView.as_view(), name="payment-refunds"),
    path("payments/<int:payment_id>/refunds/preview/", RefundPreviewView.as_view(), name="payment-refunds-preview"),
]
