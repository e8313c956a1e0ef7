from datetime import UTC, datetime, timedelta, timezone

import pytest

from iamsite.console.times import exact, relative, span

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=25), "1 day ago"),
        (timedelta(days=13), "1 week ago"),
        (timedelta(days=400), "1 year ago"),
        (timedelta(hours=-2), "in 2 hours"),
        (timedelta(days=-7, seconds=1), "in 1 week"),
        (timedelta(seconds=-59), "just now"),
    ],
)
def test_a_time_is_told_in_its_largest_unit(ago, said):
    assert relative(NOW - ago, NOW) == said


def test_a_length_below_a_minute_says_nothing():
    assert span(59) == ""


def test_the_exact_time_is_utc():
    eastern = timezone(timedelta(hours=-5))
    assert exact(datetime(2026, 11, 24, 7, 0, tzinfo=eastern)) == "2026-11-24 12:00:00 UTC"
