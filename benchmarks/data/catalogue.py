"""Who the race is about: two organizations, their projects of very different size, their releases.

Owns names, sizes and release trains. Does not know how sessions are drawn from them.
"""

from api.demo.products import EVENING, OFFICE, Customer, Platform, Product, Version

_REACHES_BACK_DAYS = 130.0
"""How old the oldest release is: it was out and taken up before the first day."""

_HALF_A_DAY = 0.4


def _train(
    pattern: str, *, every_days: float, bad: tuple[int, ...] = (), newest: float = _HALF_A_DAY
) -> tuple[Version, ...]:
    """Name a release every so many days, oldest first; those of `bad` (from the newest) crash."""
    count = int(_REACHES_BACK_DAYS / every_days)
    return tuple(
        Version(
            name=pattern.format(minor=number // 10, patch=number % 10, build=1000 + 7 * number),
            age_days=newest + (count - 1 - number) * every_days,
            crash_factor=14.0 if count - 1 - number in bad else 1.0,
        )
        for number in range(count)
    )


def _product(  # noqa: PLR0913  (a line of the table below)
    slug: str,
    platform: Platform,
    weight: float,
    *,
    versions: tuple[Version, ...],
    weekend: float = 1.2,
    hours: tuple[float, ...] = EVENING,
) -> Product:
    return Product(
        slug=slug,
        name=slug,
        platform=platform,
        weight=weight,
        weekend=weekend,
        hours=hours,
        versions=versions,
    )


_ACME = (
    _product(
        "shop-android",
        Platform.ANDROID,
        34,
        versions=_train(
            "com.example.shop@5.{minor}.{patch}+{build}", every_days=5.0, bad=(3, 11), newest=1.6
        ),
    ),
    _product(
        "shop-ios",
        Platform.IOS,
        22,
        versions=_train(
            "com.example.shop.ios@5.{minor}.{patch}+{build}", every_days=6.5, bad=(5,), newest=2.5
        ),
    ),
    _product(
        "shop-web",
        Platform.WEB,
        20,
        versions=_train("shop-web@12.{minor}.{patch}", every_days=2.5, bad=(4, 19)),
    ),
    _product(
        "account-web",
        Platform.WEB,
        8,
        versions=_train("account@3.{minor}.{patch}", every_days=4.5, bad=(7,)),
    ),
    _product(
        "shop-tv",
        Platform.ANDROID,
        5,
        versions=_train("com.example.tv@2.{minor}.{patch}+{build}", every_days=11.0, bad=(2,)),
    ),
    _product(
        "studio-nightly",
        Platform.IOS,
        4,
        weekend=0.5,
        hours=OFFICE,
        versions=_train("studio@0.{minor}.{patch}-nightly+{build}", every_days=0.25, bad=(9, 100)),
    ),
    _product(
        "kiosk",
        Platform.ANDROID,
        3,
        weekend=1.4,
        hours=OFFICE,
        versions=_train("kiosk@1.{minor}.{patch}", every_days=13.0),
    ),
    _product(
        "partner-web",
        Platform.WEB,
        2,
        weekend=0.25,
        hours=OFFICE,
        versions=_train("partner@{minor}.{patch}.0", every_days=7.0),
    ),
    _product(
        "shop-watch",
        Platform.IOS,
        1,
        versions=_train("com.example.watch@1.{minor}.{patch}+{build}", every_days=13.0, bad=(1,)),
    ),
    _product(
        "backoffice",
        Platform.WEB,
        0.3,
        weekend=0.1,
        hours=OFFICE,
        versions=_train("backoffice@{minor}.{patch}", every_days=6.5),
    ),
    _product(
        "shop-api",
        Platform.SERVER,
        3,
        versions=_train("shop-api@1.{minor}.{patch}", every_days=3.0, bad=(6,)),
    ),
    _product(
        "search-api",
        Platform.SERVER,
        1,
        versions=_train("search-api@8.{minor}.{patch}", every_days=9.0),
    ),
)

_INITECH = (
    _product(
        "reports",
        Platform.WEB,
        0.8,
        weekend=0.1,
        hours=OFFICE,
        versions=_train("reports@0.{minor}.{patch}", every_days=10.0),
    ),
    _product(
        "courier",
        Platform.ANDROID,
        1.4,
        weekend=0.7,
        hours=OFFICE,
        versions=_train("com.example.courier@7.{minor}.{patch}+{build}", every_days=12.0, bad=(3,)),
    ),
)

CUSTOMERS = (
    Customer(slug="acme", name="Acme", products=_ACME),
    Customer(slug="initech", name="Initech", products=_INITECH),
)

PROJECTS = {
    number: (customer.slug, product)
    for number, (customer, product) in enumerate(
        ((customer, product) for customer in CUSTOMERS for product in customer.products), start=1
    )
}
"""By project id: the slug of the organization, and the project."""


def organization_id(slug: str) -> int:
    """Number the organizations from 1, in their order."""
    return 1 + next(n for n, customer in enumerate(CUSTOMERS) if customer.slug == slug)


def releases_of(slug: str) -> tuple[str, ...]:
    """Name all releases of one project, oldest first."""
    for _, product in PROJECTS.values():
        if product.slug == slug:
            return tuple(version.name for version in product.versions)
    raise LookupError(slug)
