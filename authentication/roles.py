"""The shop's roles: groups and the permissions that each holds, by their full names.

`manage.py sync_roles` makes the database say the same. A role opens the staff side of the API to users who are
`is_staff_member`, and the pages of the admin site to those who are `is_staff`; it grants neither of the two.
"""

VERBS = ("view", "add", "change", "delete")


def _all(app_label: str, *models: str) -> set[str]:
    return {f"{app_label}.{verb}_{model}" for model in models for verb in VERBS}


def _view(app_label: str, *models: str) -> set[str]:
    return {f"{app_label}.view_{model}" for model in models}


_CATALOGUE = ("category", "product", "productimage", "productvariation", "productcategory")
_ORDERS = ("order", "orderitem", "orderevent", "invoice")
_MAILS = {"common.view_mail", "common.change_mail"}  # to look at, and to send again
# To import and export what the role may write and read otherwise, and to see what colleagues of the role imported.
_JOBS = {f"common.{verb}_{model}" for verb in ("view", "add") for model in ("importjob", "exportjob")}
_PAYMENTS = ("payment", "refund", "refunditem", "dispute")
_SHIPPING = ("shippingmethod", "shippingzone", "shippingrate")
_REPORTS = ("salesaggregate", "productview", "aggregatedday")

CATALOGUE_MANAGER = (
    _all("products", *_CATALOGUE)
    | _view("products", "productreview", "stockmovement", "pastprice", "wantedpicture", "picturefile")
    | _view("common", "importbatch", "importchange")
    | {"products.change_productreview", "products.delete_productreview", "products.add_stockmovement"}
    | {"common.change_importbatch"}  # to undo an import
    | {"products.change_wantedpicture"}  # to have a picture fetched after all
    | _JOBS
    | _view("analytics", *_REPORTS)
)
ORDER_DESK = (
    _view("orders", *_ORDERS, "coupon", "couponuse", "cart", "cartitem", "taxrate")
    | {"orders.change_order"}
    | _MAILS
    | _view("payments", *_PAYMENTS)
    | {"payments.add_payment", "payments.change_payment", "payments.add_refund"}
    | _view("products", *_CATALOGUE, "stockmovement")
    | _view("shipping", *_SHIPPING)
    | _view("authentication", "user", "address")
)
ANALYST = (
    _view("analytics", *_REPORTS)
    | _view("orders", "order", "orderitem", "coupon", "couponuse")
    | _view("products", *_CATALOGUE, "productreview", "stockmovement", "pastprice")
)
SUPPORT = (
    _view("orders", *_ORDERS, "coupon", "couponuse", "cart", "cartitem")
    | _view("payments", *_PAYMENTS)
    | _view("products", *_CATALOGUE, "productreview")
    | {"products.change_productreview"}
    | _MAILS
    | _view("shipping", *_SHIPPING)
    | _view("authentication", "user", "address")
    | {"authentication.change_user"}
)
OWNER = (
    CATALOGUE_MANAGER
    | ORDER_DESK
    | ANALYST
    | SUPPORT
    | _all("orders", "coupon", "taxrate")
    | _all("shipping", *_SHIPPING)
    | _view("authentication", "refreshtoken", "onetimetoken")
    | {"authentication.add_user", "auth.view_group", "payments.view_webhookevent"}
    | _view("common", "outboxevent", "outboxdelivery", "idempotencykey", "auditentry")
    | {"common.read_outboxevent"}
    | _all("common", "webhookendpoint")
    | _view("common", "webhookdelivery", "backup", "deprecatedcall")
)

ROLES: dict[str, set[str]] = {
    "Owner": OWNER,
    "Catalogue manager": CATALOGUE_MANAGER,
    "Order desk": ORDER_DESK,
    "Analyst": ANALYST,
    "Support": SUPPORT,
}
