"""What can be wrong with a run."""

from deployflow.platform.errors import Conflict, Invalid, NotFound


class RunNotFound(NotFound):
    code = "run_not_found"
    title = "There is no such run"


class RunStateWrong(Conflict):
    code = "run_state_wrong"
    title = "The run's state does not allow this"


class NobodyCanDoIt(Invalid):
    code = "nobody_can_do_it"
    title = "None of these devices can do this"


class TooManyDevices(Invalid):
    code = "too_many_devices"
    title = "A run cannot have so many devices"


class NothingToRetry(Conflict):
    code = "nothing_to_retry"
    title = "Nothing of this run is there to be done again"
