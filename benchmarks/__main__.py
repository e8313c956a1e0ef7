"""Every benchmark, one after the other: ``python -m benchmarks``. Each can be run by itself."""

from __future__ import annotations

import importlib
import sys

BENCHMARKS = ("decisions", "calls", "pages")


def main() -> int:
    failed = 0
    for name in BENCHMARKS:
        print(f"\n{name.capitalize()}\n", flush=True)
        failed |= importlib.import_module(f"benchmarks.{name}.__main__").main([])
    return failed


if __name__ == "__main__":
    sys.exit(main())
