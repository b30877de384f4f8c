"""The configurations of task types in the API's description: routes take any of them, clients want their types."""

from typing import Any

from pydantic.json_schema import models_json_schema

from deployflow.profiles import task_types

_REF = "#/components/schemas/"


def add_to(schema: dict[str, Any]) -> None:
    """Put the configuration of every type that is registered into an OpenAPI document."""
    models = [(kind.configuration_model, "validation") for kind in task_types.every()]
    _keys, shapes = models_json_schema(models, ref_template=_REF + "{model}")  # type: ignore[arg-type]
    known = schema.setdefault("components", {}).setdefault("schemas", {})
    for name, shape in shapes["$defs"].items():
        known.setdefault(name, shape)
