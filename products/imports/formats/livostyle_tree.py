"""The tree that Livostyle's category paths, product types and tags become."""

from collections.abc import Iterable

from products.imports.lists import CategoryPath

_ROOT = "Apparel & Accessories"
_RENAMED_LEVELS = {"Clothing Tops": "Tops", "Handbags, Wallets & Cases": "Bags"}

# The shop's paths end early ("Clothing Tops" holds 703 products); its product types name the level below.
_LEAF_BY_TYPE: dict[CategoryPath, dict[str, str]] = {
    ("Clothing", "Tops"): {
        "Blouse": "Blouses",
        "Bodysuit": "Bodysuits",
        "Cami Top": "Tanks & Camis",
        "Camisole": "Tanks & Camis",
        "Cardigan": "Cardigans",
        "Crop Top": "Crop Tops",
        "Hoodie": "Hoodies",
        "Knit Top": "Knit Tops",
        "Shirt": "Shirts",
        "Sleeveless Top": "Tanks & Camis",
        "Sweater": "Sweaters",
        "Sweatshirt": "Sweatshirts",
        "T-Shirt": "T-Shirts",
        "Tank Top": "Tanks & Camis",
    },
    ("Clothing", "Dresses"): {
        "Maxi Dress": "Maxi Dresses",
        "Midi Dress": "Midi Dresses",
        "Mini Dress": "Mini Dresses",
        "Shirt Dress": "Shirt Dresses",
        "Sweater Dress": "Sweater Dresses",
    },
    ("Clothing", "One-Pieces"): {"Jumpsuit": "Jumpsuits", "Overalls": "Overalls", "Romper": "Rompers"},
    ("Clothing", "Pants"): {"Cargo Pants": "Cargo Pants", "Joggers": "Joggers", "Leggings": "Leggings"},
    ("Clothing", "Shorts"): {"Biker Shorts": "Biker Shorts", "Denim Shorts": "Denim Shorts"},
    ("Clothing", "Swimwear"): {
        "Bikini Set": "Bikinis",
        "Cover-Up": "Cover Ups",
        "Cover-Up Dress": "Cover Ups",
        "Swim Cover-Up": "Cover Ups",
    },
    ("Clothing Accessories", "Hats"): {
        "Baseball Cap": "Baseball Caps",
        "Beanie": "Winter Hats",
        "Knit Hat": "Winter Hats",
        "Sun Hat": "Sun Hats",
    },
    ("Bags", "Handbags"): {
        "Crossbody Bag": "Crossbody Bags",
        "Shoulder Bag": "Shoulder Bags",
        "Tote Bag": "Tote Bags",
    },
}

# Only tags that say something to a buyer. Vendors, colours, cuts and notes to the warehouse stay outside.
_TAGS_BY_CATEGORY: dict[CategoryPath, tuple[str, ...]] = {
    ("Occasion", "Everyday"): ("everyday", "daytime", "daywear", "day dress"),
    ("Occasion", "Party"): (
        "party",
        "night out",
        "cocktail",
        "cocktail dress",
        "cocktail dresses",
        "cocktail ring",
    ),
    ("Occasion", "Formal"): ("formal", "evening", "dressy"),
    ("Occasion", "Wedding & Engagement"): ("wedding", "engagement", "engagement ring", "anniversary"),
    ("Occasion", "Beach & Vacation"): ("beach", "beachwear", "vacation", "resort", "resort wear"),
    ("Occasion", "Festival"): ("festival", "coachella"),
    ("Occasion", "Workout"): ("athletic", "workout", "yoga", "running", "exercise"),
    ("Occasion", "Holiday"): ("christmas", "holiday", "festive", "halloween"),
    ("Occasion", "Fourth of July"): ("patriotic", "fourth of july", "red-white-blue"),
    ("Season", "Spring"): ("spring",),
    ("Season", "Summer"): ("summer", "summer dress"),
    ("Season", "Fall"): ("fall", "autumn"),
    ("Season", "Winter"): ("winter",),
    ("Style", "Athleisure"): ("athleisure", "sporty", "sportswear"),
    ("Style", "Boho"): ("boho", "bohemian", "boho vibes"),
    ("Style", "Classic"): ("classic", "timeless plaids"),
    ("Style", "Minimalist"): ("minimalist",),
    ("Style", "Oversized"): ("oversized", "relaxed fit"),
    ("Style", "Retro"): ("retro", "retro style", "vintage", "vintage style", "y2k"),
    ("Style", "Romantic"): ("romantic", "dainty"),
    ("Style", "Statement"): ("statement", "statement jewelry", "statement earrings", "statement ring"),
    ("Style", "Streetwear"): ("streetwear", "street style"),
    ("Style", "Western"): ("western", "western style"),
    ("Material", "Cotton"): ("cotton", "cotton blend"),
    ("Material", "Crochet"): ("crochet",),
    ("Material", "Denim"): ("denim", "distressed denim"),
    ("Material", "Knit"): ("knit", "knitwear", "cable knit", "ribbed knit", "waffle knit", "open knit"),
    ("Material", "Lace"): ("lace", "lace trim"),
    ("Material", "Leather & Faux Leather"): ("leather", "faux leather"),
    ("Material", "Satin"): ("satin",),
    ("Material", "Suede"): ("suede", "faux suede"),
    ("Material", "Velvet"): ("velvet",),
    ("Pattern", "Animal Print"): ("animal print", "leopard print", "zebra print", "cow print"),
    ("Pattern", "Color Block"): ("color block", "colorblock"),
    ("Pattern", "Floral"): ("floral", "floral print", "floral pattern"),
    ("Pattern", "Geometric"): ("geometric", "geometric pattern", "geometric print"),
    ("Pattern", "Plaid"): ("plaid", "plaid pattern"),
    ("Pattern", "Polka Dot"): ("polka dot",),
    ("Pattern", "Striped"): ("striped",),
    ("Pattern", "Tie-Dye"): ("tie-dye", "tie dye", "tie-dye print"),
}
_CATEGORY_BY_TAG = {tag: path for path, tags in _TAGS_BY_CATEGORY.items() for tag in tags}


def category_paths(*, full_path: str, product_type: str, tags: Iterable[str]) -> list[CategoryPath]:
    """Return the categories of one product, its own place in the tree first, each path once."""
    paths: dict[CategoryPath, None] = {}
    own = _own_path(full_path=full_path, product_type=product_type)
    if own:
        paths[own] = None
    for tag in tags:
        found = _CATEGORY_BY_TAG.get(tag.strip().casefold())
        if found:
            paths[found] = None
    return list(paths)


def _own_path(*, full_path: str, product_type: str) -> CategoryPath:
    levels = [_RENAMED_LEVELS.get(level.strip(), level.strip()) for level in full_path.split(">")]
    path = tuple(level for level in levels if level and level != _ROOT)
    leaf = _LEAF_BY_TYPE.get(path, {}).get(product_type.strip())
    return (*path, leaf) if leaf else path
