"""Logs that a machine can read, and that give nothing away."""

import json
import logging
import sys

from iamsite.logs import JSONFormatter


def written(**values: object) -> dict[str, object]:
    record = logging.makeLogRecord({"name": "accounts", "levelname": "INFO", **values})
    line = JSONFormatter().format(record)
    assert "\n" not in line
    entry: dict[str, object] = json.loads(line)
    return entry


def test_a_record_is_one_line_of_json() -> None:
    entry = written(msg="%s signed\nin", args=("Alice",), created=0.0, account="123456789012")
    assert entry == {
        "time": "1970-01-01T00:00:00.000+00:00",
        "level": "info",
        "logger": "accounts",
        "message": "Alice signed\nin",
        "account": "123456789012",
    }


def test_a_trace_shows_no_variables() -> None:
    def fail() -> None:
        hidden = "".join(["pass", "word"])  # so that the source does not hold it
        raise ValueError(len(hidden))

    try:
        fail()
    except ValueError:
        entry = written(msg="failed", exc_info=sys.exc_info())
    assert "ValueError: 8" in str(entry["exception"])
    assert "password" not in str(entry["exception"])


def test_a_request_is_not_written() -> None:
    assert "request" not in written(msg="failed", request="Cookie: secret")
