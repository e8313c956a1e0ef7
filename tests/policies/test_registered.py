"""Formats of registered resources: which ARNs they describe, in bounded time."""

from __future__ import annotations

import time

import pytest

from policies.registered import has_form

ORDER = "arn:aws:orders:${Region}:${Account}:order/${OrderId}"


@pytest.mark.parametrize(
    ("arn", "form", "expected"),
    [
        ("arn:aws:orders:eu-west-1:111122223333:order/7", ORDER, True),
        ("arn:aws:orders:eu-west-1:111122223333:order/7/items:3", ORDER, True),
        ("arn:aws:orders:eu-west-1:111122223333:order/", ORDER, False),
        ("arn:aws:orders::111122223333:order/7", ORDER, False),
        ("arn:aws:orders:eu-west-1:111122223333:orders/7", ORDER, False),
        ("arn:aws:order:eu-west-1:111122223333:order/7", ORDER, False),
        ("arn:aws:orders:::order/7", "arn:aws:orders:::order/${OrderId}", True),
        ("arn:aws:orders:::order/7\n8", "arn:aws:orders:::order/${OrderId}", True),
        ("arn:aws:orders:::.", "arn:aws:orders:::.", True),
        ("arn:aws:orders:::x", "arn:aws:orders:::.", False),
        ("arn:aws:orders", ORDER, False),
        ("order/7", ORDER, False),
    ],
)
def test_which_arns_have_a_form(arn: str, form: str, expected: bool) -> None:
    assert has_form(arn, form) is expected


def test_a_form_of_nothing_but_variables_is_compared_in_bounded_time() -> None:
    form = "arn:aws:orders:::" + "${a}x" * 150 + "y"
    started = time.process_time()
    assert not has_form("arn:aws:orders:::" + "ax" * 500, form)
    assert time.process_time() - started < 1
