"""CARD.md of a model package: what the model is for, what it cannot do and what was measured."""

from __future__ import annotations

from functions.core.manifest import Evidence, Manifest, Variant


def render_card(manifest: Manifest, limits: str) -> str:
    """Render the card of a package as Markdown; every figure is the manifest's."""
    sections = (
        f"# {manifest.title}",
        f"Model `{manifest.name}`, version {manifest.version}. Takes windows of {manifest.input.window} samples at "
        f"{manifest.input.sample_rate_hz:g} Hz in {manifest.input.unit}, {manifest.input.channels} channel(s).",
        "## Classes\n" + "\n".join(f"{index}. `{one.id}`: {one.name}" for index, one in enumerate(manifest.classes)),
        f"## Training data\n{manifest.evidence.data[:1].upper()}{manifest.evidence.data[1:]}.",
        f"## Limits\n{limits}",
        f"## Measured\n{_table(manifest)}",
        _conditions(manifest.evidence),
        f"## Calibration\n{_calibration(manifest)}",
    )
    return "\n\n".join(sections) + "\n"


def _table(manifest: Manifest) -> str:
    rows = ["| variant | records right | windows right | bytes |", "| --- | --- | --- | --- |"]
    return "\n".join(rows + [_row(variant, manifest.evidence) for variant in manifest.variants])


def _row(variant: Variant, evidence: Evidence) -> str:
    accuracy = evidence.accuracy[variant.precision]
    return f"| {variant.precision} | {accuracy['record']:.2%} | {accuracy['window']:.2%} | {variant.size_bytes} |"


def _conditions(evidence: Evidence) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in evidence.versions.items())
    speed = f"{evidence.latency_ratio_fp32_to_int8:.2f} times as fast as float32, one thread, batch 1"
    alike = f"{evidence.argmax_agreement:.2%}"
    return (
        f"On {evidence.records} records ({evidence.windows} windows) neither weights nor calibration were fitted to; "
        f"only the join rule was chosen by them. Both variants name the same class for {alike} of windows; int8 is "
        f"{speed}, on {evidence.machine} ({', '.join(evidence.cpu_flags)}). {evidence.date}; {versions}."
    )


def _calibration(manifest: Manifest) -> str:
    join = manifest.join
    rule = (
        "arithmetic mean"
        if join.rule == "mean"
        else f"evidence, floor {join.floor:g}, independence {join.independence:g}"
    )
    lines = [
        f"- temperature {manifest.temperature:.3f}",
        f"- windows joined by: {rule}",
        f"- doubt mixed into every diagnosis: {join.doubt:.2g}",
    ]
    if manifest.novelty is not None:
        lines.append(f"- novel above {manifest.novelty.threshold:.3f} (scale {manifest.novelty.scale:.3g})")
    notes = sorted(manifest.evidence.notes.items())
    return "\n".join(lines + [f"- {name.replace('_', ' ')}: {_note(value)}" for name, value in notes])


def _note(value: str | int | float | bool | dict[str, float]) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {figure:.4g}" for name, figure in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
