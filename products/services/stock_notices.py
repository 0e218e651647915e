"""Back-in-stock notices: asked for, confirmed by a mailed link where need be, and mailed once.

Nobody is written to of anything they did not confirm: a signed-in customer with a proven address has, anybody else
gets one mail with a link. The answer to a request never tells what is known of an address.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from authentication.errors import LinkNotValid
from authentication.models import User
from common import mail
from common.locking import advisory_lock
from common.mail import SECRET_MARK, queue_mail
from products.errors import AlreadyInStock
from products.models import Product, ProductVariation, StockNotice

SECRET_NAME = "stock_notice_token"  # noqa: S105 - the name of one
MOST_UNCONFIRMED, MOST_WAITING = 5, 100  # per address
UNCONFIRMED_FOR, TOLD_FOR = timedelta(days=2), timedelta(days=7)
BATCH_SIZE, MOST_BATCHES = 200, 25  # of one run

# The listing's availability and the levels are kept by triggers and services, so whoever changed the stock is seen.
_CLAIM = """
SELECT n.id FROM products_stocknotice n
JOIN products_product p ON p.id = n.product_id
JOIN products_productlisting l ON l.product_id = p.id
LEFT JOIN products_productvariation v ON v.id = n.variation_id
WHERE n.told_at IS NULL AND n.confirmed_at IS NOT NULL AND p.is_active
    AND CASE WHEN n.variation_id IS NULL THEN l.is_in_stock ELSE v.is_active AND v.stock_quantity > 0 END
ORDER BY n.id LIMIT %s FOR UPDATE OF n SKIP LOCKED
"""


@transaction.atomic
def request_notice(
    *, product: Product, variation: ProductVariation | None, email: str, user: User | None = None
) -> None:
    """Have the address written to when the product, or that variation of it, is back in stock.

    Once per address and thing, however often it is asked for; beyond the limits per address nothing happens. Raises
    AlreadyInStock for what is not sold out.
    """
    if _is_in_stock(product, variation):
        raise AlreadyInStock
    address = email.lower()
    advisory_lock(f"stock-notice:{address}")
    same = StockNotice.objects.filter(product=product, variation=variation, email=address)
    same.filter(told_at__isnull=False).delete()  # a new wish after the mail
    is_proven = user is not None and user.email_verified_at is not None and user.email.lower() == address
    if is_proven:
        same.filter(confirmed_at=None).update(confirmed_at=timezone.now(), user=user)
    if same.exists() or _has_too_many(address, is_proven=is_proven):
        return
    notice = StockNotice.objects.create(
        product=product,
        variation=variation,
        email=address,
        user=user,
        confirmed_at=timezone.now() if is_proven else None,
    )
    if not is_proven:
        _queue(notice, "stock_notice_confirm", {"link": _link("confirm_stock_notice")})


def _has_too_many(address: str, *, is_proven: bool) -> bool:
    held = StockNotice.objects.filter(email=address, told_at=None)
    if held.count() >= MOST_WAITING:
        return True
    return not is_proven and held.filter(confirmed_at=None).count() >= MOST_UNCONFIRMED


@transaction.atomic
def confirm_notice(*, token: str) -> None:
    """Take the mailed link as the reader's yes; a second time changes nothing. Raises LinkNotValid."""
    notice = _find(token)
    if notice is None:
        raise LinkNotValid
    StockNotice.objects.filter(pk=notice.pk, confirmed_at=None).update(confirmed_at=timezone.now())


@transaction.atomic
def stop_notices(*, token: str) -> None:
    """Forget all that the address of this link waits for; a link of nobody changes nothing."""
    notice = _find(token)
    if notice is not None:
        forget_address(notice.email)


def mail_waiting() -> int:
    """Queue a mail to each confirmed address whose thing is back; returns how many. May run many times at once."""
    queued = 0
    for _ in range(MOST_BATCHES):
        batch = _mail_batch()
        queued += batch
        if batch < BATCH_SIZE:
            break
    return queued


