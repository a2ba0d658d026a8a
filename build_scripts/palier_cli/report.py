"""Diagnoses and models for the terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from build_scripts.palier_cli.diagnose import Outcome
from build_scripts.palier_cli.report_table import side_by_side
from build_scripts.palier_cli.terminal import printable
from functions.core.models.manifest import Manifest

_TOP = 3
_BAR_WIDTH = 24
_CLIPPED = "clipped at the sensor's range: do not trust it"
_NOVELTY = {
    True: "like the training data",
    False: "unlike the training data: do not trust it",
    None: "novelty not measured",
}
_SOURCES = {"file": "as the file states", "option": "as stated"}
_STATE_THE_BEARING = "a rolling bearing? with --shaft-speed-rpm and --bearing its lines are looked for, on any machine"
_AGREEMENT = {
    True: "the lines agree with the diagnosis",
    False: "the lines contradict the diagnosis: do not trust it",
    None: "the lines neither confirm the diagnosis nor contradict it",
}


def print_outcomes(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Print one diagnosis in full, several as a table; reasons why there is none go elsewhere."""
    only = outcomes[0].answer if len(outcomes) == 1 else None
    if only is not None and "predictions" not in only:
        console.print(_full(outcomes[0].file, only))
    elif only is not None or len(outcomes) > 1:
        console.print(side_by_side(outcomes))


def print_models(console: Console, manifests: Sequence[Manifest], default_model: str) -> None:
    """Print a table of model packages."""
    table = Table(box=None, pad_edge=False)
    for column in ("model", "version", "classes", "window", "variants", ""):
        table.add_column(column)
    for manifest in manifests:
        spec = manifest.input
        table.add_row(
            manifest.name,
            manifest.version,
            str(len(manifest.classes)),
            f"{spec.window / spec.sample_rate_hz:g} s at {spec.sample_rate_hz:g} Hz",
            ", ".join(f"{variant.precision} {variant.size_bytes / 1000:.0f} kB" for variant in manifest.variants),
            "default" if manifest.name == default_model else "",
        )
    console.print(table)


def _full(file: str, answer: dict[str, Any]) -> RenderableType:
    bars = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for class_id, probability in list((answer["probabilities"] or {}).items())[:_TOP]:
        filled = round(probability * _BAR_WIDTH)
        bars.add_row(f"  {printable(class_id)}", f"{probability:7.2%}", "█" * filled + "░" * (_BAR_WIDTH - filled))
    model = answer["model"]
    source = printable(f"{model['name']} {model['version']} ({model['precision']})")
    head = Text.assemble((printable(answer["class_name"]), "bold"), f"  {answer['confidence']:.1%}   {printable(file)}")
    tail = f"  {_windows(answer)}, {answer['inference_time_ms']:.2f} ms by {source}; {_trust(answer)}"
    return Group(head, bars, Text(tail), *_recording(answer["recording"]), *_evidence(answer))


def _recording(read: dict[str, Any]) -> Iterator[Text]:
    """Yield what was read of the file, and the figures of it."""
    unit = f" {printable(read['unit'])}" if read["unit"] else ""
    channel = "all channels" if read["channel"] is None else f"channel {printable(read['channel'])}"
    yield Text.assemble(f"  {channel}, {read['duration_s']:g} s at ", *_rate(read))
    velocity, zone = read["velocity_rms_mm_s"], read["severity_zone"]
    severity = "" if velocity is None else f", velocity {velocity:.3g} mm/s RMS (10 to 1,000 Hz)"
    severity += "" if zone is None else f", zone {zone} of ISO 20816-3"
    figures = f"RMS {read['rms']:.3g}{unit}, peak {read['peak']:.3g}{unit}, crest factor {read['crest_factor']:.3g}"
    yield Text(f"  {figures}, kurtosis {read['kurtosis']:.3g}{severity}")
    if read.get("note"):
        yield Text(f"  {printable(read['note'])}", "yellow")


def _rate(read: dict[str, Any]) -> tuple[str | tuple[str, str], ...]:
    rate = f"{read['sample_rate_hz']:g} Hz"
    if read["sample_rate_source"] == "assumed":
        return rate, ", ", ("assumed: neither the file nor --sample-rate-hz states the rate", "yellow")
    return rate, f" ({_SOURCES[read['sample_rate_source']]})"


def _evidence(answer: dict[str, Any]) -> Iterator[RenderableType]:
    """Yield the lines of the spectrum, and whether they support the class; of a strange machine, how to get them."""
    if not answer.get("evidence"):
        if answer["in_distribution"] is False and not answer.get("clipped"):
            yield Text(f"  {_STATE_THE_BEARING}")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("  line")
    for name in ("order", "Hz", "level of its harmonics, dB"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("speaks for", no_wrap=True)
    for line in answer["evidence"]:
        levels = " ".join(f"{one['level_db']:4.0f}" for one in line["harmonics"])
        supports = Text("-") if line["supports"] is None else Text(printable(line["supports"]), "bold")
        table.add_row(
            f"  {printable(line['name'])}", f"{line['order']:.3f}", f"{line['frequency_hz']:.1f}", levels, supports
        )
    yield table
    yield Text(f"  read at {answer['shaft_speed_used_rpm']:g} rpm; {_agreement(answer)}")


def _agreement(answer: dict[str, Any]) -> str:
    if answer.get("evidence_note"):
        return printable(answer["evidence_note"][:1].lower() + answer["evidence_note"][1:]).rstrip(".")
    return _AGREEMENT[answer["evidence_agrees"]]


def _trust(answer: dict[str, Any]) -> str:
    return _CLIPPED if answer.get("clipped") else _NOVELTY[answer["in_distribution"]]


def _windows(answer: dict[str, Any]) -> str:
    return f"{answer['windows']} window{'s' if answer['windows'] != 1 else ''}"
