"""The look of a card's plots."""

from matplotlib.axes import Axes

DARK, LIGHT, GREY, RED = "#1f4e79", "#9dc3e6", "#8a8f98", "#b3261e"
TEXT_SIZE = 8


def quiet(axes: Axes) -> None:
    """Take away the lines above and beside a plot, and make its ticks' text small."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=TEXT_SIZE)
