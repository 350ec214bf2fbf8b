"""A part of the week's file: what every section has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from wfm.settings.values import Key


class Part(BaseModel):
    """A part of the file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class Named(Part):
    """A part whose name is its key in the file."""

    name: Key = Field("", alias="//name")
