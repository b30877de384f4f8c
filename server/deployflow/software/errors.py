"""What can be wrong with software."""

from deployflow.platform.errors import Conflict, Invalid, NotFound


class SoftwareNotFound(NotFound):
    code = "software_not_found"
    title = "There is no such software"


class SoftwareNameTaken(Conflict):
    code = "name_taken"
    title = "Software of this name exists already"


class SoftwareInUse(Conflict):
    code = "software_in_use"
    title = "A bundle still names this software"


class SoftwareWrong(Invalid):
    code = "software_wrong"
    title = "The software cannot be kept like this"


class NothingToUninstall(Invalid):
    code = "no_uninstall_command"
    title = "This software has no command that uninstalls it"


class NothingToDetect(Invalid):
    code = "no_detection_rule"
    title = "This software has no detection rule"


class InstallerNotFound(NotFound):
    code = "installer_not_found"
    title = "There is no such installer"


class InstallerNotReady(Conflict):
    code = "installer_not_ready"
    title = "The installer is not ready: wait until it was read, or mend it"


class InstallerStateWrong(Conflict):
    code = "installer_state_wrong"
    title = "The installer is in another state"


class BundleNotFound(NotFound):
    code = "software_bundle_not_found"
    title = "There is no such bundle"


class BundleNameTaken(Conflict):
    code = "name_taken"
    title = "A bundle of this name exists already"
