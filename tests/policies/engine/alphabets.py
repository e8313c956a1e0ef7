"""What random policies and requests are made of: few words, so that they meet.

Values that a user controls (names, tags, session names) hold wildcards, quotes and ``${``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ACCOUNTS = ("111122223333", "444455556666")
NAMES = ("bob", "Bob", "bo", "bobby")
THINGS = (*NAMES, "b*b", "${aws:username}", "x")
PATHS = ("", "team/", "team/a/")
ACTIONS = (
    "s3:GetObject", "s3:GetObjectAcl", "s3:PutObject", "s3:ListBucket", "iam:GetUser",
    "iam:PassRole", "sts:AssumeRole", "sts:TagSession", "my-app:Read", "my-app:ReadAll",
)  # fmt: skip
TRUST_ACTIONS = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
SERVICES = ("app.amazonaws.com", "ec2.amazonaws.com")
PROVIDERS = (
    "arn:aws:iam::111122223333:oidc-provider/id.example/a",
    "arn:aws:iam::111122223333:saml-provider/corp",
    "accounts.google.com",
)
HOSTILE = (
    "bob", "Bob", "", "*", "?", "b*b", "b?b", "${aws:username}", "${*}", "bob/../x", "a:b",
    "b'ob", '"', "}", "$", "BOB", "\u0430lice", "bo\u212a", "bok", "\xe9", "\xc9", "*:*",
)  # fmt: skip
TEXTS = (
    "bob", "BOB", "b*", "b?b", "*", "?*", "", "*o*", "${aws:username}", "${aws:PrincipalTag/Dept}",
    "x${aws:username}*", "${*}", "b${?}b", "${$}{aws:username}", "${aws:TagKeys}", "${aws:nope}",
    "${aws:nope, 'bob'}", "${aws:PrincipalTag/Dept, 'b*'}*", "${aws:username", "boK", "\xe9",
    "${AWS:USERNAME}", "${s3:prefix}", "*${aws:nope, ''}*", "bo${aws:PrincipalTag/dept, '?'}",
)  # fmt: skip
ARNS = (
    "arn:aws:iam::111122223333:user/bob", "arn:aws:iam::*:user/b*", "arn:aws:s3:::b?b/*", "*",
    "arn:aws:iam::1111*3:*", "arn:*:*:*:*:*", "arn:aws:iam::111122223333:user/${aws:username}",
    "arn:aws:iam:*:user/bob", "arn:aws:s3:::${aws:PrincipalTag/Dept}/x", "bob", "arn:aws:s3:::a:b",
    "arn:aws:iam::444455556666:role/team/x", "${aws:PrincipalArn}", "arn:aws:s3:::*:b",
)  # fmt: skip
NUMBERS = ("5", "5.0", "-1", "05", "10", "1e", "0.1", "0.10", "x", "", "9007199254740993",
           "9007199254740992", "+5")  # fmt: skip
CONTEXT_DATES = ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-01", "1767225600",
                 "2025-12-31T23:59:59.999999999Z", "2026-01", "now", "0")  # fmt: skip
POLICY_DATES = (
    *CONTEXT_DATES[:6],
    "0",
    "1767225601",
    "2026-01-01T00:00Z",
    "2026-06-01T00:00:00.5-11:30",
)
ADDRESSES = ("10.0.0.1", "10.0.0.255", "203.0.113.9", "::ffff:10.0.0.1", "2001:db8::1",
             "2001:DB8:0:0:0:0:0:1", "::1")  # fmt: skip
NETWORKS = ("10.0.0.0/8", "10.0.0.9/24", "10.0.0.1", "0.0.0.0/0", "2001:db8::/32", "::/0",
            "2001:db8::1", "10.0.0.0/33", "bob", "::ffff:10.0.0.0/104",
            "203.0.113.9/32")  # fmt: skip
BINARIES = ("Ym9i", "Ym9i=", "Qm9i", "YQ==", "!!")
BOOLEANS = ("true", "false", "True", "FALSE", "yes", "")


@dataclass(frozen=True)
class Key:
    """A context key: its spelling, whether it holds a list, and what it may hold."""

    name: str
    family: str
    values: tuple[str, ...]
    many: bool = False


KEYS = (
    Key("aws:username", "String", HOSTILE),
    Key("aws:PrincipalTag/Dept", "String", HOSTILE),
    Key("s3:prefix", "String", HOSTILE),
    Key("aws:TagKeys", "String", tuple(value for value in HOSTILE if value), many=True),
    Key("aws:PrincipalOrgPaths", "String", ("o-1/r-1/", "o-1/r-1/ou-1/", "bob"), many=True),
    Key("aws:PrincipalArn", "Arn", ("arn:aws:iam::111122223333:user/bob", "bob",
        "arn:aws:iam::444455556666:role/team/x", "arn:aws:s3:::b*b/x", "arn:aws:s3:::a:b")),
    Key("sts:Providers", "Arn", ("arn:aws:iam::111122223333:user/bob", "arn:aws:s3:::bob/x"), True),
    Key("aws:CurrentTime", "Date", CONTEXT_DATES),
    Key("aws:SourceIp", "Ip", ADDRESSES),
    Key("aws:SecureTransport", "Bool", BOOLEANS[:5]),
    Key("app:Count", "Numeric", (*NUMBERS, "\u0665", "5\u0660")),
    Key("app:Blob", "Binary", BINARIES),
)  # fmt: skip
OPERATORS = {
    "String": ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringLike",
               "StringNotEqualsIgnoreCase", "StringNotLike"),
    "Arn": ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    "Date": tuple(f"Date{end}" for end in ("Equals", "NotEquals", "LessThan", "LessThanEquals",
                                           "GreaterThan", "GreaterThanEquals")),
    "Numeric": tuple(f"Numeric{end}" for end in ("Equals", "NotEquals", "LessThan",
                     "LessThanEquals", "GreaterThan", "GreaterThanEquals")),
    "Ip": ("IpAddress", "NotIpAddress"),
    "Bool": ("Bool",),
    "Binary": ("BinaryEquals",),
}  # fmt: skip
WANTED: dict[str, tuple[Any, ...]] = {
    "String": (*TEXTS, True, 5),
    "Arn": ARNS,
    "Date": POLICY_DATES,
    "Numeric": (*NUMBERS, 5, 0.1, 10),
    "Ip": NETWORKS,
    "Bool": (*BOOLEANS, True, False, "${s3:prefix}", "${aws:SecureTransport}"),
    "Binary": BINARIES,
}
FULL_ACCESS = {"Effect": "Allow", "Action": "*", "Resource": "*"}
