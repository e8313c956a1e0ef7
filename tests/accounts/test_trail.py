"""The audit trail through its operations: listed, filtered, and whole or not."""

import json
import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from accounts import tenancy
from accounts.models import Event
from iamsite.operations import OperationError
from tests.cast import Account, Acme, Evil, allow


def listed(account: Account, **params: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = account.root.perform("ListEvents", **params)["Events"]
    return found


def names(account: Account, **params: object) -> list[object]:
    return [event["EventName"] for event in listed(account, **params)]


def as_owner(statement: str, *values: object) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values)


class TestListing:
    def test_it_is_newest_first_and_without_gaps(self, acme: Acme) -> None:
        sequences = [event["Sequence"] for event in listed(acme)]
        assert sequences == list(range(len(sequences), 0, -1))

    def test_an_event_says_who_what_from_where_and_with_which_outcome(self, acme: Acme) -> None:
        acme.alice.perform("CreateUser", UserName="dan")
        event = listed(acme)[0]
        assert acme.alice.key is not None
        assert event["EventName"] == "CreateUser"
        assert event["EventSource"] == "iam"
        assert event["PrincipalArn"] == acme.alice.arn
        assert event["PrincipalType"] == "User"
        assert event["AccessKeyId"] == acme.alice.key.id
        assert event["SourceIPAddress"] == "203.0.113.7"
        assert event["Resources"] == [acme.arn("user/dan")]
        assert json.loads(str(event["RequestParameters"])) == {"UserName": "dan"}
        assert event["Outcome"] == "Success"

    def test_it_is_filtered_by_each_of_its_parts(self, acme: Acme) -> None:
        with pytest.raises(OperationError):
            acme.carol.perform("CreateUser", UserName="dan")
        before = timezone.now()
        acme.alice.perform("CreateUser", UserName="eve")
        assert names(acme, PrincipalArn=acme.alice.arn) == ["CreateUser"]
        assert names(acme, PrincipalArn=acme.carol.arn, Outcome="AccessDenied") == ["CreateUser"]
        assert names(acme, Outcome="Failure") == ["CreateUser"]
        assert "CreateUser" in names(acme, Outcome="Success", ResourceArn=acme.arn("user/eve"))
        assert names(acme, Outcome="Success", ResourceArn=acme.arn("user/dan")) == []
        assert set(names(acme, EventName="CreateRole")) == {"CreateRole"}
        newest = listed(acme)[0]
        assert listed(acme, RequestId=newest["RequestId"]) == [newest]
        assert names(acme, EventSource="sts") == []
        assert names(acme, StartTime=before) == ["CreateUser"]
        assert names(acme, EndTime=before, PrincipalArn=acme.alice.arn) == []
        assert names(acme, StartTime=before + timedelta(days=1)) == []

    def test_pages_follow_one_another(self, acme: Acme) -> None:
        every = listed(acme)
        page = acme.root.perform("ListEvents", MaxItems=4)
        paged = list(page["Events"])
        while page["IsTruncated"]:
            page = acme.root.perform("ListEvents", MaxItems=4, Marker=page["Marker"])
            paged += page["Events"]
        assert paged == every

    def test_a_marker_fits_its_own_list_only(self, acme: Acme, evil: Evil) -> None:
        marker = acme.root.perform("ListEvents", MaxItems=1)["Marker"]
        for actor, params in ((acme.root, {"EventName": "CreateUser"}), (evil.root, {})):
            with pytest.raises(OperationError, match="Invalid Marker"):
                actor.perform("ListEvents", Marker=marker, **params)

    def test_it_needs_permission(self, acme: Acme) -> None:
        for operation in ("ListEvents", "VerifyTrail"):
            with pytest.raises(OperationError, match=f"portal:{operation}"):
                acme.carol.perform(operation)
        dan = acme.user("dan", allow("portal:ListEvents"))
        assert dan.perform("ListEvents")["Events"]

    def test_it_shows_the_own_account_only(self, acme: Acme, evil: Evil) -> None:
        assert all(acme.id not in json.dumps(event, default=str) for event in listed(evil))
        assert listed(evil, PrincipalArn=acme.root.arn) == []


class TestIntegrity:
    def test_a_whole_trail_says_so(self, acme: Acme) -> None:
        count = len(listed(acme))
        assert acme.root.perform("VerifyTrail") == {"Intact": True, "EventCount": count}

    @pytest.mark.parametrize(
        "change",
        [
            "outcome = 'AccessDenied'",
            "parameters = '{}'",
            "principal_arn = 'arn:aws:iam::000000000000:root'",
            "at = at + interval '1 second'",
            "hash = '\\x00'",
            "previous = '\\x00'",
            "sequence = sequence + 1000",
        ],
    )
    def test_an_altered_event_shows(self, acme: Acme, change: str) -> None:
        as_owner(
            f"UPDATE accounts_event SET {change} WHERE account_id = %s AND sequence = 5", acme.id
        )
        verdict = acme.root.perform("VerifyTrail")
        assert verdict["Intact"] is False
        assert verdict["BrokenAtSequence"] in (5, 6)

    @pytest.mark.parametrize("where", ["sequence = 1", "sequence = 5", "sequence > 5"])
    def test_a_removed_event_shows(self, acme: Acme, where: str) -> None:
        as_owner(f"DELETE FROM accounts_event WHERE account_id = %s AND {where}", acme.id)
        assert acme.root.perform("VerifyTrail")["Intact"] is False

    def test_a_trail_that_was_emptied_shows(self, acme: Acme) -> None:
        as_owner("DELETE FROM accounts_event WHERE account_id = %s", acme.id)
        assert acme.root.perform("VerifyTrail")["Intact"] is False

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE accounts_event SET outcome = 'x'",
            "DELETE FROM accounts_event",
            "TRUNCATE accounts_event",
            "UPDATE accounts_trailhead SET sequence = 0",
            "DELETE FROM accounts_trailhead",
            "INSERT INTO accounts_trailhead VALUES ('x', 0, '')",
            "ALTER TABLE accounts_event DISABLE TRIGGER chain",
        ],
    )
    def test_the_application_can_change_nothing_of_it(self, acme: Acme, statement: str) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            tenancy.enter(acme.id)
            with connection.cursor() as cursor:
                cursor.execute(statement)
        assert acme.root.perform("VerifyTrail")["Intact"] is True

    def test_an_event_cannot_name_its_own_place(self, acme: Acme) -> None:
        count = len(listed(acme))
        with transaction.atomic():
            tenancy.enter(acme.id)
            event = Event.objects.filter(sequence=1).get()
            event.pk, event.sequence, event.hash = uuid.uuid4(), 1, b"forged"
            event.save(force_insert=True)
        assert acme.root.perform("VerifyTrail") == {"Intact": True, "EventCount": count + 1}
        assert listed(acme)[0]["Sequence"] == count + 1
