"""The plot of a plan: US dollars a month of each way by rate, and the rate of the load."""

from pathlib import Path

from build_scripts.palier_cli.planning.plan import RATES, Plan
from functions.core.errors import PalierError

_COLORS = {"on demand": "#1f4e79", "provisioned": "#8a8f98", "container": "#b3261e"}


class NoPlotError(PalierError):
    """The plot cannot be drawn or written."""

    code = "no_plot"


def draw(plan: Plan, path: Path) -> None:
    """Write a plot (SVG).

    Args:
        plan: what is drawn.
        path: a file in a folder that exists.

    Raises:
        NoPlotError: matplotlib is not installed, or the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise NoPlotError("A plot needs matplotlib; pip install matplotlib.") from None
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for way in plan.ways:
        axes.loglog(RATES, [way.month_at(rate) for rate in RATES], label=way.name, color=_COLORS[way.name])
    axes.axvline(plan.load.rate, color="#8a8f98", linewidth=1, linestyle=":")
    axes.annotate("this load", (plan.load.rate, 0.02), xycoords=("data", "axes fraction"), xytext=(4, 0),
                  textcoords="offset points", fontsize=8)  # fmt: skip
    axes.set(xlabel="requests a second, on average", ylabel="US dollars a month")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left")
    try:
        figure.savefig(path, format="svg", metadata={"Date": None})
    except OSError as error:
        raise NoPlotError(f"{path} cannot be written: {error.strerror}.") from error
