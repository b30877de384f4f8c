"""What can be wrong with driver packs."""

from deployflow.platform.errors import Conflict, NotFound


class PackNotFound(NotFound):
    code = "driver_pack_not_found"
    title = "There is no such driver pack"


class PackNameTaken(Conflict):
    code = "name_taken"
    title = "A driver pack of this name and version exists already"


class PackStateWrong(Conflict):
    code = "driver_pack_state_wrong"
    title = "The driver pack is in another state"


class PackNotReady(Conflict):
    code = "driver_pack_not_ready"
    title = "The driver pack is not ready: wait for its import, or mend it"
