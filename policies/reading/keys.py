"""Condition keys as nouns. Keys are folded to lower case, as they are compared.

Source: context-keys §1 to §7.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

KEYS = {
    "aws:calledvia": _("the services that pass the request on"),
    "aws:calledviafirst": _("the first service that passes the request on"),
    "aws:calledvialast": _("the last service that passes the request on"),
    "aws:currenttime": _("the time"),
    "aws:epochtime": _("the time"),
    "aws:federatedprovider": _("the caller's identity provider"),
    "aws:multifactorauthage": _("the age of the caller's MFA in seconds"),
    "aws:multifactorauthpresent": _("whether the caller has used MFA"),
    "aws:principalaccount": _("the caller's account"),
    "aws:principalarn": _("the caller's ARN"),
    "aws:principalisawsservice": _("whether the caller is a service"),
    "aws:principalorgid": _("the organization of the caller's account"),
    "aws:principalorgmasteraccountid": _("the management account of the caller's organization"),
    "aws:principalorgpaths": _("the places of the caller's account in its organization"),
    "aws:principalservicename": _("the calling service"),
    "aws:principalservicenameslist": _("the calling service's names"),
    "aws:principaltype": _("the caller's type"),
    "aws:referer": _("the request's referer"),
    "aws:requestedregion": _("the region asked for"),
    "aws:resourceaccount": _("the resource's account"),
    "aws:resourceorgid": _("the organization of the resource's account"),
    "aws:resourceorgpaths": _("the places of the resource's account in its organization"),
    "aws:securetransport": _("whether the request comes over TLS"),
    "aws:sourceaccount": _("the account on whose behalf a service calls"),
    "aws:sourcearn": _("the resource on whose behalf a service calls"),
    "aws:sourceidentity": _("the caller's source identity"),
    "aws:sourceip": _("the caller's IP address"),
    "aws:sourceorgid": _("the organization on whose behalf a service calls"),
    "aws:sourceorgpaths": _("the places in the organization on whose behalf a service calls"),
    "aws:sourcevpc": _("the VPC of the request"),
    "aws:sourcevpce": _("the VPC endpoint of the request"),
    "aws:tagkeys": _("the tag keys in the request"),
    "aws:tokenissuetime": _("the time when the caller's session began"),
    "aws:useragent": _("the caller's client program"),
    "aws:userid": _("the caller's id"),
    "aws:username": _("the caller's user name"),
    "aws:viaawsservice": _("whether a service passes the request on"),
    "aws:vpcsourceip": _("the caller's IP address in its VPC"),
    "iam:associatedresourcearn": _("the resource that the role is for"),
    "iam:awsservicename": _("the service that the role is linked to"),
    "iam:delegationduration": _("the delegation's duration in seconds"),
    "iam:delegationrequestowner": _("the delegation request's owner"),
    "iam:notificationchannel": _("the delegation request's notification channel"),
    "iam:organizationspolicyid": _("the id of the organization's policy"),
    "iam:passedtoservice": _("the service that the role is passed to"),
    "iam:permissionsboundary": _("the permissions boundary"),
    "iam:policyarn": _("the managed policy"),
    "iam:registersecuritykey": _("the step of registering a security key"),
    "iam:servicespecificcredentialagedays": _("the credential's lifetime in days"),
    "iam:servicespecificcredentialservicename": _("the credential's service"),
    "iam:templatearn": _("the policy template"),
    "sts:awsservicename": _("the service that the token is for"),
    "sts:durationseconds": _("the duration asked for in seconds"),
    "sts:externalid": _("the external id"),
    "sts:identitytokenaudience": _("the token's audiences"),
    "sts:requestcontextproviders": _("the providers of the request's context"),
    "sts:rolesessionname": _("the role session's name"),
    "sts:signingalgorithm": _("the token's signing algorithm"),
    "sts:sourceidentity": _("the source identity to be set"),
    "sts:taskpolicyarn": _("the task policy"),
    "sts:transitivetagkeys": _("the transitive tag keys"),
}

TAGS = {
    "aws:principaltag": _("the caller's tag %(tag)s"),
    "aws:requesttag": _("the tag %(tag)s in the request"),
    "aws:resourcetag": _("the resource's tag %(tag)s"),
    "iam:resourcetag": _("the resource's tag %(tag)s"),
    "sts:requestcontext": _("the context %(tag)s in the request"),
}

# What `false` and `true` say.
BOOLEANS = {
    "aws:multifactorauthpresent": (_("the caller has not used MFA"), _("the caller has used MFA")),
    "aws:principalisawsservice": (_("the caller is no service"), _("the caller is a service")),
    "aws:securetransport": (
        _("the request does not come over TLS"),
        _("the request comes over TLS"),
    ),
    "aws:viaawsservice": (
        _("no service passes the request on"),
        _("a service passes the request on"),
    ),
}
