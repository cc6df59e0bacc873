"""Make the sample meeting and the test clips from LibriSpeech utterances.

Run from the root of the repository, with `--speech` naming a folder that holds the utterances as
SPEAKER/UTTERANCE.flac (LibriSpeech train-clean-100, 16 kHz):

    python resources/sample/make_sample.py --speech DIR

Equal inputs give equal samples: the background noise is seeded. The pieces below were cut in
pauses of 0.3 s or more, and their text was checked by transcribing every piece by itself.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Float64Array = npt.NDArray[np.float64]

RATE_HZ = 16_000
SPEECH_DBFS = -24.0
"""RMS of every turn, pauses left out: an ordinary call's level, and no peak reaches full scale."""
NOISE_DBFS = -60.0
NOISE_SEED = 12
LEAD_S, TRAIL_S = 0.8, 0.9
"""Room tone before the first and behind the last word."""
PAD_BEFORE_S, PAD_AFTER_S = 0.08, 0.12
"""Kept of the recording around a piece, so that soft beginnings and endings are whole."""
FADE_S = 0.04
JOIN_PAUSE_S = 0.5
"""Pieces of one voice that are closer count as one stretch in the RTTM reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of one utterance.

    Attributes:
        start_s, end_s: Where its words begin and end in the utterance.
        pause_s: Silence between the piece before it in the turn and this one.
    """

    utterance: str
    start_s: float
    end_s: float
    words: str
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One voice talking.

    Attributes:
        pause_s: Between the end of the turn before it and this one; negative talks over it.
    """

    stream: str
    pause_s: float
    pieces: tuple[Piece, ...]

    @property
    def speaker(self) -> str:
        """The LibriSpeech reader, such as "s460"."""
        return f"s{self.pieces[0].utterance.split('-')[0]}"

    @property
    def words(self) -> str:
        """The text of all pieces."""
        return " ".join(piece.words for piece in self.pieces)


def turn(stream: str, pause_s: float, *pieces: tuple[str, float, float, str] | float) -> Turn:
    """Write a turn shortly: pieces as tuples, a number before a piece is the pause before it."""
    made: list[Piece] = []
    pause_before_s = 0.0
    for item in pieces:
        if isinstance(item, float):
            pause_before_s = item
            continue
        utterance, start_s, end_s, words = item
        made.append(
            Piece(
                utterance=utterance,
                start_s=start_s,
                end_s=end_s,
                words=words,
                pause_s=pause_before_s,
            )
        )
        pause_before_s = 0.0
    return Turn(stream=stream, pause_s=pause_s, pieces=tuple(made))


MEETING = (
    turn(
        "system",
        0.0,
        ("3947-13262-0000", 14.21, 16.06, "I HAVE JUST BEEN OVER TO SEE VIRGINIA"),
        0.45,
        (
            "3947-13262-0001",
            1.33,
            6.02,
            "SHE TELLS ME THE ARRANGEMENTS ARE NEARLY COMPLETED FOR THE TRANSFER OF THE RECTANGLE "
            "PROPERTY",
        ),
    ),
    turn(
        "system",
        0.4,
        ("7367-86737-0003", 0.0, 2.83, "WHICH WILL MAKE IT STILL MORE DIFFICULT MY FRIEND"),
    ),
    turn(
        "mic",
        0.5,
        ("460-172359-0007", 0.0, 2.55, "I BELIEVE IT'S SOMETHING THE SAME IN OTHER PLACES TOO"),
    ),
    turn(
        "system",
        0.35,
        ("3947-13262-0001", 7.0, 7.36, "YES"),
        0.33,
        ("3947-13262-0001", 7.69, 9.97, "IT HAS BEEN A TEDIOUS CASE IN THE COURTS"),
    ),
    turn(
        "mic",
        0.6,
        (
            "460-172359-0004",
            0.0,
            5.13,
            "TILL THE MINING BOOM JEFFERSON THORPE NEVER OCCUPIED A POSITION OF REAL PROMINENCE IN "
            "MARIPOSA",
        ),
    ),
    turn(
        "system",
        0.4,
        ("7367-86737-0002", 0.0, 3.62, "BUT FROM NOW TILL SUNDAY YOU CAN HAVE FIFTY IF YOU PLEASE"),
    ),
    turn(
        "system",
        0.45,
        (
            "3947-13262-0001",
            10.53,
            14.12,
            "DID VIRGINIA SHOW YOU ALL THE PLANS AND SPECIFICATIONS FOR BUILDING",
        ),
    ),
    turn("system", 0.35, ("7367-86737-0004", 0.0, 1.3, "UTTERLY IMPOSSIBLE")),
    turn(
        "mic",
        0.5,
        (
            "460-172359-0006",
            8.43,
            11.85,
            "AS I SAY IT WAS WHEN JEFF MADE MONEY THAT THEY SAW HOW GIFTED HE WAS",
        ),
        0.45,
        ("460-172359-0006", 13.91, 15.71, "BUT STILL THERE'S NO NEED TO GO INTO THAT"),
    ),
    turn("system", 0.45, ("3947-13262-0009", 5.17, 6.98, "THAT IS WHAT I DO NOT UNDERSTAND")),
    turn(
        "system",
        0.4,
        (
            "7367-86737-0011",
            0.0,
            4.79,
            "IN THE HOPE OF MAKING MORE OUT OF ME HE WILL TAKE A LESS PRICE THAN THE ONE I OFFER "
            "YOU",
        ),
        0.53,
        (
            "7367-86737-0011",
            5.32,
            8.04,
            "YOU WILL LOSE THE PREFERENCE AND THAT WILL BE YOUR FAULT",
        ),
    ),
    # The two far voices talk over each other.
    turn(
        "system",
        -2.4,
        (
            "3947-13262-0009",
            9.72,
            13.38,
            "IT SEEMS WONDERFUL TO THINK THAT YOU ARE TRYING TO KEEP THAT PLEDGE WITH US",
        ),
    ),
    # The near voice comes in before the far one has ended.
    turn("mic", -0.7, ("460-172359-0007", 12.24, 13.58, "I DON'T KNOW WHETHER YOU KNOW THEM")),
    turn(
        "system",
        0.5,
        ("7367-86737-0012", 8.56, 10.7, "AND I HOPE YOU WILL BE SATISFIED"),
        0.55,
        ("7367-86737-0012", 11.25, 12.67, "AND NOW WE UNDERSTAND EACH OTHER"),
    ),
    turn(
        "mic",
        0.45,
        ("460-172359-0005", 12.66, 15.36, "LEVEL HEADED I THINK WAS THE TERM INDEED"),
    ),
    turn(
        "system",
        0.5,
        ("3947-13262-0006", 8.76, 11.27, "I AM NOT SO CERTAIN THAT I CAN TELL YOU MUCH"),
    ),
    turn("system", 0.35, ("7367-86737-0007", 0.0, 2.35, "AND WE SHALL HAVE COMPLETE SUCCESS")),
    turn(
        "system",
        0.45,
        (
            "3947-13262-0005",
            3.93,
            7.46,
            "TELL ME SOMETHING ABOUT IT PERSISTED RACHEL YOU SAY SO LITTLE",
        ),
    ),
    turn(
        "mic",
        0.4,
        (
            "460-172359-0009",
            0.0,
            4.27,
            "AND THE SHOP ITSELF HAS A LARGE SQUARE WINDOW OUT OF PROPORTION TO ITS LITTLE FLAT "
            "FACE",
        ),
    ),
)

TWO_SPEAKERS = (
    turn(
        "mix",
        0.0,
        ("118-47824-0001", 0.0, 2.38, "I MUST DECIDE WHAT TO DO I MUST THINK IT OVER"),
    ),
    turn(
        "mix",
        0.4,
        (
            "1970-28415-0002",
            0.0,
            4.91,
            "BUT NOW THEY COULD TELL THE WHOLE WORLD FOR JESUS WANTED EVERYONE TO KNOW",
        ),
    ),
    turn(
        "mix",
        0.45,
        ("118-47824-0007", 12.61, 14.75, "IT WAS ABNORMALLY COLD EVEN FOR THE LATE FALL"),
    ),
    turn("mix", 0.4, ("1970-28415-0006", 5.17, 6.64, "IT WAS A ROYAL WELCOME")),
)

ONE_SPEAKER = "1898-145715-0004"
ONE_SPEAKER_WORDS = (
    "SHE FELT A LITTLE REASSURED AND WAS FURTHER CHEERED WHEN SHE DISCOVERED THAT HER PET CAT AND "
    "DOG HAD FOLLOWED HER"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A piece at its place on the time line; `turn_index` counts the turns."""

    piece: Piece
    turn_index: int
    start_s: float

    @property
    def end_s(self) -> float:
        """Where its words end."""
        return self.start_s + self.piece.end_s - self.piece.start_s


