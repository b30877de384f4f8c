"""What can be wrong with scripts and the values they are run with."""

from deployflow.platform.errors import Conflict, Invalid, NotFound


class ScriptNotFound(NotFound):
    code = "script_not_found"
    title = "There is no such script"


class ScriptNameTaken(Conflict):
    code = "name_taken"
    title = "A script of this name exists already"


class ParametersWrong(Invalid):
    code = "parameters_wrong"
    title = "The parameters do not fit the script"
