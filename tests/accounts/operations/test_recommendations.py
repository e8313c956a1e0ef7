"""First steps are skipped, findings put off, and both are taken up again."""

from datetime import UTC, datetime, timedelta

import pytest

from iamsite.operations import OperationError
from tests.cast import Acme


def names(acme: Acme) -> list[str]:
    found = acme.root.perform("GetAccountStatus")["DismissedRecommendations"]
    return [one["RecommendationName"] for one in found]


def test_a_step_is_skipped_for_good_and_taken_up_again(acme: Acme) -> None:
    acme.alice.perform("DismissRecommendation", RecommendationName="FirstKey")
    acme.alice.perform("DismissRecommendation", RecommendationName="FirstKey")
    (found,) = acme.root.perform("GetAccountStatus")["DismissedRecommendations"]
    assert found["PrincipalArn"] == acme.alice.arn
    assert "Until" not in found
    acme.alice.perform("RestoreRecommendation", RecommendationName="FirstKey")
    assert names(acme) == []
    with pytest.raises(OperationError, match="is not dismissed"):
        acme.alice.perform("RestoreRecommendation", RecommendationName="FirstKey")


def test_a_finding_is_put_off_until_a_time_and_never_for_good(acme: Acme) -> None:
    week = datetime.now(UTC) + timedelta(days=7)
    with pytest.raises(OperationError, match="Until must be given"):
        acme.root.perform("DismissRecommendation", RecommendationName="RootMFA")
    for wrong in (week - timedelta(days=8), week + timedelta(days=366)):
        with pytest.raises(OperationError, match="within the next year"):
            acme.root.perform("DismissRecommendation", RecommendationName="RootMFA", Until=wrong)
    acme.root.perform("DismissRecommendation", RecommendationName="RootMFA", Until=week)
    assert names(acme) == ["RootMFA"]
    with pytest.raises(OperationError, match="AccessDenied"):
        acme.carol.perform("RestoreRecommendation", RecommendationName="RootMFA")
