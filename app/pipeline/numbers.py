"""Which neighbouring words are one number, sum of money, date or time, and must not be parted."""

from __future__ import annotations

FOLLOWERS = frozenset(
    "hundred thousand million billion trillion percent % dollars euros pounds cents am pm a.m p.m "
    "o'clock".split()
)
MONTHS = frozenset(
    "january february march april may june july august september october november december".split()
)
CURRENCIES = "$€£¥"
SENTENCE_ENDS = (".", "?", "!")


def may_go_on(word: str) -> bool:
    """Whether what comes next may belong to the same number: "10" becomes "10:30".

    Args:
        word: As heard so far; where the sound ends, recognisers end the sentence.
    """
    return bool(word) and (_bare(word)[-1:].isdigit() or word in CURRENCIES or _is_month(word))


def goes_on(left: str, right: str) -> bool:
    """Whether two words that follow each other are one number: "$5 million", "10 am", "May 5"."""
    if not left or left.endswith(SENTENCE_ENDS):
        return False
    has_digit = left.rstrip(",")[-1:].isdigit()
    if left in CURRENCIES or _is_month(left):
        return right[:1].isdigit()
    if _bare(left) in FOLLOWERS:
        return _bare(right) in FOLLOWERS
    return has_digit and (right[:1].isdigit() or _bare(right) in FOLLOWERS or _is_month(right))


def _is_month(word: str) -> bool:
    """With a capital: "may" and "march" are other words."""
    return word[:1].isupper() and _bare(word) in MONTHS


def _bare(word: str) -> str:
    return word.casefold().rstrip(".,?!;:")
