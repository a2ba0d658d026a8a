"""Creation of the history of assets that the settings name."""

import time

from functions.core.assets.history import History
from functions.core.settings import Settings


def create_history(settings: Settings) -> History | None:
    """Return the history that the settings name, or None where none is kept."""
    if settings.history_table is None:
        return None
    # Late: a function without a history needs none of it.
    from functions.core.assets.history_table import create_history_table

    return create_history_table(settings, time.time)
