"""Role trust policies: principals that fit their actions, and providers held to their claims."""

from __future__ import annotations

import re

from .source import Element, Findings, Statement

GITHUB = "token.actions.githubusercontent.com"
ROLES_ANYWHERE = "rolesanywhere.amazonaws.com"
_NEEDED_ANYWHERE = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")
_ASSUME = {
    "AWS": "sts:AssumeRole",
    "Service": "sts:AssumeRole",
    "saml": "sts:AssumeRoleWithSAML",
    "oidc": "sts:AssumeRoleWithWebIdentity",
}
# What a session carries is set by an action of its own, beside the assuming.
_SET_BY = {
    "sts:sourceidentity": "sts:SetSourceIdentity",
    "sts:transitivetagkeys": "sts:TagSession",
    "aws:tagkeys": "sts:TagSession",
    "aws:requesttag/": "sts:TagSession",
}
_PROVIDER = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(saml-provider|oidc-provider)/.+")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_SESSION = re.compile(r"(arn:[a-z-]+):sts::([0-9]{12}):assumed-role/([^/]+)/.+")
_GITHUB_BRANCH = re.compile(r"repo:[^*?:]+:[^*?]+")


def check_trust(statement: Statement, findings: Findings) -> None:
    _check_keys(statement, findings)
    if "Principal" in statement.elements:
        _check_fit(statement, statement.elements["Principal"], findings)
        _check_redundant(statement.elements["Principal"], findings)


def _allows(statement: Statement, action: str) -> bool:
    """Whether one of the statement's actions is this, or a wildcard over it."""
    wanted = action.lower()
    return any(
        item.text.lower() == wanted
        or (item.text.endswith("*") and wanted.startswith(item.text.lower()[:-1]))
        for item in statement.actions
    )


def _check_keys(statement: Statement, findings: Findings) -> None:
    for condition in statement.conditions():
        key = condition.key.lower()
        action = next((one for start, one in _SET_BY.items() if key.startswith(start)), None)
        if action and statement.actions and not _allows(statement, action):
            code = "MISSING_ACTION_FOR_CONDITION_KEY"
            findings.add(code, condition.values, action, action=action, key=condition.key)


def _check_fit(statement: Statement, principal: Element, findings: Findings) -> None:
    fitting: dict[str, str] = {}  # the action that fits, by principal
    for key, values in principal.members():
        for item in values.texts():
            form = key
            if key == "Federated":
                form = "saml" if ":saml-provider/" in item.text else "oidc"
                wild = "*" in item.text or "?" in item.text
                if not wild and not (
                    _PROVIDER.fullmatch(item.text) or _DOMAIN.fullmatch(item.text)
                ):
                    code = "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY"
                    findings.add(code, item)
            if form in _ASSUME:
                fitting[item.text] = _ASSUME[form]
            if form == "oidc" and statement.effect == "Allow":
                host = item.text.partition(":oidc-provider/")[2] or item.text
                _check_oidc(statement, item, host.lower(), findings)
            if (
                key == "Service"
                and item.text == ROLES_ANYWHERE
                and statement.effect == "Allow"
                and not all(_allows(statement, one) for one in _NEEDED_ANYWHERE)
            ):
                code = "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY"
                findings.add(code, item, ", ".join(_NEEDED_ANYWHERE))
    for action in statement.actions:
        assumes = any(action.text.lower() == one.lower() for one in _ASSUME.values())
        if assumes and not any(action.text.lower() == one.lower() for one in fitting.values()):
            findings.add(
                "MISMATCHED_ACTION_FOR_PRINCIPAL",
                action,
                next(iter(fitting.values()), ""),
                action=action.text,
                principal=", ".join(fitting),
            )


def _check_oidc(statement: Statement, item: Element, host: str, findings: Findings) -> None:
    conditions = [one for one in statement.conditions() if one.key.lower().startswith(host + ":")]
    if not conditions:
        code = "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL"
        findings.add(code, item, f"add a condition on {host}:aud and {host}:sub")
        return
    for condition in conditions:
        if condition.key.lower() == f"{host}:aud" and condition.qualifier:
            findings.add("CONFIRM_AUDIENCE_CLAIM_TYPE", condition.values, key=condition.key)
    if host != GITHUB:
        return
    subjects = [one for one in conditions if one.key.lower() == f"{GITHUB}:sub"]
    if not subjects:
        suggestion = f'"StringLike": {{"{GITHUB}:sub": "repo:OWNER/REPOSITORY:*"}}'
        findings.add("MISSING_GITHUB_REPO_CONDITION_KEY", item, suggestion)
    for condition in subjects:
        for value in condition.values.texts():
            if "like" in condition.base and not _GITHUB_BRANCH.fullmatch(value.text):
                code = "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED"
                findings.add(code, value, "repo:OWNER/REPOSITORY:ref:refs/heads/BRANCH")


def _check_redundant(principal: Element, findings: Findings) -> None:
    named = [item for key, values in principal.members() if key == "AWS" for item in values.texts()]
    texts = {item.text for item in named}
    for item in named:
        session = _SESSION.fullmatch(item.text)
        if session is None:
            continue
        partition, account, name = session.groups()
        start = f"{partition}:iam::{account}:role/"
        role = next(
            (one for one in texts if one.startswith(start) and one.endswith(f"/{name}")), ""
        )
        if role:
            code = "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY"
            findings.add(code, item, role, principal=item.text, role=role)
