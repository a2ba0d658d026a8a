"""A user's recipe: the TOML file that describes a model, and names its network and its data."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self, TypeGuard, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from build_scripts.errors import RecipeError
from build_scripts.export.torch_export import OPSET, ExporterName, Length
from build_scripts.measuring.gates import MAX_ACCURACY_DROP
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.logits import Gives
from build_scripts.quantization.techniques import CANDIDATES, DEFAULT_CANDIDATES
from functions.core.models.manifest import LARGEST_FLOAT32, MOST_CONDITIONS, SLUG, Condition

Slug = Annotated[str, Field(pattern=f"{SLUG}$")]
Version = Annotated[str, Field(pattern=r"^[1-9][0-9]*$")]


class _Part(BaseModel):
    """A table of the recipe; an unknown key is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class ClassPart(_Part):
    """One class, in the order of the logits.

    id: in answers and settings; name: for people.
    """

    id: Slug
    name: str


class ConditionPart(_Part):
    """One condition of operation, a column of the network's second input; with a default a caller may leave it out.

    name: as callers name it; unit: for example rpm; minimum, maximum: what is outside is refused.
    """

    name: Slug
    unit: str = Field(default="", max_length=32)
    minimum: float = Field(ge=-LARGEST_FLOAT32, le=LARGEST_FLOAT32)
    maximum: float = Field(ge=-LARGEST_FLOAT32, le=LARGEST_FLOAT32)
    default: float | None = None

    @property
    def condition(self) -> Condition:
        """The condition as the manifest has it."""
        return Condition(**self.model_dump(), required=self.default is None)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _ = self.condition
        return self


class ModelPart(_Part):
    """[model]: what the model is for, and the tensors it takes.

    name, version: of the package, as requests name it; title: for people; channels: of a recording; window: samples of
    a window; sample_rate_hz, unit: of the samples; classes: in the order of the logits; conditions: columns of the
    second input.
    """

    name: Slug
    title: str
    version: Version = "1"
    channels: int = Field(default=1, ge=1)
    window: int = Field(ge=2)
    sample_rate_hz: float = Field(gt=0)
    unit: str = "g"
    classes: tuple[ClassPart, ...] = Field(min_length=2)
    conditions: tuple[ConditionPart, ...] = Field(default=(), max_length=MOST_CONDITIONS)

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        if len({one.name for one in self.conditions}) != len(self.conditions):
            raise ValueError("names of conditions must be unique")
        return self

    @field_validator("classes")
    @classmethod
    def _distinct(cls, classes: tuple[ClassPart, ...]) -> tuple[ClassPart, ...]:
        for names in ([one.id for one in classes], [one.name for one in classes]):
            if twice := [name for name in names if names.count(name) > 1]:
                raise ValueError(f"{twice[0]!r} stands twice; every class needs an id and a name of its own")
        return classes


class NetworkPart(_Part):
    """[network]: the Python file beside the recipe, and the class or function in it that makes the network.

    Without file and factory the checkpoint is the network itself. file: beside the recipe; factory: what in it makes
    the network; arguments: of the factory, whatever TOML can hold. head: name of the layer whose input the novelty is
    measured on; without it the linear layer that gives the logits. output: name or index of the logits among several
    outputs. gives: logits or probabilities; without it probabilities are refused. weights: the key of the checkpoint
    they stand under, where it holds several that fit, as those of a moving average.
    """

    file: Path | None = None
    factory: str | None = None
    arguments: dict[str, Any] = Field(default_factory=dict)
    head: str | None = None
    output: str | int | None = None
    gives: Gives | None = None
    weights: str | None = None

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.file is None) != (self.factory is None):
            raise ValueError("file and factory belong together: the file, and what in it makes the network")
        return self


class ExportPart(_Part):
    """[export]: which of PyTorch's exporters, the opset, and whether the length is free.

    exporter: legacy is TorchScript; without it dynamo is tried first, then legacy. opset: 18 to 23. length: without it
    free is tried first, and fixed where the network does not run, export or validate so.
    """

    exporter: ExporterName | None = None
    opset: int = OPSET
    length: Length | None = None