@transaction.atomic
def _mail_batch() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [BATCH_SIZE])
        ids = [row[0] for row in cursor.fetchall()]
    for notice in StockNotice.objects.select_related("product", "variation").filter(id__in=ids).order_by("id"):
        name = f"{notice.product.name} ({notice.variation})" if notice.variation else notice.product.name
        context = {
            "name": name,
            "link": _link("product", slug=notice.product.slug),
            "stop_link": _link("stop_stock_notices"),
        }
        _queue(notice, "stock_notice_back", context)
    StockNotice.objects.filter(id__in=ids).update(told_at=timezone.now())
    return len(ids)


def token_for(resource: str) -> str | None:
    """The token of the links in the mail about `stock_notice:ID`; None where nobody waits any more."""
    notice = StockNotice.objects.filter(pk=resource.partition(":")[2]).first()
    return _token(notice) if notice else None


@transaction.atomic
def drop_old() -> int:
    """Forget what was not confirmed in time, what was told, and what waited STOCK_NOTICE_DAYS in vain."""
    now = timezone.now()
    is_over = (
        Q(confirmed_at=None, created_at__lt=now - UNCONFIRMED_FOR)
        | Q(told_at__lt=now - TOLD_FOR)
        | Q(created_at__lt=now - timedelta(days=settings.STOCK_NOTICE_DAYS))
    )
    deleted, _ = StockNotice.objects.filter(is_over).delete()
    return deleted


def forget_address(email: str) -> None:
    """Forget all notices of the address, and the mails about them; belongs to a transaction of the caller's."""
    held = StockNotice.objects.filter(email=email.lower())
    mail.forget(resources=[f"stock_notice:{pk}" for pk in held.values_list("pk", flat=True)])
    held.delete()


def forget_user(user_id: int) -> None:
    """Forget the notices of an account, whatever address they bear; belongs to a transaction of the caller's."""
    for email in StockNotice.objects.filter(user=user_id).values_list("email", flat=True).distinct():
        forget_address(email)


def notices_of(user_id: int) -> list[dict[str, Any]]:
    """What the person waits for, oldest first, by account or by its address."""
    email = User.objects.values_list("email", flat=True).get(pk=user_id)
    return _told(StockNotice.objects.filter(Q(user=user_id) | Q(email=email.lower())))


def notices_to(email: str) -> list[dict[str, Any]]:
    """What is waited for under the address without an account, oldest first."""
    return _told(StockNotice.objects.filter(user=None, email=email.lower()))


def _told(held: QuerySet[StockNotice]) -> list[dict[str, Any]]:
    facts = ("email", "created_at", "confirmed_at", "told_at")
    return list(held.order_by("id").values(*facts, slug=F("product__slug"), variation_sku=F("variation__sku")))


def _is_in_stock(product: Product, variation: ProductVariation | None) -> bool:
    if variation is not None:
        return variation.is_active and variation.stock_quantity > 0
    return product.listing.is_in_stock


def _queue(notice: StockNotice, kind: str, context: dict[str, Any]) -> None:
    queue_mail(
        kind=kind,
        resource=f"stock_notice:{notice.pk}",
        recipient=notice.email,
        template=f"products/mails/{kind}",
        context=context,
        secret_name=SECRET_NAME,
    )


def _link(name: str, **values: str) -> str:
    path = str(settings.STOREFRONT_PATHS[name]).format(token=SECRET_MARK, **values)
    return settings.STOREFRONT_URL.rstrip("/") + path


def _token(notice: StockNotice) -> str:
    digest = salted_hmac("products.stock_notices", f"{notice.pk}:{notice.email}", algorithm="sha256").hexdigest()
    return f"{notice.pk}.{digest}"


def _find(token: str) -> StockNotice | None:
    number, _, _ = token.partition(".")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    notice = StockNotice.objects.filter(pk=int(number)).first()
    return notice if notice and constant_time_compare(_token(notice), token) else None
