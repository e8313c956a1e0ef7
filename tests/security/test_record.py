"""docs/security says which test shows what: each one that it names is there."""

import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
RECORD = SOURCE / "docs" / "security" / "README.md"


def test_every_test_that_the_security_record_names_is_there() -> None:
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.py)(?:::(\w+))?`", RECORD.read_text())
    assert len(named) > 40
    missing = []
    for file, name in named:
        path = SOURCE / "tests" / file
        if not path.exists() or (
            name and not re.search(rf"(def|class) {name}\b", path.read_text())
        ):
            missing.append(f"{file}::{name}")
    assert missing == []
