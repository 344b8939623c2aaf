"""Facts built without validation, for values that the engine has already checked by construction.

Validation of a fact costs more than reading its event; tests compare what is built here with validated models.
"""

from typing import Any, Final, TypeVar

from pydantic import BaseModel

from domain.facts import Fact, Source

_Model = TypeVar("_Model", bound=BaseModel)

_set: Final = object.__setattr__


def defaults(model: type[BaseModel]) -> dict[str, Any]:
    """Return every field of a model with its default; required ones as None, in field order."""
    return {
        name: None if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
    }


def build(model: type[_Model], values: dict[str, Any], fields: set[str]) -> _Model:
    """Return a model holding exactly these values; every field must be present and of its type."""
    made = model.__new__(model)
    _set(made, "__dict__", values)
    _set(made, "__pydantic_fields_set__", fields)
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made


FACT_FIELDS: Final = set(Fact.model_fields)
SOURCE_FIELDS: Final = set(Source.model_fields)
