"""CARD.md of a model package: what the model is for, what it cannot do and what was measured."""

from collections.abc import Mapping, Sequence

from build_scripts.evidence.card.across import render_across
from build_scripts.evidence.card.disturbed import render_disturbed
from build_scripts.evidence.card.markdown import picture, table
from build_scripts.evidence.card.reports import Report
from build_scripts.evidence.card.tried import tried_sections
from build_scripts.evidence.other_processors.step import Emulation
from build_scripts.evidence.proof.proof import Proof
from build_scripts.measuring.gates import Accuracy
from functions.core.models.manifest import Condition, Evidence, JoinRule, Manifest, TrustRule, Variant


def render_card(
    manifest: Manifest,
    proof: Proof,
    plots: Mapping[str, str],
    emulated: Mapping[str, Emulation],
    across: Report | None = None,
    disturbed: Report | None = None,
) -> str:
    """Render the card of a package as Markdown; every figure is the manifest's or the proof's.

    Args:
        manifest: of the package.
        proof: of the package.
        plots: path of each plot by name.
        emulated: what was found on other processors.
        across: what was found on machines that the model never saw.
        disturbed: what was found where machine or measuring chain are not those of its records.
    """
    spec, evidence = manifest.input, manifest.evidence
    sections = (
        f"# {manifest.title}",
        f"Model `{manifest.name}`, version {manifest.version}. Takes windows of {spec.window} samples at "
        f"{spec.sample_rate_hz:g} Hz in {spec.unit}, {spec.channels} channel(s).",
        f"## Conditions of operation\n\n{_taken(spec.conditions_taken)}" if spec.conditions_taken else "",
        "## Classes\n\n" + "\n".join(f"{index}. `{one.id}`: {one.name}" for index, one in enumerate(manifest.classes)),
        f"## Training data\n\n{evidence.data[:1].upper()}{evidence.data[1:]}.",
        f"## Limits\n\n{evidence.limits}",
        f"## Measured\n\n{_variants(manifest)}",
        _conditions(evidence),
        picture(plots, "confusion", "Records by their class and the class named"),
        f"## Severity and noise\n\n{_robustness(evidence, proof)}",
        picture(plots, "robustness", "Accuracy by severity and by signal-to-noise ratio"),
        f"## Calibration\n\n{_calibration(manifest, proof)}",
        picture(plots, "reliability", "Confidence and share right, before and after temperature scaling"),
        f"## Confidence on other machines\n\n{_trust(manifest, proof)}",
        picture(plots, "foreign", "Confidence and share right on machines left out of training"),
        f"## Strangers\n\n{_strangers(manifest, proof)}",
        f"## Other machines and measuring chains\n\n{render_disturbed(disturbed)}" if disturbed else "",
        *tried_sections(manifest, proof, plots),
        f"## Other processors\n\n{_emulated(emulated)}" if emulated else "",
        f"## Machines it never saw\n\n{render_across(across).rstrip()}" if across else "",
        f"## Notes\n\n{_notes(evidence)}",
    )
    return "\n\n".join(filter(None, sections)) + "\n"


def _taken(conditions: Sequence[Condition]) -> str:
    rows = [
        (
            f"`{one.name}`",
            one.unit,
            f"{one.minimum:.9g} to {one.maximum:.9g}",
            "required" if one.default is None else f"{one.default:.9g}",
        )
        for one in conditions
    ]
    return "Sent beside each recording.\n\n" + table(("condition", "unit", "range", "default"), rows)


def _variants(manifest: Manifest) -> str:
    rows = [_variant(variant, manifest.evidence) for variant in manifest.variants]
    return table(("variant", "method", "records right", "windows right", "bytes"), rows)


def _variant(variant: Variant, evidence: Evidence) -> Sequence[str]:
    accuracy = evidence.accuracy[variant.precision]
    shares = (f"{accuracy['record']:.2%}", f"{accuracy['window']:.2%}")
    return (variant.precision, variant.method, *shares, str(variant.size_bytes))


def _conditions(evidence: Evidence) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in evidence.versions.items())
    compared = "There is no int8 variant"
    if evidence.argmax_agreement is not None and evidence.latency_ratio_fp32_to_int8 is not None:
        compared = (
            f"Both variants name the same class for {evidence.argmax_agreement:.2%} of windows; int8 is "
            f"{evidence.latency_ratio_fp32_to_int8:.2f} times as fast as float32, one thread, batch 1"
        )
    return (
        f"On {evidence.records} records ({evidence.windows} windows) neither weights nor calibration were fitted to; "
        f"only the join rule was chosen by them. {compared}, on {evidence.machine} "
        f"({', '.join(evidence.cpu_flags)}). {evidence.date}; {versions}."
    )


def _robustness(evidence: Evidence, proof: Proof) -> str:
    accuracy = evidence.accuracy[proof.precision]
    parts = {"as recorded": Accuracy(accuracy["record"], accuracy["window"])}
    parts |= {f"severity {name}": one for name, one in proof.by_severity.items()}
    parts |= {f"white noise at {name}": one for name, one in proof.by_snr_db.items()}
    rows = [(name, f"{one.record:.2%}", f"{one.window:.2%}") for name, one in parts.items()]
    return (
        f"Of the served variant ({proof.precision}), on the same records. The noise is white, its power set against "
        "each record's own.\n\n" + table(("records", "records right", "windows right"), rows)
    )


