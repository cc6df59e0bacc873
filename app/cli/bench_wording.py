"""What benches say to people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

DISTURBED = "Other programs kept this machine busy: the delays are not Crosstalk's own."


def asr_lines(record: dict[str, Any]) -> list[str]:
    """The figures in all, then each target."""
    total = record["total"]
    lines = [
        f"{len(record['sets'])} sets, {total['audio_s']:.0f} s, {total['words']} words, "
        f"{record['point']}",
        f"WER {total['wer']:.1f} %{_within(total['wer_interval'])}, cpWER {total['cpwer']:.1f} %",
    ]
    for title, key in (
        ("shown", "partial_delay_s"),
        ("final", "final_delay_s"),
        ("released", "release_delay_s"),
        ("lag", "lag_s"),
    ):
        if total[key] is not None:
            lines.append(f"{title}: {spread_text(total[key])}")
    lines += [
        f"unstable partial words {total['upwr']:.1f} % of the final words "
        f"({total['upwr_as_written']:.1f} % as written)",
        cost_text(total),
    ]
    return lines + closing_lines(record)


def oppoints_lines(record: dict[str, Any]) -> list[str]:
    """A line per point, then each target."""
    lines = []
    for name, point in record["points"].items():
        loss = point["relative_loss"]
        delay = point["final_delay_s"]
        lines.append(
            f"{name}: WER {point['wer']:.1f} %{_within(point['wer_interval'])}"
            + ("" if loss is None or name == "final" else f", {loss:+.1f} % against final")
            + ("" if delay is None else f", final text after {spread_text(delay)}")
            + f" ({point['words']} words)"
        )
    return lines + closing_lines(record)


def pipeline_lines(record: dict[str, Any]) -> list[str]:
    """The run, a line per stage, then each target."""
    lines = [
        f"{record['audio_s'] / 60:.1f} min of audio in {record['wall_s'] / 60:.1f} min, "
        f"{record['segments']} segments, {record['point']}"
    ]
    for name, stage in record["stages"].items():
        behind = "" if stage["queue_s"] is None else f", behind {spread_text(stage['queue_s'])}"
        lines.append(f"{name}: {stage['rtf']:.3f} s per second of audio{behind}")
    return [*lines, cost_text(record), *closing_lines(record)]


def vad_lines(record: dict[str, Any]) -> list[str]:
    """A line per level of noise, then each target."""
    lines = []
    for name, level in record["levels"].items():
        parts = [f"{level['tpr']:.1f} % of speech found"]
        if level["fpr"] is not None:
            parts.append(f"{level['fpr']:.1f} % of silence taken for speech")
        if level["clipped"] is not None:
            parts.append(f"{level['clipped']:.1f} % of {level['onsets']} onsets clipped")
        if level["endpoint_s"] is not None:
            parts.append(f"endpoint {spread_text(level['endpoint_s'])}")
        lines.append(f"{name}: " + ", ".join(parts))
    return lines + closing_lines(record)


def silence_lines(record: dict[str, Any]) -> list[str]:
    """The noises that gave words, then each target."""
    lines = [f"{record['audio_s'] / 60:.1f} min without speech, {record['point']}"]
    for name, count in sorted(record["by_noise"].items(), key=lambda item: -item[1]):
        lines.append(f"{name}: {count} words")
    return lines + closing_lines(record)


def lm_lines(record: dict[str, Any]) -> list[str]:
    """Terms and word errors without the list and with it, then each target."""
    lines = [f"{record['terms']} terms, {record['point']}"]
    for name, title in (("off", "without them"), ("on", "with them")):
        run = record[name]
        recall = "none said" if run["recall"] is None else f"{run['recall']:.1f} % right"
        line = (
            f"{title}: {run['said']} said, {recall}, {run['untrue']} written but not said; "
            f"WER {run['wer']:.2f} % of {run['words']} words"
        )
        if run["general_wer"] is not None:
            general = f"{run['general_wer']:.2f} % of {run['general_words']}"
            line += f", where no term is said {general}"
        lines.append(line)
    return lines + closing_lines(record)


def ui_lines(record: dict[str, Any]) -> list[str]:
    """Each spread, then each target."""
    lines = [
        f"{record['meetings']} meetings, one of {record['words_of_the_long_one']} words",
    ]
    for title, key, unit in (
        ("start", "start_s", "s"),
        ("open", "open_ms", "ms"),
        ("frame", "frame_ms", "ms"),
        ("search", "search_ms", "ms"),
        ("stall", "stall_ms", "ms"),
    ):
        spread = record[key]
        if spread is not None:
            lines.append(
                f"{title}: p50 {spread['p50']:.2f}, p95 {spread['p95']:.2f}, "
                f"p99 {spread['p99']:.2f}, max {spread['maximum']:.2f} {unit} ({spread['count']})"
            )
    return lines + closing_lines(record)


def spread_text(spread: dict[str, Any]) -> str:
    """A distribution of seconds."""
    return (
        f"p50 {spread['p50']:.2f}, p90 {spread['p90']:.2f}, p95 {spread['p95']:.2f}, "
        f"max {spread['maximum']:.2f}, std {spread['std']:.2f} s ({spread['count']})"
    )


def cost_text(figures: dict[str, Any]) -> str:
    """Processor and memory."""
    return (
        f"processor {100 * figures['cpu_share']:.0f} % of all cores (machine "
        f"{100 * figures['machine_cpu_share']:.0f} %), engine {figures['engine_peak_mb']:.0f} MB"
    )


def closing_lines(record: dict[str, Any]) -> list[str]:
    """A line per target, and a warning where the machine was busy with other things."""
    lines = [target_line(target) for target in record["targets"]]
    return [*lines, DISTURBED] if record.get("disturbed") else lines


def target_line(target: dict[str, Any]) -> str:
    """Whether one promise is kept."""
    mark = {True: "ok  ", False: "MISS", None: "-   "}[target["ok"]]
    value = "not measured" if target["value"] is None else f"{target['value']:g}"
    unit = "" if target["value"] is None else f" {target['unit']}"
    return f"{mark}  {target['name']}: {value}{unit} (at most {target['limit']:g})"


def _within(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f" (95 %: {interval[0]:.1f}-{interval[1]:.1f})"
