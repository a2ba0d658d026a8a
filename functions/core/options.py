"""The options of a diagnosis: members of a JSON body, or query parameters of the same names."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from functions.core.errors import InvalidOptionError, PalierError, SampleRateError, UnknownOptionError


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_number_as_text)]


class DiagnosisOptions(BaseModel):
    """What a caller may ask for beside the recording."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sample_rate_hz: float | None = Field(
        default=None,
        description="Samples per second. Default: what the file says, else the model's own rate.",
    )
    return_probabilities: bool = Field(default=True, description="Answer with every class's probability.")
    return_top_k: int | None = Field(default=None, ge=1, description="Only the k most probable classes.")
    model: str | None = Field(default=None, description="Name of a model. Default: the service's default model.")
    version: Text | None = Field(default=None, description="Version of the model. Default: the newest.")
    asset_id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$", description="The machine's name."
    )
    channel: Text | None = Field(
        default=None, description="Name or number (from 0) of the channel to use, where a file has several."
    )
    full_scale: float = Field(
        default=1.0,
        gt=0,
        allow_inf_nan=False,
        description="WAV of integers: the value, in the model's unit, of a sample at full scale.",
    )

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Read options from a JSON object's members or a query.

        Raises:
            UnknownOptionError, InvalidOptionError, SampleRateError: `field` names the option.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise _option_error(error) from None


def _option_error(error: ValidationError) -> PalierError:
    first = error.errors(include_url=False)[0]
    # A member whose name is no text (a lone surrogate) has no location.
    field = str(first["loc"][0]) if first["loc"] else None
    if first["type"] == "extra_forbidden":
        known = ", ".join(DiagnosisOptions.model_fields)
        return UnknownOptionError(f"There is no option {field!r}; there are {known}.", field=field)
    kind = SampleRateError if field == "sample_rate_hz" else InvalidOptionError
    return kind(f"The option {field!r} cannot be used: {first['msg']}.", field=field)
