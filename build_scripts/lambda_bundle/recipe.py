"""The recipe of the runtime layer, layers/runtime/recipe.toml: what goes in and what it may cost."""

import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from build_scripts.lambda_bundle.errors import BundleError


class RecipePart(BaseModel):
    """A frozen part of the recipe; an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(RecipePart):
    """A pattern of paths, and why it stands here; `*` goes over folders."""

    pattern: str
    reason: str = Field(min_length=1)

    def matches(self, path: str) -> bool:
        """Return whether the pattern matches a path."""
        return fnmatchcase(path, self.pattern)


class LeftOut(RecipePart):
    """A locked distribution that does not go into the layer."""

    distribution: str
    reason: str = Field(min_length=1)


class Budget(RecipePart):
    """The largest sizes of the runtime layer, in MiB."""

    unzipped: float
    zipped: float


class Forbidden(RecipePart):
    """Top-level packages and folders that must not be in a layer."""

    packages: tuple[str, ...]
    folders: tuple[str, ...]

    def has(self, path: str) -> bool:
        """Return whether a path below a layer's python/ is of a forbidden package or folder."""
        *folders, file = path.split("/")
        package = folders[0] if folders else file.partition(".")[0]
        return package in self.packages or not set(self.folders).isdisjoint(folders)


class Recipe(RecipePart):
    """layers/runtime/recipe.toml."""

    python: str = Field(pattern=r"^3\.\d+\.\d+$")
    platforms: tuple[str, ...]
    bytecode_magic: int
    bundle_mib: float
    newest_symbols: dict[str, str]
    budgets_mib: dict[str, Budget]
    forbidden: Forbidden
    required: tuple[Rule, ...]
    left_out: tuple[LeftOut, ...]
    dropped: tuple[Rule, ...]
    emptied: tuple[Rule, ...] = ()
    licence: tuple[Rule, ...]
    build_only: tuple[Rule, ...] = ()

    @property
    def python_minor(self) -> str:
        """The Python's version without its patch level, for example 3.13."""
        return self.python.rpartition(".")[0]

    def only_builds(self, path: str) -> bool:
        """Return whether a path of the package `functions` is a source of something else that ships."""
        return any(rule.matches(path) for rule in self.build_only)

    def budget(self, architecture: str) -> Budget:
        """Return the budget of an architecture's runtime layer.

        Raises:
            BundleError: the recipe has none.
        """
        if architecture not in self.budgets_mib:
            raise BundleError(f"The layer recipe has no budget for {architecture}.")
        return self.budgets_mib[architecture]


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        BundleError: it is not of its form.
    """
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text()))
    except OSError as error:
        raise BundleError(f"There is no layer recipe {path}: put back the one that the project has.") from error
    except ValidationError as error:
        places = (f"{'.'.join(map(str, one['loc']))} ({one['type']})" for one in error.errors())
        reason = f"at {', '.join(places)}: correct what stands there"
    except ValueError as error:
        found = re.search(r"at line \d+, column \d+", str(error))
        reason = f"it is no TOML {found[0] if found else ''}".rstrip() + ": correct it there"
    raise BundleError(f"The layer recipe {path} is not of its form, {reason}.")
