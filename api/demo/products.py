"""Who the demo is about: made-up organizations, their products and the versions they shipped.

Owns every name, size and temperament. Does not know how sessions are drawn from them.
"""

from dataclasses import dataclass
from enum import StrEnum

ENVIRONMENTS = ("production", "staging", "development", "")
"""Where sessions come from; the empty one is a sender that was never told."""

ENVIRONMENT_SHARES = (0.93, 0.04, 0.02, 0.01)

EVENING = (
    *(0.30, 0.18, 0.12, 0.10, 0.12, 0.22, 0.45, 0.75, 0.90, 0.85, 0.85, 0.95),
    *(1.10, 1.05, 0.95, 0.95, 1.05, 1.25, 1.50, 1.75, 1.90, 1.70, 1.20, 0.65),
)
"""How busy each hour of a UTC day is for something people use at home."""

OFFICE = (
    *(0.08, 0.06, 0.06, 0.06, 0.10, 0.25, 0.70, 1.50, 2.10, 2.30, 2.20, 2.00),
    *(1.60, 2.00, 2.20, 2.10, 1.80, 1.20, 0.60, 0.35, 0.25, 0.20, 0.15, 0.10),
)
"""How busy each hour of a UTC day is for something people use at work."""


class Platform(StrEnum):
    """What a product runs on."""

    WEB = "web"
    ANDROID = "android"
    IOS = "ios"
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperament:
    """How sessions of one platform go.

    The first four are shares of all sessions. `ends` is whether a session says when it is over,
    and so has a duration. `anonymous` is the share of people who never sign in, and
    `takeup_days` how long a person waits for a new version, on average.
    """

    crashed: float
    abnormal: float
    unhandled: float
    errored: float
    ends: bool
    anonymous: float
    takeup_days: float


