"""Policies in plain words: a sentence for each statement.

>>> read(parse(text, DocumentKind.IDENTITY))
('Allow reading objects (s3:GetObject) on every object in bucket reports, only when …',)

Nothing of a statement is left out, and nothing is judged: whether a policy is wise is for lint to
say. Sentences are plain text in the active language, never markup.
"""

from policies.reading.services import services_of
from policies.reading.statements import read

__all__ = ["read", "services_of"]
