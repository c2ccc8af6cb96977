"""Size limits of messages in bytes: for each kind of rpc, for the content of a page, and for responses.

A server reads a request only after it has identified the caller and given the call a place; it parses no request
that is longer than its rpc needs. Protobuf uses memory of up to fifty times a message's length when it is made of
many empty parts, so the bytes being parsed at one time are limited too (`federation.transport.places.Budget`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from federation.errors import Exhausted, InvalidRequest

T = TypeVar("T")

#: A request to an rpc without its own limit: a signed statement about one thing (a question has at most 16 KB).
SMALL: Final = 64 * 1024
#: A request with one record (64 KB) or one notice (128 KB) in it, with its signatures.
ONE_ITEM: Final = 256 * 1024
#: A request with a piece of a document (256 KB) in it.
PIECE: Final = 320 * 1024
#: A request with a page of items.
PAGE: Final = 2 * 1024 * 1024
#: A request with the answers about all persons of a roster (500): the limit of an envelope.
ROSTER: Final = 4 * 1024 * 1024 + SMALL

#: With this much content a sender ends a page, even if more items would be allowed: with the largest item, the
#: signatures and the framing it remains below `PAGE`.
PAGE_CONTENT: Final = 1024 * 1024

#: The largest response that a server sends and a caller accepts.
RESPONSE: Final = 8 * 1024 * 1024
#: With this much content a server ends a page of a response; with the largest item it remains below `RESPONSE`.
RESPONSE_CONTENT: Final = 4 * 1024 * 1024


def insist_request_fits(method: str, size: int, limit: int) -> None:
    """Raise `InvalidRequest` when a request of `size` bytes is longer than its rpc accepts."""
    if size > limit:
        raise InvalidRequest.of(
            "request", "SIZE", f"{method} takes at most {limit} bytes, not {size}: send smaller pages"
        )


def insist_response_fits(method: str, size: int) -> None:
    """Raise `Exhausted` when a response of `size` bytes is longer than callers accept."""
    if size > RESPONSE:
        raise Exhausted(
            f"the response of {method} would have {size} bytes, at most {RESPONSE} are sent: ask for less",
            reason="RESPONSE_TOO_LARGE",
        )


def pages(
    items: Iterable[T],
    size: Callable[[T], int],
    *,
    most: Callable[[], int],
    content: int = PAGE_CONTENT,
) -> Iterator[list[T]]:
    """Yield `items` in order, in pages of at most `most` items and `content` bytes, but at least one item.

    `most` may change from page to page.
    """
    page: list[T] = []
    length = 0
    for item in items:
        this = size(item)
        if page and (len(page) >= most() or length + this > content):
            yield page
            page, length = [], 0
        page.append(item)
        length += this
    if page:
        yield page


def first_page(items: Iterable[T], size: Callable[[T], int], *, most: int, content: int) -> list[T]:
    """Return the first of `pages`, empty when there is no item."""
    return next(pages(items, size, most=lambda: most, content=content), [])
