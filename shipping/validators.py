"""What a zone's lists may hold, for every door that writes them."""

from django.core.exceptions import ValidationError

from common.countries import COUNTRY_CODES

MAX_REGIONS = 500
MAX_REGION_LENGTH = 100


def country_list(value: object) -> None:
    """Refuse all but a non-empty list of assigned ISO 3166-1 alpha-2 codes, each once."""
    if not isinstance(value, list) or not value:
        raise ValidationError("A list of at least one country code.", code="invalid_countries")
    unknown = [code for code in value if not isinstance(code, str) or code not in COUNTRY_CODES]
    if unknown:
        raise ValidationError(f"Not a country code of ISO 3166-1 alpha-2: {unknown[0]!r:.40}.", code="unknown_country")
    if len(set(value)) < len(value):
        raise ValidationError("The same country stands there twice.", code="duplicate_country")


def region_list(value: object) -> None:
    """Refuse all but a list of names or codes of regions."""
    if not isinstance(value, list) or len(value) > MAX_REGIONS:
        raise ValidationError(f"A list of at most {MAX_REGIONS} regions.", code="invalid_regions")
    if not all(isinstance(name, str) and name.strip() and len(name) <= MAX_REGION_LENGTH for name in value):
        raise ValidationError(f"Regions are texts of 1 to {MAX_REGION_LENGTH} characters.", code="invalid_regions")