class DataPart(_Part):
    """[data]: labelled records (.npz) for calibration windows, for fitting the calibration, and for proof.

    training: for ranges of values and for novelty; fitting: for calibration and the choice of a variant; unseen: for
    every figure of the card; description, limits: stand on the card; foreign: of machines that are in none of the
    others, by which trust is fitted.
    """

    training: Path
    fitting: Path
    unseen: Path
    description: str
    limits: str
    foreign: Path | None = None


class QuantizationPart(_Part):
    """[quantization]: how many windows set the ranges, and the variants that are tried, the preferred one first.

    windows: from the training records; variants: by name; max_accuracy_drop: share of windows a variant may lose
    against float32; the gate's limit or below. fp16: whether the package also has a float16 variant, which GPUs serve.
    epochs: of the fine-tuning that makes the variant qat.
    """

    windows: int = Field(default=256, ge=1)
    variants: tuple[str, ...] = Field(default=DEFAULT_CANDIDATES, min_length=1)
    max_accuracy_drop: float = Field(default=MAX_ACCURACY_DROP, ge=0, le=MAX_ACCURACY_DROP)
    fp16: bool = False
    epochs: int = Field(default=3, ge=1)


class CalibrationPart(_Part):
    """[calibration]: how strict the threshold of novelty is.

    false_alarm_rate: share of the fitting records that may be called novel.
    """

    false_alarm_rate: float = Field(default=0.01, gt=0, lt=0.5)


class RecipeFile(_Part):
    """The content of a recipe file, a member for each table."""

    model: ModelPart
    network: NetworkPart = NetworkPart()
    data: DataPart
    export: ExportPart = ExportPart()
    quantization: QuantizationPart = QuantizationPart()
    calibration: CalibrationPart = CalibrationPart()


@dataclass(frozen=True)
class UserRecipe:
    """A recipe that was read; every path in it is absolute or below the recipe's folder."""

    content: RecipeFile
    folder: Path

    @property
    def description(self) -> ModelDescription:
        """The model's description."""
        model = self.content.model
        classes = tuple((one.id, one.name) for one in model.classes)
        conditions = tuple(one.condition for one in model.conditions)
        return ModelDescription(
            model.name, model.title, classes, model.window, model.sample_rate_hz, model.unit, conditions
        )

    def path(self, named: Path) -> Path:
        """Return a path of the recipe, which counts from the recipe's folder."""
        return self.folder / named


def read_recipe(path: Path) -> UserRecipe:
    """Read a recipe.

    Raises:
        RecipeError: the file is missing, is no TOML, lacks a key, has one that is not known, or a wrong value.
    """
    try:
        content = RecipeFile.model_validate(tomllib.loads(path.read_text()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path} is not a readable recipe: {error}.") from error
    except ValidationError as error:
        raise RecipeError(f"{path}: {'; '.join(map(_sentence, error.errors()))}.") from error
    if unknown := [name for name in content.quantization.variants if name not in CANDIDATES]:
        raise RecipeError(f"{path}: there is no variant {unknown[0]!r}; there are {', '.join(CANDIDATES)}.")
    return UserRecipe(content, path.parent)


def _sentence(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"{place} is missing"
    if error["type"] == "extra_forbidden":
        *table, key = error["loc"]
        return f"{place}: there is no key {key!r} here; there are {', '.join(_keys(table))}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{place}: {message[0].lower()}{message[1:]}"


def _keys(table: Sequence[str | int]) -> list[str]:
    """Return the keys of a table of the recipe, by the place that pydantic names."""
    part: type[BaseModel] = RecipeFile
    for name in table:
        if isinstance(name, str):
            annotation = part.model_fields[name].annotation
            part = next(one for one in (annotation, *get_args(annotation)) if _is_part(one))
    return list(part.model_fields)


def _is_part(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
