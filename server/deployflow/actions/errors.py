"""What can be wrong with an order."""

from deployflow.platform.errors import Conflict, Invalid, NotFound


class ActionNotFound(NotFound):
    code = "action_not_found"
    title = "There is no such action"


class DevicesNotFound(NotFound):
    code = "devices_not_found"
    title = "Some of these devices do not exist"


class DeviceRefusesActions(Conflict):
    code = "device_revoked"
    title = "A revoked device takes no actions"


class KindUnknown(Invalid):
    code = "kind_unknown"
    title = "There is no such kind of action"


class PayloadInvalid(Invalid):
    code = "payload_invalid"
    title = "The payload does not fit the kind of action"


class NotForThisDevice(Invalid):
    code = "not_for_this_device"
    title = "This cannot run on one of the devices"


class ContentNotNamed(NotFound):
    code = "content_not_named"
    title = "None of this device's running actions names such a file"


class ActionEnded(Conflict):
    code = "action_ended"
    title = "The action has already ended"
