"""What can go wrong with deployments, and what to do about it."""

from deployflow.platform.errors import Conflict, Gone, Invalid, NotFound


class DeploymentNotFound(NotFound):
    code = "deployment_not_found"
    title = "There is no such deployment"


class DeploymentStateWrong(Conflict):
    code = "deployment_state_wrong"
    title = "The deployment's state does not allow this"


class MachineBusy(Conflict):
    code = "machine_busy"
    title = "This machine has a deployment already"


class MachineUnknown(Invalid):
    code = "machine_unknown"
    title = "Nothing tells this machine from others"


class StepWrong(Invalid):
    code = "step_wrong"
    title = "This deployment has no such step to go on from"


class StepNotRunning(Conflict):
    code = "step_not_running"
    title = "A secret is handed out only while its step runs"


class SecretUnknown(NotFound):
    code = "secret_unknown"
    title = "This step has no such secret"


class SecretTaken(Gone):
    code = "secret_taken"
    title = "This secret was handed out already"


class SecretUnavailable(Conflict):
    code = "secret_unavailable"
    title = "A secret that this step needs cannot be opened"


class NoPasswordKept(NotFound):
    code = "no_password_kept"
    title = "No deployment has made a password for this device"
