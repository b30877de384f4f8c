"""What can go wrong with devices, and what to do about it."""

from deployflow.platform import clock
from deployflow.platform.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated


class DeviceNotFound(NotFound):
    code = "device_not_found"
    title = "There is no such device"


class DeviceStateWrong(Conflict):
    code = "device_state_wrong"
    title = "The device's state does not allow this"


class NothingToApprove(Conflict):
    code = "nothing_to_approve"
    title = "This device has no key that waits for approval"


class InventoryNotFound(NotFound):
    code = "inventory_not_found"
    title = "This device has not sent its inventory yet"


class SignatureMissing(Unauthenticated):
    code = "signature_missing"
    title = "Sign the request with the device's key"


class SignatureInvalid(Unauthenticated):
    code = "signature_invalid"
    title = "The signature does not fit the request"


class KeyUnknown(Unauthenticated):
    code = "key_unknown"
    title = "This server does not know the device's key: enroll again"


class Replayed(Unauthenticated):
    code = "replayed"
    title = "This request was received before: sign it anew"


class ClockSkew(Unauthenticated):
    """Carries the server's time, so that the agent corrects itself."""

    code = "clock_skew"
    title = "The device's clock is more than 5 minutes off"

    def __init__(self) -> None:
        super().__init__(server_time=clock.now().isoformat().replace("+00:00", "Z"))


class DeviceRevoked(Forbidden):
    code = "device_revoked"
    title = "This device was revoked"


class DeviceQuarantined(Forbidden):
    code = "device_quarantined"
    title = "Two machines use this device's key. Approve the device in the console to release it"


class DevicePending(Forbidden):
    code = "device_pending"
    title = "This device waits for approval in the console"


class FilterWrong(Invalid):
    code = "filter_wrong"
    title = "A rule of the filter cannot be used"


class GroupNotFound(NotFound):
    code = "group_not_found"
    title = "There is no such group"


class GroupNameTaken(Conflict):
    code = "name_taken"
    title = "A group of this name exists already"


class GroupIsDynamic(Conflict):
    code = "group_is_dynamic"
    title = "The members of a dynamic group follow from its rules: change those"


class GroupInUse(Conflict):
    code = "group_in_use"
    title = "Rules of another group name this one"


class SomeDevicesMissing(NotFound):
    code = "devices_not_found"
    title = "Some of these devices do not exist"


class NobodyMeant(Invalid):
    code = "nobody_meant"
    title = "This matches no device"
