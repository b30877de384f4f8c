"""What can be wrong with images, their files and boot environments."""

from deployflow.platform.errors import Conflict, Invalid, NotFound


class ImageNotFound(NotFound):
    code = "image_not_found"
    title = "There is no such image"


class ImportNotFound(NotFound):
    code = "image_import_not_found"
    title = "There is no such import"


class EnvironmentNotFound(NotFound):
    code = "boot_environment_not_found"
    title = "There is no such boot environment"


class ImageNameTaken(Conflict):
    code = "name_taken"
    title = "An image of this name and version exists already"


class ImageInUse(Conflict):
    code = "image_in_use"
    title = "A profile uses this image: let it use another one first"


class ImageNotReady(Conflict):
    code = "image_not_ready"
    title = "The image is not ready: wait for its import, or mend it"


class ImportRunning(Conflict):
    code = "image_import_running"
    title = "The image is being imported: cancel the import first"


class ImportStateWrong(Conflict):
    code = "image_import_state_wrong"
    title = "The import is in another state"


class EnvironmentBusy(Conflict):
    code = "boot_environment_busy"
    title = "The boot environment is being made: wait until it is ready"


class BootFilesMissing(Conflict):
    code = "boot_files_missing"
    title = "This image brought no boot.wim: import a Windows ISO, which has one"


class WimbootMissing(Conflict):
    code = "wimboot_missing"
    title = (
        "WinPE is started by wimboot, which is not ours to ship: download it from https://ipxe.org/wimboot, upload it"
        " for the purpose 'image', and give wimboot_upload_id with its SHA-256"
    )


class WimbootWrong(Invalid):
    code = "wimboot_wrong"
    title = "This file is not wimboot"


class AgentMissing(Conflict):
    code = "agent_not_built"
    title = "The agent for Windows is not on the server: `make agent` in the checkout builds it"
