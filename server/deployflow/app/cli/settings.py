"""Settings for a command."""

from typing import Any

from deployflow.app.failures import WrongUsage
from deployflow.platform.settings import Settings, SettingsError, load_settings


def read_settings(**given: Any) -> Settings:
    """The settings, with what was given on the command line first.

    Raises:
        WrongUsage: naming each wrong one.
    """
    try:
        return load_settings(**given)
    except SettingsError as error:
        raise WrongUsage(str(error)) from error
