"""Reviews: written once per customer and product, shown once staff have approved them."""

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.utils import timezone

from authentication.models import User
from common import outbox
from common.locking import lock_row
from common.registry import purchase_checks
from products.errors import AlreadyReviewed
from products.models import ProductReview


@transaction.atomic
def submit_review(*, product_id: int, user: User, rating: int, comment: str, title: str = "") -> ProductReview:
    """Write a customer's review, to wait for approval.

    Raises AlreadyReviewed the second time, also where both times run in parallel. Emits `review.submitted`.
    """
    try:
        with transaction.atomic():
            review = ProductReview.objects.create(
                product_id=product_id,
                user=user,
                rating=rating,
                title=title,
                comment=comment,
                is_verified_purchase=any(has_bought(user.pk, product_id) for _, has_bought in purchase_checks),
            )
    except IntegrityError as error:
        if "products_productreview_once" in str(error):
            raise AlreadyReviewed from error
        raise
    outbox.emit(
        "review.submitted",
        resource=f"review:{review.id}",
        review_id=review.id,
        product_id=product_id,
        user_id=user.id,
    )
    return review


def approve_review(*, review_id: int) -> ProductReview:
    """Show a review and count its rating; nothing changes where it is shown already."""
    return _moderate(review_id, approved=True)


def reject_review(*, review_id: int) -> ProductReview:
    """Hide a review, be it waiting or shown."""
    return _moderate(review_id, approved=False)


def mark_verified(*, user_id: int, product_ids: Collection[int]) -> int:
    """Mark the user's reviews of products that they bought; returns how many were not marked yet."""
    bought = ProductReview.objects.filter(user_id=user_id, product_id__in=product_ids, is_verified_purchase=False)
    return bought.update(is_verified_purchase=True)


@transaction.atomic
def _moderate(review_id: int, *, approved: bool) -> ProductReview:
    review = lock_row(ProductReview.objects.for_list().filter(id=review_id))
    if review.moderated_at is None or review.is_approved != approved:
        review.is_approved = approved
        review.moderated_at = timezone.now()
        review.save(update_fields=["is_approved", "moderated_at", "updated_at"])
        name = "review.approved" if approved else "review.rejected"
        outbox.emit(name, resource=f"review:{review.id}", review_id=review.id, product_id=review.product_id)
    return review
