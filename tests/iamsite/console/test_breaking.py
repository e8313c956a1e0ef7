import pytest

from iamsite.console.templatetags.console import breakable


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("arn:aws:s3:::a/b/*", "arn:<wbr>aws:<wbr>s3:::<wbr>a/<wbr>b/*"),
        ("orders.example.com", "orders.<wbr>example.<wbr>com"),
        ("iam:Get*", "iam:<wbr>Get*"),
        ("*", "*"),
        ("ReadOnlyAccess", "Read<wbr>Only<wbr>Access"),
        ("AKIA2JAH7WWU", "AKIA2JAH7WWU"),
        ("a:<b>&", "a:<wbr>&lt;b&gt;&amp;"),
        ("", ""),
    ],
)
def test_names_break_between_their_parts_and_stay_escaped(name, drawn):
    assert breakable(name) == drawn
