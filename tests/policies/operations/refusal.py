"""Asserting a refusal to the letter."""

from contextlib import contextmanager

import pytest

from iamsite.operations import OperationError


@contextmanager
def refused(code, message=None, status=None):
    """The block is refused with exactly this; yields what pytest caught."""
    with pytest.raises(OperationError) as caught:
        yield caught
    error = caught.value
    assert error.code == code, str(error)
    if message is not None:
        assert error.message == message
    if status is not None:
        assert error.status == status
