"""What can go wrong when machines start from the network, and what to do about it."""

from deployflow.platform.errors import Conflict, Forbidden, Gone, Invalid, NotFound, TooManyRequests, Unauthenticated


class SiteNotFound(NotFound):
    code = "boot_site_not_found"
    title = "There is no such boot site"


class SiteNameTaken(Conflict):
    code = "name_taken"
    title = "A boot site with this name or code exists already"


class LastSite(Conflict):
    code = "last_boot_site"
    title = "The last boot site stays: change it instead"


class NotAtThisSite(Forbidden):
    code = "not_at_this_site"
    title = "This boot site is not for machines of this network"


class NetworkNotTrusted(Forbidden):
    code = "network_not_trusted"
    title = "This boot site takes no plain HTTP: mark it as a trusted network, or boot over HTTPS"


class MachineNotFound(NotFound):
    code = "discovered_machine_not_found"
    title = "There is no such machine"


class SessionNotFound(NotFound):
    code = "boot_session_not_found"
    title = "There is no such boot session"


class SessionStateWrong(Conflict):
    code = "boot_session_state_wrong"
    title = "The boot session's state does not allow this"


class SessionOver(Gone):
    code = "session_over"
    title = "This boot session is over: start the machine again"


class BootKeyUnknown(Unauthenticated):
    code = "key_unknown"
    title = "This server knows no boot session of this key: begin one"


class TooManySessions(TooManyRequests):
    code = "too_many_sessions"
    title = "Too many machines ask from here at once: wait a little"


class CodeWrong(Forbidden):
    code = "code_wrong"
    title = "This is not the code of this machine"


class ProfileNeeded(Invalid):
    code = "profile_needed"
    title = "Choose a profile: the machine brought none"


class ProfileNotAllowed(Forbidden):
    code = "profile_not_allowed"
    title = "This profile is not offered at this boot site"


class PinWrong(Forbidden):
    code = "pin_wrong"
    title = "This PIN is not good here"


class PinUnreadable(Invalid):
    code = "pin_unreadable"
    title = "This PIN was sealed to another server's key: build the boot environment anew"


class TooManyPins(TooManyRequests):
    code = "too_many_pins"
    title = "Too many wrong PINs at this boot site: approve in the console, or wait an hour"


class PinNotFound(NotFound):
    code = "technician_pin_not_found"
    title = "There is no such PIN"


class EnvironmentMissing(NotFound):
    code = "boot_environment_missing"
    title = "There is no such boot environment: build one with `deployflow boot build`"


class ContentMissing(NotFound):
    code = "content_missing"
    title = "The plan of this session names no such content"
