"""The pages a person sees."""

from html.parser import HTMLParser

import pytest

from api.openapi import document
from api.reference import reference_page, welcome_page

VOID = {"meta", "br", "link", "img"}


class Outline(HTMLParser):
    """Notes what a page loads or links to, and whether its tags are balanced."""

    def __init__(self) -> None:
        """Start with nothing open."""
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and its addresses."""
        self.names.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that it ends the last one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def outline(page: str) -> Outline:
    """Read a page."""
    found = Outline()
    found.feed(page)
    found.close()
    return found


@pytest.mark.parametrize("page", [welcome_page(document()), reference_page(document())])
def test_pages_load_nothing(page: str) -> None:
    """They are whole in themselves, run no script, and link only to this service."""
    found = outline(page)

    assert found.open == []
    assert found.names.isdisjoint({"script", "link", "img", "iframe", "object"})
    assert all(address.startswith("/") for address in found.addresses)
    assert "@import" not in page
    assert "url(" not in page


def test_reference_shows_everything() -> None:
    """Every parameter and every status of the document is on the page."""
    text = outline(reference_page(document())).text

    for word in ("groupBy", "includeSeries", "crash_free_rate(user)", "503", "release.stage"):
        assert word in text


def test_descriptions_are_escaped() -> None:
    """What a description says is text, never HTML."""
    spoilt = {
        **document(),
        "info": {"title": "<b>&", "description": "<script>`<i>`", "version": ""},
    }
    page = reference_page(spoilt)

    assert "<script>" not in page
    assert "&lt;script&gt;<code>&lt;i&gt;</code>" in page
