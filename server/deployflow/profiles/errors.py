"""What can be wrong with profiles."""

from deployflow.platform.errors import Conflict, Invalid, NotFound


class ProfileNotFound(NotFound):
    code = "profile_not_found"
    title = "There is no such profile"


class ProfileNameTaken(Conflict):
    code = "name_taken"
    title = "A profile of this name exists already"


class ProfileInUse(Conflict):
    code = "profile_in_use"
    title = "Something still uses this profile"


class ProfileNotReady(Conflict):
    """What would stop a deployment, said before one begins."""

    code = "profile_not_ready"
    title = "This profile cannot be deployed as it is"


class TaskWrong(Invalid):
    code = "task_wrong"
    title = "A task needs another configuration"


class ReferenceMissing(Invalid):
    code = "reference_missing"
    title = "A profile names something that does not exist"


class PatternWrong(Invalid):
    code = "naming_pattern_wrong"
    title = "The naming pattern cannot make a computer name"


class NameUnavailable(Conflict):
    code = "computer_name_unavailable"
    title = "The machine cannot be given this computer name"


class FileWrong(Invalid):
    code = "profile_file_wrong"
    title = "The profile's file cannot be read"