TEMPERAMENTS = {
    Platform.WEB: Temperament(
        crashed=0.001,
        abnormal=0.0,
        unhandled=0.012,
        errored=0.03,
        ends=False,
        anonymous=0.15,
        takeup_days=0.5,
    ),
    Platform.ANDROID: Temperament(
        crashed=0.006,
        abnormal=0.004,
        unhandled=0.0,
        errored=0.02,
        ends=True,
        anonymous=0.02,
        takeup_days=5.0,
    ),
    Platform.IOS: Temperament(
        crashed=0.003,
        abnormal=0.001,
        unhandled=0.0,
        errored=0.015,
        ends=True,
        anonymous=0.02,
        takeup_days=3.0,
    ),
    Platform.SERVER: Temperament(
        crashed=0.0004,
        abnormal=0.0001,
        unhandled=0.0003,
        errored=0.01,
        ends=False,
        anonymous=1.0,
        takeup_days=0.2,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One release: its name, and how many days ago it came out.

    `crash_factor` is what it does to crashes; `takeup_factor` how much longer than usual people
    wait for it, as when it is rolled out in steps.
    """

    name: str
    age_days: float
    crash_factor: float = 1.0
    takeup_factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One project. `weight` is its size beside its peers, `weekend` the weekend's beside a weekday.

    `hours` is how busy each hour of a UTC day is; `versions` are oldest first.
    """

    slug: str
    name: str
    platform: Platform
    weight: float
    weekend: float
    hours: tuple[float, ...]
    versions: tuple[Version, ...]

    @property
    def temperament(self) -> Temperament:
        """How its sessions go."""
        return TEMPERAMENTS[self.platform]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One organization and what it makes."""

    slug: str
    name: str
    products: tuple[Product, ...]


def _train(prefix: str, *stops: tuple[str, float]) -> tuple[Version, ...]:
    return tuple(Version(name=prefix + name, age_days=age) for name, age in stops)


BAD_RELEASE = "com.example.shop@2.4.0+460"
FIX_RELEASE = "com.example.shop@2.4.1+463"

_ACME = (
    Product(
        slug="shop-web",
        name="Shop for the web",
        platform=Platform.WEB,
        weight=26,
        weekend=1.15,
        hours=EVENING,
        versions=(
            *_train(
                "shop-web@", ("5.8.0", 130), ("5.9.0", 74.6), ("5.9.1", 66.3), ("5.10.0", 45.5)
            ),
            Version(name="shop-web@5.11.0-rc.1", age_days=26.4, takeup_factor=70),
            *_train("shop-web@", ("5.11.0", 23.6), ("5.12.0", 6.4)),
        ),
    ),
    Product(
        slug="shop-android",
        name="Shop for Android",
        platform=Platform.ANDROID,
        weight=30,
        weekend=1.25,
        hours=EVENING,
        versions=(
            *_train(
                "com.example.shop@",
                ("2.2.0+430", 150),
                ("2.3.0+445", 76.5),
                ("2.3.1+451", 55.4),
            ),
            Version(name=BAD_RELEASE, age_days=21.6, crash_factor=16),
            Version(name=FIX_RELEASE, age_days=16.5),
            Version(name="com.example.shop@2.5.0+470", age_days=3.5),
            Version(name="com.example.shop@2.5.1+474", age_days=1.6, takeup_factor=5),
        ),
    ),
    Product(
        slug="shop-ios",
        name="Shop for iOS",
        platform=Platform.IOS,
        weight=16,
        weekend=1.2,
        hours=EVENING,
        versions=_train(
            "com.example.shop.ios@",
            ("2.2.0+219", 140),
            ("2.3.0+224", 75.5),
            ("2.3.1+226", 50.4),
            ("2.4.1+231", 15.5),
        ),
    ),
    Product(
        slug="shop-api",
        name="Shop's server",
        platform=Platform.SERVER,
        weight=7,
        weekend=1.15,
        hours=EVENING,
        versions=_train(
            "shop-api@", ("1.17.3", 110), ("1.18.0", 61.6), ("1.18.1", 60.9), ("1.19.0", 18.6)
        ),
    ),
)

_GLOBEX = (
    Product(
        slug="portal",
        name="Customer portal",
        platform=Platform.WEB,
        weight=10,
        weekend=0.25,
        hours=OFFICE,
        versions=_train(
            "",
            ("3f9c2ad81b6e4705d2c8a1e97b40f6635ad1c20e", 100),
            ("b71e05c49a3d86f2170ce8d54b9f3a62e8c0d715", 64.5),
            ("08d4f6a1c2e97b3550bb1f6e0a7c94d83e25fa19", 41.6),
            ("e6a2b90d47f1583cc9d0a4e72b85f1360d9c7e48", 12.5),
        ),
    ),
    Product(
        slug="courier-android",
        name="Courier for Android",
        platform=Platform.ANDROID,
        weight=8,
        weekend=0.7,
        hours=OFFICE,
        versions=_train(
            "com.example.courier@",
            ("7.0.2+1190", 120),
            ("7.1.0+1204", 70.4),
            ("7.2.0+1231", 33.5),
            ("7.2.1+1233", 30.6),
        ),
    ),
    Product(
        slug="courier-ios",
        name="Courier for iOS",
        platform=Platform.IOS,
        weight=4,
        weekend=0.7,
        hours=OFFICE,
        versions=_train(
            "com.example.courier.ios@", ("7.0.2+610", 120), ("7.1.0+622", 68.5), ("7.2.1+640", 29.5)
        ),
    ),
    Product(
        slug="fleet-api",
        name="Fleet's server",
        platform=Platform.SERVER,
        weight=3,
        weekend=0.4,
        hours=OFFICE,
        versions=_train("fleet-api@", ("2026.3", 95), ("2026.4", 53.4), ("2026.5", 22.4)),
    ),
)

_INITECH = (
    Product(
        slug="reports",
        name="Reports",
        platform=Platform.WEB,
        weight=4,
        weekend=0.1,
        hours=OFFICE,
        versions=_train(
            "reports@", ("0.9.14", 105), ("0.9.15", 59.6), ("1.0.0-beta.2", 38.5), ("1.0.0", 17.4)
        ),
    ),
    Product(
        slug="kiosk",
        name="Kiosk",
        platform=Platform.ANDROID,
        weight=1.5,
        weekend=1.4,
        hours=OFFICE,
        versions=_train("", ("kiosk-spring-rollout", 99), ("kiosk-summer-rollout", 40.5)),
    ),
)

CUSTOMERS = (
    Customer(slug="acme", name="Acme", products=_ACME),
    Customer(slug="globex", name="Globex", products=_GLOBEX),
    Customer(slug="initech", name="Initech", products=_INITECH),
)
