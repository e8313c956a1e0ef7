"""What the documents say is what the code does."""

import re
from pathlib import Path

import pytest

from iamsite.management.commands.compatibility import document

SOURCE = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    path
    for folder in (".", "docs", "docs/decisions", "docs/security", "policies/engine")
    for path in sorted((SOURCE / folder).glob("*.md"))
]


def test_the_list_of_operations_is_that_of_the_code() -> None:
    # Brought up to date by `manage.py compatibility`.
    assert (SOURCE / "docs" / "compatibility.md").read_text() == document()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_link_and_picture_of_a_document_is_there(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text())
    local = [link for link in links if not re.match(r"https?:|mailto:", link)]
    assert [link for link in local if not (path.parent / link).exists()] == []