def place(turns: Sequence[Turn]) -> list[Placed]:
    """Lay all pieces out in time."""
    placed: list[Placed] = []
    time_s = LEAD_S
    for turn_index, each in enumerate(turns):
        time_s += each.pause_s
        for piece in each.pieces:
            placed.append(
                Placed(piece=piece, turn_index=turn_index, start_s=time_s + piece.pause_s)
            )
            time_s = placed[-1].end_s
    return placed


def render(
    speech: Path, turns: Sequence[Turn], placed: Sequence[Placed]
) -> dict[str, Float64Array]:
    """Mix every stream: voices at `SPEECH_DBFS` over noise at `NOISE_DBFS`."""
    length = round((max(item.end_s for item in placed) + TRAIL_S) * RATE_HZ)
    names = list(dict.fromkeys(each.stream for each in turns))
    streams = {
        name: noise(length, np.random.default_rng([NOISE_SEED, number]))
        for number, name in enumerate(names)
    }
    for turn_index, each in enumerate(turns):
        pieces = [item for item in placed if item.turn_index == turn_index]
        recordings = [read(speech, item.piece.utterance) for item in pieces]
        words = np.concatenate(
            [
                recording[round(item.piece.start_s * RATE_HZ) : round(item.piece.end_s * RATE_HZ)]
                for item, recording in zip(pieces, recordings, strict=True)
            ]
        )
        gain = 10 ** (SPEECH_DBFS / 20) / np.sqrt(np.mean(words**2))
        for item, recording in zip(pieces, recordings, strict=True):
            first = max(0, round((item.piece.start_s - PAD_BEFORE_S) * RATE_HZ))
            last = round((item.piece.end_s + PAD_AFTER_S) * RATE_HZ)
            sound = fade(recording[first:last]) * gain
            at = round(item.start_s * RATE_HZ) - (round(item.piece.start_s * RATE_HZ) - first)
            streams[each.stream][at : at + len(sound)] += sound
    return streams


