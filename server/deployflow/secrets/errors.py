"""What can go wrong with stored credentials."""

from deployflow.platform.errors import Conflict, NotFound


class SecretNameTaken(Conflict):
    code = "name_taken"
    title = "A secret of this name exists already"


class SecretMissing(NotFound):
    code = "secret_missing"
    title = "A secret that is needed here does not exist any more"
