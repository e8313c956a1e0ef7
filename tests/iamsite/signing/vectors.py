"""The published test vectors of Signature Version 4, and the worked examples of AWS's manuals.

From AWS's signing test suite (aws-signing-test-suite, v4): access key AKIDEXAMPLE, region
us-east-1, service "service", 2015-08-30 12:36:00 UTC. Paths are as on the wire.
"""

from __future__ import annotations

from typing import NamedTuple

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
LONG_TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfI"
    "eoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0"
    "wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDry"
    "pNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PARAM1_SHA256 = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"


class Vector(NamedTuple):
    name: str
    method: str
    target: str
    headers: dict[str, str]
    signature: str
    body: bytes = b""
    service: str = "service"
    date: str = "20150830T123600Z"
    host: str = "example.amazonaws.com"


FORM = "application/x-www-form-urlencoded"
VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"

IN_HEADER = [
    Vector(
        "header-key-duplicate", "GET", "/", {"my-header1": "value2,value2,value1"},
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    Vector(
        "header-value-order", "GET", "/", {"my-header1": "value4,value1,value3,value2"},
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
    ),
    Vector(
        "header-value-trim", "GET", "/", {"my-header1": " value1", "my-header2": ' "a   b   c"'},
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    Vector(
        # A folded header, which the suite reads as three values
        "header-value-multiline", "GET", "/", {"my-header1": "value1,value2,value3"},
        "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790",
    ),
    Vector("relative-relative-normalized", "GET", "/example1/example2/../..", {}, VANILLA),
    Vector("slash-dot-slash-normalized", "GET", "/./", {}, VANILLA),
    Vector("slash-normalized", "GET", "//", {}, VANILLA),
    Vector(
        "slashes-normalized", "GET", "//example//", {},
        "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
    ),
    Vector(
        "slash-pointless-dot-normalized", "GET", "/./example", {},
        "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
    ),
    Vector(
        "space-normalized", "GET", "/example space/", {},
        "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
    ),
    Vector(
        "utf8", "GET", "/\u1234", {},
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
    ),
    Vector(
        "unreserved", "GET", f"/{UNRESERVED}", {},
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
    Vector(
        "vanilla-empty-query-key", "GET", "/?Param1=value1", {},
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
    ),
    Vector(
        "vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", {},
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    Vector(
        "vanilla-query-order-encoded", "GET", "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1", {},
        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
    ),
    Vector(
        "vanilla-query-unreserved", "GET", f"/?{UNRESERVED}={UNRESERVED}", {},
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ),
    Vector(
        "vanilla-utf8-query", "GET", "/?\u1234=bar", {},
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    ),
    Vector(
        "vanilla-with-session-token", "GET", "/", {"x-amz-security-token": TOKEN},
        "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
    ),
    Vector(
        "x-www-form-urlencoded", "POST", "/",
        {"content-type": FORM, "content-length": "13", "x-amz-content-sha256": PARAM1_SHA256},
        "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
        b"Param1=value1",
    ),
    Vector(
        "x-www-form-urlencoded-parameters", "POST", "/",
        {
            "content-type": f"{FORM}; charset=utf-8",
            "content-length": "13",
            "x-amz-content-sha256": PARAM1_SHA256,
        },
        "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422",
        b"Param1=value1",
    ),
    Vector(
        "sts-header-before", "POST", "/", {"x-amz-security-token": LONG_TOKEN},
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    ),
    Vector(
        "header-value-case", "POST", "/", {"my-header1": "VALUE1"},
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    Vector(
        "header-key-sort", "POST", "/", {"my-header1": "value1"},
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    Vector(
        "vanilla-query", "POST", "/?Param1=value1", {},
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ),
    # AWS General Reference, "Signature Version 4 signing process", ListUsers in both forms
    Vector(
        "manual-list-users-get", "GET", "/?Action=ListUsers&Version=2010-05-08",
        {"content-type": f"{FORM}; charset=utf-8"},
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        service="iam", host="iam.amazonaws.com",
    ),
    Vector(
        "manual-list-users-post", "POST", "/", {"content-type": f"{FORM}; charset=utf-8"},
        "ced6826de92d2bdeed8f846f0bf508e8559e98e4b0199114b84c54174deb456c",
        b"Action=ListUsers&Version=2010-05-08",
        "iam", "20110909T233600Z", "iam.amazonaws.com",
    ),
]  # fmt: skip

PRESIGNED = [
    Vector(
        "vanilla-with-session-token", "GET",
        "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1"
        "%2Fservice%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host"
        f"&X-Amz-Expires=3600&X-Amz-Security-Token={TOKEN}", {},
        "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c",
    ),
    Vector(
        "vanilla-utf8-query", "GET",
        "/?\u1234=bar&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830"
        "%2Fus-east-1%2Fservice%2Faws4_request&X-Amz-Date=20150830T123600Z"
        "&X-Amz-SignedHeaders=host&X-Amz-Expires=3600", {},
        "0bdd809b1519ac4f0c1dc3540e2cc46bd0c7f778eda408b2ebf3b913d21ff600",
    ),
    Vector(
        "x-www-form-urlencoded", "POST",
        "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1"
        "%2Fservice%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders="
        "content-length%3Bcontent-type%3Bhost%3Bx-amz-content-sha256&X-Amz-Expires=3600",
        {"content-type": FORM, "content-length": "13", "x-amz-content-sha256": PARAM1_SHA256},
        "c2348f57d08c84939944d6c878b3f7be56316f8e7fd6817e81eded279a362d69",
        b"Param1=value1",
    ),
]  # fmt: skip