def noise(length: int, random: np.random.Generator) -> Float64Array:
    """Room tone: falls by 3 dB per octave above 100 Hz, as quiet rooms roughly do."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    frequency_hz = np.fft.rfftfreq(length, 1 / RATE_HZ)
    spectrum *= np.sqrt(100 / np.maximum(frequency_hz, 100)) * (frequency_hz > 40)
    tone = np.fft.irfft(spectrum, length)
    return tone * (10 ** (NOISE_DBFS / 20) / np.sqrt(np.mean(tone**2)))


def fade(sound: Float64Array) -> Float64Array:
    """Soften both ends over `FADE_S`."""
    count = round(FADE_S * RATE_HZ)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / count)
    faded = sound.copy()
    faded[:count] *= ramp
    faded[-count:] *= ramp[::-1]
    return faded


def read(speech: Path, utterance: str) -> Float64Array:
    """One utterance in [-1, 1]."""
    samples, rate_hz = soundfile.read(speech / utterance.split("-")[0] / f"{utterance}.flac")
    if rate_hz != RATE_HZ:
        raise SystemExit(f"{utterance} has {rate_hz} Hz instead of {RATE_HZ}")
    return np.asarray(samples, dtype=np.float64)


def write_seglst(file: Path, session: str, turns: Sequence[Turn], placed: Sequence[Placed]) -> None:
    """Write the reference text: SegLST with one more key, "stream"."""
    rows = []
    for turn_index, each in enumerate(turns):
        pieces = [item for item in placed if item.turn_index == turn_index]
        rows.append(
            {
                "session_id": session,
                "speaker": each.speaker,
                "start_time": round(pieces[0].start_s, 3),
                "end_time": round(pieces[-1].end_s, 3),
                "words": each.words,
                "stream": each.stream,
            }
        )
    file.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def write_rttm(file: Path, session: str, turns: Sequence[Turn], placed: Sequence[Placed]) -> None:
    """Write who speaks when, pauses over `JOIN_PAUSE_S` cut out."""
    spans: dict[str, list[list[float]]] = {}
    for item in placed:
        own = spans.setdefault(turns[item.turn_index].speaker, [])
        if own and item.start_s - own[-1][1] <= JOIN_PAUSE_S:
            own[-1][1] = item.end_s
        else:
            own.append([item.start_s, item.end_s])
    lines = sorted(
        (start_s, end_s, speaker) for speaker, own in spans.items() for start_s, end_s in own
    )
    text = "".join(
        f"SPEAKER {session} 1 {start_s:.3f} {end_s - start_s:.3f} <NA> <NA> {speaker} <NA> <NA>\n"
        for start_s, end_s, speaker in lines
    )
    file.write_text(text, encoding="utf-8")


def main() -> None:
    """Write everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, required=True, help="folder of LibriSpeech speakers")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="sample meeting")
    parser.add_argument(
        "--clips", type=Path, help="also make the clips of the tests in this folder"
    )
    arguments = parser.parse_args()
    out: Path = arguments.out

    placed = place(MEETING)
    for name, samples in render(arguments.speech, MEETING, placed).items():
        soundfile.write(out / f"{name}.flac", samples, RATE_HZ, subtype="PCM_16")
    write_seglst(out / "reference.seglst.json", "sample", MEETING, placed)
    write_rttm(out / "reference.rttm", "sample", MEETING, placed)

    if arguments.clips is not None:
        clips: Path = arguments.clips
        placed = place(TWO_SPEAKERS)
        mix = render(arguments.speech, TWO_SPEAKERS, placed)["mix"]
        soundfile.write(clips / "two_speakers.flac", mix, RATE_HZ, subtype="PCM_16")
        write_seglst(clips / "two_speakers.seglst.json", "two_speakers", TWO_SPEAKERS, placed)
        one = read(arguments.speech, ONE_SPEAKER)
        soundfile.write(clips / "one_speaker.flac", one, RATE_HZ, subtype="PCM_16")
        (clips / "one_speaker.txt").write_text(f"{ONE_SPEAKER_WORDS}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
