"""Logs as JSON, one object a line."""

import json
import logging
from datetime import UTC, datetime

# What every record has; anything else came in by `extra`.
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
UNSERIALISABLE = frozenset({"request", "server_time", "status_code_class"})


class JSONFormatter(logging.Formatter):
    """Time, level, logger and message, the fields given as `extra`, and the exception's trace.

    A trace shows code and the exception's text, never the values of variables.
    """

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, str | float] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name, value in vars(record).items():
            if name not in STANDARD and name not in UNSERIALISABLE:
                entry[name] = value if isinstance(value, str | int | float | bool) else str(value)
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)
