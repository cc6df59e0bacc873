"""`crosstalk bench enhance`: noise taken out for listening."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import soundfile

from app.bench.enhance import DEFAULT_SNRS_DB, draw_enhance, make_talk, run_enhance
from app.bench.mixtures import find_talkers
from app.bench.noises import generated_noises, read_noises
from app.bench.play import Setup
from app.bench.scoring import WordScore, score_words
from app.cli.bench import SnrsParam, Stand, figure_option, noise_option, open_stand
from app.cli.bench_wording import closing_lines
from app.cli.session import common_options, current_session, json_option
from app.domain.errors import BugError
from app.domain.ids import StreamId
from app.domain.messages import Float32Array
from app.domain.session import OperatingPoint
from app.domain.units import SESSION_RATE_HZ
from app.lib.clock import SystemClock
from app.settings.schema import NOISE_LIMIT_DB


@click.command()
@click.option(
    "--set",
    "folders",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    required=True,
    help="A folder with one folder of recordings and trans.txt per talker; may be repeated.",
)
@noise_option
@click.option("--snr", type=SnrsParam(), default=DEFAULT_SNRS_DB, help="Speech to noise, in dB.")
@click.option(
    "--limit",
    type=click.FloatRange(min=0, min_open=True),
    default=NOISE_LIMIT_DB,
    show_default=True,
    help="Noise becomes at most this many dB softer.",
)
@click.option(
    "--count", type=click.IntRange(min=1), default=20, show_default=True, help="Recordings."
)
@click.option("--words/--no-words", default=True, show_default=True, help="Transcribe both.")
@figure_option
@json_option
@common_options
def enhance(
    folders: tuple[Path, ...],
    noise: tuple[Path, ...],
    snr: tuple[float, ...],
    limit: float,
    count: int,
    words: bool,
    fig: Path | None,
) -> None:
    """Noise taken out for listening: SI-SDR, STOI, cost, and what it does to the words."""
    session = current_session()
    denoise = session.program.denoise
    if denoise is None:
        raise BugError("the program was made without a denoiser")
    talk = make_talk(find_talkers(folders), count)
    noises = read_noises(noise) if noise else generated_noises()
    with open_stand(session) as stand:

        def transcribe(name: str, samples: Float32Array) -> WordScore | None:
            session.writer.note(f"{name}: {len(samples) / SESSION_RATE_HZ:.0f} s")
            if not words:
                return None
            return score_words(talk.turns, _segments(stand, samples))

        result = run_enhance(talk, noises, snr, limit, denoise, transcribe, SystemClock())
        if fig is not None:
            draw_enhance(result, fig)
            session.writer.note(f"wrote {fig}")
        stand.report(result.record(), enhance_lines)


def _segments(stand: Stand, samples: Float32Array) -> Any:
    path = stand.context.paths.data_dir / "noisy.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, SESSION_RATE_HZ, "FLOAT")
    setup = Setup(point=OperatingPoint.FINAL, is_realtime=False, language="en")
    return stand.play({StreamId.MIX: path}, setup).transcript.segments


def enhance_lines(record: dict[str, Any]) -> list[str]:
    """A line per recording, then each target."""
    lines = [f"noise at most {record['limit_db']:g} dB softer"]
    for heard in record["heard"]:
        wer = (
            "" if heard["wer"] is None else f", WER {heard['wer']:.1f} % of {heard['words']} words"
        )
        lines.append(
            f"{heard['snr_db']:g} dB, {heard['way']}: SI-SDR {heard['si_sdr_db']:.1f} dB, "
            f"STOI {heard['stoi']:.3f}{wer}"
        )
    lines.append(f"{record['real_time']:.3f} s of work per second of audio")
    return [*lines, *closing_lines(record)]