def _calibration(manifest: Manifest, proof: Proof) -> str:
    errors = proof.calibration_error
    lines = [
        f"- temperature {manifest.temperature:.3f}",
        f"- windows joined by: {_join(manifest.join)}",
        f"- doubt mixed into every diagnosis: {manifest.join.doubt:.2g}",
        f"- expected calibration error of windows: {errors['windows before']:.4f} before temperature scaling, "
        f"{errors['windows']:.4f} after; of whole records: {errors['records']:.4f}",
    ]
    return "\n".join(lines)


def _trust(manifest: Manifest, proof: Proof) -> str:
    if "foreign" not in proof.reliability:
        return "It was not fitted: on a machine unlike those of the training data, confidence says little."
    rule, errors = manifest.trust_rule, proof.calibration_error
    evidence = errors.get("foreign with evidence")
    with_evidence = "" if evidence is None else f", {evidence:.3f} with shaft speed and bearing stated"
    records = sum(proof.reliability["foreign"].count)
    lines = [
        f"- expected calibration error on {records} records of machines left out of training: "
        f"{errors['foreign before']:.3f} before, {errors['foreign']:.3f} after{with_evidence}; "
        f"{proof.reliability['foreign'].by_chance:.3f} is what so few would show if every confidence were true; each "
        "fifth is judged by what was fitted to the others, and a class of the right type of fault counts as right",
        f"- trust falls, with slope {rule.slope:.3g} and to {rule.least:.2f} at the least, where novelty is above "
        f"{rule.novelty_from:.3f} or the windows' mean probability more than {rule.discord_from:.3f} below "
        "that of the recording"
        if rule.slope
        else "- novelty, and windows that disagree, lower no trust: the records show none that would",
        f"- where visible lines speak for the class, trust is at least {rule.agreed:.2f}; where they speak for "
        f"another, at most {rule.contradicted:.2f}"
        + (f", and the odds of their fault are multiplied by {rule.odds:.3g}" if rule.odds > 1 else ""),
        *_unproven(rule),
    ]
    return "\n".join(lines)


def _unproven(rule: TrustRule) -> Sequence[str]:
    if rule.unproven == 1:
        return []
    return [
        "- a healthy class where no line of the bearing is visible, of a machine that nothing shows to be known: trust "
        f"is at most {rule.unproven:.2f}; every fault, and health, count alike in it, whatever the records have most of"
    ]


def _join(join: JoinRule) -> str:
    if join.rule == "mean":
        return "arithmetic mean"
    return f"evidence, floor {join.floor:g}, independence {join.independence:g}"


def _strangers(manifest: Manifest, proof: Proof) -> str:
    if manifest.novelty is None:
        return "The model measures no novelty: it answers every recording as if it were of its kind."
    rows = [(name, f"{share:.1%}") for name, share in proof.novel_share.items() if name != "own"]
    own = proof.novel_share["own"]
    costs = manifest.evidence.notes.get("novelty_share_of_time")
    shares = ", ".join(f"{cost:.1%} of {what}" for what, cost in costs.items()) if isinstance(costs, dict) else ""
    return (
        f"Novel above {manifest.novelty.threshold:.3f} (scale {manifest.novelty.scale:.3g}), "
        f"or where a recording is clipped: {own:.1%} of the unseen records of its own, and of others:\n\n"
        + table(("signal", "called novel"), rows)
        + "\n\nThe measure was fitted with other draws of noise, sines, hum and clipped windows, and no other machine."
        + (f" It adds to the time of inference: {shares}." if shares else "")
    )


def _emulated(emulated: Mapping[str, Emulation]) -> str:
    rows = [
        (
            found.processor,
            precision,
            str(found.windows),
            f"{one.accuracy:.2%} ({one.native_accuracy:.2%})",
            f"{one.agreement:.2%}",
            f"{one.max_abs_difference:.2g}",
            f"{one.loud_agreement:.2%}",
        )
        for found in emulated.values()
        for precision, one in found.variants.items()
    ]
    head = (
        "processor",
        "variant",
        "windows",
        "right (here)",
        "agreement",
        "largest logit difference",
        "agreement, loud",
    )
    controls = "; ".join(
        f"{found.processor}: " + ", ".join(f"{bits} {gap:.3g}" for bits, gap in found.control_difference.items())
        for found in emulated.values()
    )
    return (
        f"{table(head, rows)}\n\nLoud windows are four times as loud as recorded. A control model whose sums are as "
        f"large as they can be differs from this machine's answer by: {controls}. Where eight-bit weights overflow, "
        "seven-bit ones, which this package has, do not."
    )


def _notes(evidence: Evidence) -> str:
    return "\n".join(f"- {name.replace('_', ' ')}: {_note(value)}" for name, value in sorted(evidence.notes.items()))


def _note(value: str | int | float | bool | dict[str, float]) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {figure:.4g}" for name, figure in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
