"""What a statement is about: ARNs as things with names."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from policies.engine import Statement
from policies.reading.lists import all_of
from policies.reading.services import Names, service_title

# Kinds whose name says everything, whatever the service.
_OWN_KINDS = {
    "iam": {
        "user": gettext_noop("user"),
        "group": gettext_noop("group"),
        "role": gettext_noop("role"),
        "policy": gettext_noop("policy"),
        "instance-profile": gettext_noop("instance profile"),
        "mfa": gettext_noop("MFA device"),
        "saml-provider": gettext_noop("SAML provider"),
        "oidc-provider": gettext_noop("OIDC provider"),
        "server-certificate": gettext_noop("server certificate"),
        "delegation-request": gettext_noop("delegation request"),
    },
    "sts": {
        "assumed-role": gettext_noop("role session"),
        "federated-user": gettext_noop("federated user"),
    },
}


def resources_phrase(statement: Statement, names: Names) -> str:
    """`on bucket reports and every object in it`, `on every resource except …`."""
    if statement.resources is not None:
        return _("on %(resources)s") % {
            "resources": all_of([_phrase(one, names) for one in statement.resources])
        }
    named = [_phrase(one, names) for one in statement.not_resources or ()]
    return _("on every resource except %(resources)s") % {"resources": all_of(named)}


def _phrase(arn: str, names: Names) -> str:
    if arn == "*":
        return _("every resource")
    parts = arn.split(":", 5)
    if len(parts) < 6 or "${" in "".join(parts[:5]):
        return _("resources that match %(pattern)s") % {"pattern": arn}
    _arn, _partition, service, region, account, resource = parts
    if resource == "*" and service == "s3":
        what = _("every bucket and object")
    elif resource == "*":
        what = _("every resource of %(service)s") % {"service": service_title(service, names)}
    elif service == "s3" and not region and not account:
        what = _s3(resource)
    else:
        what = _named(service, resource)
    return _placed(what, region, account)


def _s3(resource: str) -> str:
    """A bucket, or objects in it: S3's ARNs name no kind."""
    bucket, slash, key = resource.partition("/")
    within = _in_buckets(bucket)
    if not slash and bucket.endswith("*"):  # the wildcard takes in what follows a slash
        return _("buckets and objects that match %(bucket)s") % {"bucket": bucket}
    if not slash:
        return within
    if key == "*":
        return _("every object in %(bucket)s") % {"bucket": within}
    if _is_pattern(key):
        return _("objects that match %(key)s in %(bucket)s") % {"key": key, "bucket": within}
    return _("object %(key)s in %(bucket)s") % {"key": key, "bucket": within}


def _in_buckets(bucket: str) -> str:
    if bucket == "*":
        return _("every bucket")
    if _is_pattern(bucket):
        return _("buckets that match %(bucket)s") % {"bucket": bucket}
    return _("bucket %(bucket)s") % {"bucket": bucket}


def _named(service: str, resource: str) -> str:
    kind, name = _kind_and_name(resource)
    own = _OWN_KINDS.get(service, {}).get(kind)
    if own is None and not kind:
        spoken = _("%(service)s resource") % {"service": service}
    else:
        spoken = _(own) if own else f"{service} {kind}"
    names = {"kind": spoken, "name": name}
    if name == "*":
        return _("every %(kind)s") % names
    if _is_pattern(name):
        return _("every %(kind)s that matches %(name)s") % names
    return _("%(kind)s %(name)s") % names


def _kind_and_name(resource: str) -> tuple[str, str]:
    """`table/Orders`, `function:resize` or `Orders` as kind and name."""
    for index, character in enumerate(resource):
        if character in "/:":
            kind, name = resource[:index], resource[index + 1 :]
            return ("", resource) if _is_pattern(kind) or not name else (kind, name)
    return "", resource


def _placed(what: str, region: str, account: str) -> str:
    names = {"what": what, "region": region, "account": account}
    if region not in ("", "*"):
        names["what"] = _("%(what)s in region %(region)s") % names
    if account == "aws":
        return _("%(what)s of AWS") % names
    if account not in ("", "*"):
        return _("%(what)s of account %(account)s") % names
    return names["what"]


def _is_pattern(text: str) -> bool:
    """Whether it holds a wildcard; `${*}` is the character itself."""
    for literal in ("${*}", "${?}"):
        text = text.replace(literal, "")
    return "*" in text or "?" in text
