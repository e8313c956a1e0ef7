"""The MFA devices of somebody, with what their keys are certified for."""

from __future__ import annotations

from iamsite.console.asking import Answer, Asking, Params
from identities import attestation
from identities.security_keys import is_key


def devices_of(ask: Asking, who: Params) -> Answer:
    """As ListMFADevices answers, with `Certifications` of keys that the viewer may see."""
    answer = ask.see(devices=("ListMFADevices", who))["devices"]
    if answer and attestation.is_asked_for():
        keys = {
            one["SerialNumber"]: one
            for one in answer.result["MFADevices"]
            if is_key(one["SerialNumber"])
        }
        told = ask.see(
            **{serial: ("GetMFADevice", {**who, "SerialNumber": serial}) for serial in keys}
        )
        for serial, device in told.items():
            keys[serial].update(device.result)
    return answer
