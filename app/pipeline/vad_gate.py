"""Voice activity probabilities → stretches of speech, with pre-roll, hangover and length limit."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass

from app.domain.ids import StreamId
from app.domain.messages import SpeechSpan
from app.domain.units import SESSION_RATE_HZ, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class GateParameters:
    """When speech begins and ends.

    Attributes:
        open_probability: Speech begins above this ...
        close_probability: ... and pauses below this (hysteresis).
        min_speech_s: Shorter bursts are no speech; 0.1 s keeps a "yes".
        pre_roll_s: Added in front, so that no onset is clipped.
        hangover_s: A pause this long ends the utterance.
        tail_s: Silence kept behind the last speech hop.
        max_length_s: Longer utterances are cut at their deepest pause.
        sure_probability: Sounds that are no speech may open the gate, but do not come so high...
        min_sure_s: ...for as long as this; a spoken word does.
    """

    open_probability: float = 0.5
    close_probability: float = 0.35
    min_speech_s: float = 0.1
    pre_roll_s: float = 0.3
    hangover_s: float = 0.5
    tail_s: float = 0.25
    max_length_s: float = 28.0
    sure_probability: float = 0.9
    min_sure_s: float = 0.09


REMEMBERED_HOPS = 8_192
"""Of sure speech: minutes of it, more than any decode lags behind."""


class VadGate:
    """The gate of one stream; push one probability per hop."""

    def __init__(
        self,
        stream: StreamId,
        hop_samples: int,
        parameters: GateParameters | None = None,
        *,
        start: int = 0,
    ) -> None:
        self._stream = stream
        self._hop = hop_samples
        self._parameters = parameters or GateParameters()
        self._tail = int(self._parameters.tail_s * SESSION_RATE_HZ)
        self._position = start
        self._earliest = start
        self._run_start: int | None = None
        self._open_start: int | None = None
        self._last_speech_end = start
        self._probabilities: deque[float] = deque()
        self._sure_at: deque[int] = deque(maxlen=REMEMBERED_HOPS)

    @property
    def position(self) -> int:
        """The sample up to which probabilities came in."""
        return self._position

    @property
    def open_span(self) -> Span | None:
        """The utterance that is going on, up to now; None in silence."""
        if self._open_start is None:
            return None
        return Span(self._open_start, self._position)

    @property
    def last_speech_end(self) -> int:
        """The end of the newest speech hop."""
        return self._last_speech_end

    @property
    def sure_until(self) -> int:
        """An utterance that is going on ends behind this sample, whatever follows.

        Only while it is shorter than the length limit.
        """
        return min(self._position, self._last_speech_end + self._tail) - 1

    def is_sure(self, span: Span) -> bool:
        """Whether the model was sure of speech in a recent stretch, for long enough for a word."""
        first, end = span.start - self._hop, span.end
        newest = itertools.takewhile(lambda at: at > first, reversed(self._sure_at))
        sure = sum(self._hop for at in newest if at < end)
        return sure >= self._parameters.min_sure_s * SESSION_RATE_HZ

    def push(self, probability: float) -> SpeechSpan | None:
        """Take the next hop's probability; returns the utterance that it closes, if any."""
        p = self._parameters
        hop_start = self._position
        self._position += self._hop
        if probability >= p.sure_probability:
            self._sure_at.append(hop_start)
        if self._open_start is None:
            self._seek_opening(hop_start, probability)
            if self._open_start is None:
                return None
        else:
            self._probabilities.append(probability)
            if probability >= p.close_probability:
                self._last_speech_end = self._position
        if self._position - self._last_speech_end >= p.hangover_s * SESSION_RATE_HZ:
            return self._close_behind_speech()
        if self._position - self._open_start >= p.max_length_s * SESSION_RATE_HZ:
            return self._cut()
        return None

    def flush(self) -> SpeechSpan | None:
        """Close what is open at the end of the stream."""
        return None if self._open_start is None else self._close(self._position)

    def _seek_opening(self, hop_start: int, probability: float) -> None:
        p = self._parameters
        is_running = self._run_start is not None
        threshold = p.close_probability if is_running else p.open_probability
        if probability < threshold:
            self._run_start = None
            self._probabilities.clear()
            return
        if self._run_start is None:
            self._run_start = hop_start
        self._probabilities.append(probability)
        if self._position - self._run_start >= p.min_speech_s * SESSION_RATE_HZ:
            pre_roll = int(p.pre_roll_s * SESSION_RATE_HZ)
            self._open_start = max(self._run_start - pre_roll, self._earliest)
            self._last_speech_end = self._position

    def _close_behind_speech(self) -> SpeechSpan:
        return self._close(min(self._position, self._last_speech_end + self._tail))

    def _close(self, end: int) -> SpeechSpan:
        assert self._open_start is not None
        closed = SpeechSpan(
            stream=self._stream,
            span=Span(self._open_start, end),
            is_final=True,
            mean_probability=sum(self._probabilities) / max(len(self._probabilities), 1),
            is_sure=self.is_sure(Span(self._open_start, end)),
        )
        self._open_start = None
        self._run_start = None
        self._earliest = end
        self._probabilities.clear()
        return closed

    def _cut(self) -> SpeechSpan:
        """Split a long utterance at its deepest pause in the later half; end it if all is said."""
        assert self._open_start is not None
        probabilities = list(self._probabilities)
        smooth = [sum(probabilities[max(0, i - 2) : i + 3]) for i in range(len(probabilities))]
        first, last = len(smooth) // 2, len(smooth) - 6
        deepest = min(range(first, last), key=lambda i: (smooth[i], -i))
        end = self._position - (len(probabilities) - deepest) * self._hop
        if self._last_speech_end <= end:
            return self._close_behind_speech()
        closed = SpeechSpan(
            stream=self._stream,
            span=Span(self._open_start, end),
            is_final=True,
            is_continued=True,
            mean_probability=sum(probabilities[:deepest]) / max(deepest, 1),
            is_sure=self.is_sure(Span(self._open_start, end)),
        )
        self._open_start = end
        self._earliest = end
        self._probabilities = deque(probabilities[deepest:])
        return closed
