"""The catalogue's tables: categories, products, what belongs to a product, and the ledger of its stock."""

from products.models.catalogue_state import CatalogueChange, CatalogueState
from products.models.category import Category
from products.models.fingerprint import ImportFingerprint
from products.models.image import ProductImage
from products.models.listing import ProductListing
from products.models.picture_file import PictureFile
from products.models.price import PastPrice
from products.models.product import Product, ProductCategory
from products.models.related import BoughtTogether
from products.models.review import ProductReview
from products.models.search_word import SearchWord
from products.models.slug import FormerSlug
from products.models.stock import StockMovement
from products.models.stock_feed import StockFeed
from products.models.stock_watch import StockAlert, StockNotice
from products.models.variation import ProductVariation
from products.models.wanted_picture import WantedPicture

__all__ = [
    "BoughtTogether",
    "CatalogueChange",
    "CatalogueState",
    "Category",
    "FormerSlug",
    "ImportFingerprint",
    "PastPrice",
    "PictureFile",
    "Product",
    "ProductCategory",
    "ProductImage",
    "ProductListing",
    "ProductReview",
    "ProductVariation",
    "SearchWord",
    "StockAlert",
    "StockFeed",
    "StockMovement",
    "StockNotice",
    "WantedPicture",
]
