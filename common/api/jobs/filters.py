"""How lists of jobs are narrowed down."""

from django_filters.rest_framework import CharFilter, ChoiceFilter, FilterSet

from common.models import ExportJob, ImportJob


class ImportJobFilter(FilterSet):
    """Imports by what they are of and where they stand."""

    subject = CharFilter()
    status = ChoiceFilter(choices=ImportJob.Status.choices)


class ExportJobFilter(FilterSet):
    """Exports by what they are of and where they stand."""

    subject = CharFilter()
    status = ChoiceFilter(choices=ExportJob.Status.choices)
