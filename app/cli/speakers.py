"""`crosstalk speakers`: enrolled voices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.cli.library import track_of
from app.cli.live import interruptible
from app.cli.session import Session, common_options, current_session, json_option
from app.cli.terminal import confirm
from app.domain.errors import Cancelled
from app.domain.ids import SpeakerId
from app.domain.recognition import Certainty
from app.domain.speakers import SpeakerProfile
from app.domain.voice_quality import MIN_SPEECH_S, VoiceQuality
from app.services.speakers import Enrollment

READ_ALOUD = """\
Talk in your usual voice and at your usual distance from the microphone, or read this aloud:

  Good morning, everybody. Before we begin, let me go through the points for today. First we look
  at what was done last week, then at what is still open, and who would like to take it over. The
  third point is the trip in June: the train leaves at a quarter to nine, and the hotel asks for
  our names by Friday. If there are questions, please ask them at any time.
"""
_WAKE_S = 0.2


@click.group()
@common_options
def speakers() -> None:
    """Enroll voices and recognise them in meetings."""


@speakers.command("list")
@json_option
@common_options
def list_speakers() -> None:
    """Show everybody who is enrolled."""
    session = current_session()
    people = session.context.speakers.list()
    if session.is_json:
        session.writer.json({"speakers": [_record_of(person) for person in people]})
        return
    session.writer.table(
        ["id", "name", "recordings", "since"],
        [
            [
                person.speaker_id,
                person.name,
                str(person.voiceprint_count),
                f"{person.created_at:%Y-%m-%d}",
            ]
            for person in people
        ],
    )


@speakers.command()
@click.argument("name")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--meeting", help="Take the voice from this meeting (see --speaker).")
@click.option("--speaker", help='The voice in the meeting: a label like "Speaker 1", or S1.')
@click.option(
    "--mic",
    is_flag=False,
    flag_value="default",
    metavar="[DEVICE]",
    help="Record from the microphone: the default one, or DEVICE.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=MIN_SPEECH_S, max=60.0),
    default=20.0,
    show_default=True,
    help="With --mic: stop after this much speech, pauses not counted.",
)
@click.option("--consent", is_flag=True, help="NAME agreed that the voice is stored.")
@json_option
@common_options
def enroll(
    name: str,
    files: tuple[Path, ...],
    meeting: str | None,
    speaker: str | None,
    mic: str | None,
    seconds: float,
    consent: bool,
) -> None:
    """Store the voice of NAME: from FILES of nobody else, a past meeting, or the microphone.

    15 to 30 s of speech are best; enrolling NAME again adds a recording.
    """
    if sum((bool(files), meeting is not None, mic is not None)) != 1:
        raise click.UsageError(
            "Give recordings, or --meeting and --speaker, or --mic: one of them."
        )
    if (meeting is None) != (speaker is None):
        raise click.UsageError("--meeting and --speaker belong together.")
    session = current_session()
    service = session.context.speakers
    agreed = consent or confirm(
        f"Has {name} agreed that this voice is stored on this machine?", option="--consent"
    )
    if meeting is not None and speaker is not None:
        found = session.context.library.resolve(meeting).meeting_id
        track = track_of(session.context.library.transcript(found), speaker)
        enrollment = service.enroll_from_meeting(name, found, track, has_consent=agreed)
    elif mic is not None:
        enrollment = _record(session, name, mic, seconds, has_consent=agreed)
    else:
        enrollment = service.enroll(name, files, has_consent=agreed)
    person = enrollment.profile
    if session.is_json:
        qualities = [_quality(quality) for quality in enrollment.qualities]
        session.writer.json(
            _record_of(person) | {"recordings": qualities, "warnings": list(enrollment.warnings)}
        )
        return
    for sentence in enrollment.warnings:
        session.writer.warning(sentence)
    count = person.voiceprint_count
    recordings = "1 recording" if count == 1 else f"{count} recordings"
    session.writer.result(f"{person.name} is enrolled with {recordings}.")


@speakers.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@common_options
def identify(file: Path) -> None:
    """Compare the voice in FILE with everybody who is enrolled."""
    session = current_session()
    matches = session.context.speakers.identify(file)
    best = matches[0] if matches and matches[0].is_match else None
    certainty = best.certainty if best else Certainty.UNKNOWN
    if session.is_json:
        session.writer.json(
            {
                "match": best.profile.name if best else None,
                "certainty": certainty.value,
                "candidates": [
                    {
                        "id": match.profile.speaker_id,
                        "name": match.profile.name,
                        "probability": round(match.probability, 4),
                        "similarity": round(match.similarity, 4),
                    }
                    for match in matches
                ],
            }
        )
        return
    doubt = "?" if certainty is Certainty.PROBABLE else ""
    session.writer.result(f"{best.profile.name}{doubt}" if best else "Unknown")
    for match in matches:
        session.writer.note(f"{match.probability:4.0%}  {match.profile.name}")


@speakers.command()
@click.argument("person")
@click.argument("name")
@json_option
@common_options
def rename(person: str, name: str) -> None:
    """Give PERSON another name, in past meetings too."""
    session = current_session()
    service = session.context.speakers
    speaker_id = service.resolve(person).speaker_id
    service.rename(speaker_id, name)
    _changed(session, speaker_id)


@speakers.command()
@click.argument("person")
@click.argument("into")
@json_option
@common_options
def merge(person: str, into: str) -> None:
    """PERSON and INTO are one: keep INTO."""
    session = current_session()
    service = session.context.speakers
    kept = service.resolve(into).speaker_id
    service.merge(service.resolve(person).speaker_id, kept)
    _changed(session, kept)


@speakers.command()
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@common_options
def forget(person: str, yes: bool) -> None:
    """Delete PERSON and every recording of the voice; names in past meetings stay as text."""
    session = current_session()
    profile = session.context.speakers.resolve(person)
    is_wanted = yes or confirm(f"Delete the voice of {profile.name} for good?", option="--yes")
    if is_wanted:
        session.context.speakers.forget(profile.speaker_id)
        session.writer.note(f"{profile.name} is forgotten.")
    if session.is_json:
        session.writer.json({"id": profile.speaker_id, "forgotten": is_wanted})


def _record(
    session: Session, name: str, device: str, seconds: float, *, has_consent: bool
) -> Enrollment:
    """Record until enough is said; Ctrl-C gives up and stores nothing."""
    service = session.context.speakers
    with (
        service.record(device) as recording,
        session.writer.progress() as progress,
        interruptible(lambda: None) as give_up,
    ):
        session.writer.note(READ_ALOUD)
        longest_s = 3 * seconds + 10
        while (said_s := recording.speech_s(_WAKE_S)) < seconds:
            progress.update(said_s / seconds, f"Listening to {name}")
            if give_up.wait(_WAKE_S):
                raise Cancelled
            if recording.duration_s() > longest_s:
                break
        progress.update(1.0, f"Listening to {name}")
        return service.enroll_recording(name, recording, has_consent=has_consent)


def _changed(session: Session, speaker_id: SpeakerId) -> None:
    """With --json: the person as changed."""
    if session.is_json:
        people = session.context.speakers.list()
        session.writer.json(_record_of(next(p for p in people if p.speaker_id == speaker_id)))


def _quality(quality: VoiceQuality) -> dict[str, Any]:
    return {
        "speech_s": round(quality.speech_s, 2),
        "snr_db": None if quality.snr_db is None else round(quality.snr_db, 1),
        "clipped": round(quality.clipped_share, 5),
    }


def _record_of(person: SpeakerProfile) -> dict[str, Any]:
    return {
        "id": person.speaker_id,
        "name": person.name,
        "created_at": person.created_at.isoformat(),
        "consent": person.has_consent,
        "voiceprints": person.voiceprint_count,
    }
