"""What the environment makes of the settings."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.portal import SOURCE, environment


def manage(data: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=SOURCE,
        env=environment(data, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def settings(data: Path, *names: str, **variables: str) -> dict[str, Any]:
    code = (
        "import json, sys; from django.conf import settings;"
        "print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *names],
        cwd=SOURCE,
        env=environment(data, DJANGO_SETTINGS_MODULE="iamsite.settings", **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    values: dict[str, Any] = json.loads(result.stdout)
    return values


@pytest.mark.parametrize(
    "variables", [{}, {"IAMSITE_URL": "https://iam.example.com"}, {"IAMSITE_HOST": "localhost"}]
)
def test_the_deployment_check_is_clean(tmp_path: Path, variables: dict[str, str]) -> None:
    result = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **variables)
    assert result.returncode == 0, result.stderr


def test_plain_http_for_others_is_warned_of(tmp_path: Path) -> None:
    result = manage(
        tmp_path, "check", "--deploy", "--fail-level", "WARNING", IAMSITE_URL="http://10.0.0.1"
    )
    assert result.returncode != 0
    assert "security.W016" in result.stderr


def test_cookies_are_for_https_alone_when_that_is_the_address(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    secure = settings(tmp_path, *names, IAMSITE_URL="https://iam.example.com")
    plain = settings(tmp_path, *names)
    assert set(secure.values()) == {True}
    assert set(plain.values()) == {False}


def test_debug_is_off(tmp_path: Path) -> None:
    assert settings(tmp_path, "DEBUG", DEBUG="1", DJANGO_DEBUG="1") == {"DEBUG": False}


def test_a_generated_secret_is_kept(tmp_path: Path) -> None:
    first = settings(tmp_path, "SECRET_KEY")["SECRET_KEY"]
    assert len(first) >= 43
    assert settings(tmp_path, "SECRET_KEY")["SECRET_KEY"] == first


def test_a_secret_can_be_given_itself_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "given"
    file.write_text("from-the-file" * 5 + "\n")
    given = settings(tmp_path, "SECRET_KEY", IAMSITE_SECRET_KEY="itself" * 10)
    assert given == {"SECRET_KEY": "itself" * 10}
    read = settings(tmp_path, "SECRET_KEY", IAMSITE_SECRET_KEY_FILE=str(file))
    assert read == {"SECRET_KEY": "from-the-file" * 5}


def test_a_secret_file_that_is_missing_is_told(tmp_path: Path) -> None:
    result = manage(tmp_path, "check", IAMSITE_SECRET_KEY_FILE=str(tmp_path / "nowhere"))
    assert result.returncode != 0
    assert result.stderr.splitlines() == [
        f"iamsite: Cannot read the secret in {tmp_path}/nowhere: No such file or directory."
    ]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("IAMSITE_URL", "iam.example.com", "not like https://iam.example.com."),
        ("IAMSITE_URL", "https://iam.example.com/path", "not like https://iam.example.com."),
        ("IAMSITE_TRUSTED_PROXIES", "proxy", "which is neither an address nor a network."),
        ("IAMSITE_LOG_LEVEL", "LOUD", "not one of INFO, DEBUG, WARNING, ERROR."),
    ],
)
def test_a_value_that_makes_no_sense_is_told(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    result = manage(tmp_path, "check", **{name: value})
    assert result.returncode != 0
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"iamsite: {name} ")
    assert line.endswith(says)


def test_an_address_of_version_6_is_bracketed(tmp_path: Path) -> None:
    values = settings(tmp_path, "IAMSITE_URL", "ALLOWED_HOSTS", IAMSITE_HOST="::1")
    assert values["IAMSITE_URL"] == "http://[::1]:8000"
    assert values["ALLOWED_HOSTS"][0] == "[::1]"


def test_every_variable_is_in_the_documentation() -> None:
    table = (SOURCE / "docs" / "configuration.md").read_text()
    named = {
        name
        for folder in ("iamsite", "accounts", "identities", "policies")
        for path in (SOURCE / folder).rglob("*.py")
        for name in re.findall(r'"(IAMSITE_[A-Z_]+)"', path.read_text())
    }
    assert named
    assert {name for name in named if f"`{name}`" not in table} == set()
