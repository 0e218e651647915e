"""The address of the audit, below /api/v1/."""

from django.urls import path

from common.api.audit.views import AuditView

urlpatterns = [path("audit/", AuditView.as_view(), name="audit")]
