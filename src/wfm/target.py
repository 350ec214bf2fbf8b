"""The promise: what share of contacts is answered how fast, and what else must hold."""

from __future__ import annotations

from dataclasses import dataclass

from wfm.checks import fraction, one_of, put
from wfm.durations import seconds, spoken
from wfm.errors import SettingError

ABANDONED = ("lost", "ignored", "met", "answered", "credited", "virtual")
SCOPES = ("interval", "day", "week")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTarget:
    """Answer `share` of the contacts within `within` seconds, counted over `scope`.

    Attributes
    ----------
    share : float           Fraction to be answered in time, in (0, 1).
    within : float          Acceptable wait [s]; anything that `pd.Timedelta` reads.
    abandoned : str         What a caller who hangs up counts as. `lost`: answered in time / offered; `ignored`:
                            those who hang up within `within` leave the base; `met`: they count as met; `answered`:
                            answered in time / answered; `credited`: those who hang up within `short` count as met;
                            `virtual`: share whose wait, had they been patient, would have been within `within`.
    short : float           Those who hang up within so many seconds leave the base [s]; 0 = none do. `credited`
                            counts them as met, `answered` and `virtual` know no such thing.
    scope : str             `interval`: each by itself; `day` or `week`: weighted by contacts.
    floor : float or None   Least share in any interval of a day or week; None = share - 0.20; 0 = no floor.
                            With a confidence each interval keeps it by itself, with the same confidence.
    max_abandon : float     Largest share that may hang up.
    max_asa : float         Longest mean wait of the answered [s].
    max_occupancy : float   Largest share of time spent on contacts.
    wait_quantile : tuple   (share, seconds): so many wait at most so long.
    confidence : float      Share of the possible futures on which the promise holds; None = plan for the mean.

    >>> ServiceTarget(share=0.80, within="60s").least
    0.6
    >>> print(ServiceTarget(share=0.80, within=60, max_abandon=0.05))
    80% answered within 60 s of all offered over the day, no interval below 60%, at most 5% hang up
    """

    share: float
    within: float
    abandoned: str = "lost"
    short: float = 0.0
    scope: str = "day"
    floor: float | None = None
    max_abandon: float | None = None
    max_asa: float | None = None
    max_occupancy: float | None = None
    wait_quantile: tuple[float, float] | None = None
    confidence: float | None = None

    def __post_init__(self) -> None:
        """Convert durations to seconds and refuse what cannot be promised."""
        put(
            self,
            share=fraction(self.share, name="share", zero=False, one=False),
            within=seconds(self.within, name="within", zero=True),
            short=seconds(self.short, name="short", zero=True),
        )
        one_of(self.abandoned, ABANDONED, name="abandoned")
        one_of(self.scope, SCOPES, name="scope")
        for name in ("floor", "max_abandon", "max_occupancy"):
            if getattr(self, name) is not None:
                put(self, **{name: fraction(getattr(self, name), name=name, zero=name != "max_occupancy")})
        if self.floor is not None and self.floor > self.share:
            raise SettingError(
                f"floor must be at most share {self.share:g}, got {self.floor:g}.", name="floor", value=self.floor
            )
        if self.max_asa is not None:
            put(self, max_asa=seconds(self.max_asa, name="max_asa"))
        if self.wait_quantile is not None:
            put(self, wait_quantile=_quantile(self.wait_quantile))
        if self.confidence is not None:
            put(self, confidence=fraction(self.confidence, name="confidence", zero=False, one=False))

    @property
    def least(self) -> float:
        """The floor that holds for every interval: 0 where there is none or the scope is the interval itself."""
        if self.scope == "interval":
            return 0.0
        return max(0.0, round(self.share - 0.20, 10)) if self.floor is None else self.floor

    @property
    def formula(self) -> str:
        """The service level in words."""
        base = {
            "lost": "answered within {w} / offered",
            "ignored": "answered within {w} / (offered - hung up within {w})",
            "met": "(answered or hung up within {w}) / offered",
            "answered": "answered within {w} / answered",
            "credited": "(answered within {w} or hung up within {s}) / offered",
            "virtual": "would wait at most {w} / offered",
        }[self.abandoned].format(w=spoken(self.within), s=spoken(self.short))
        left_out = self.short > 0 and self.abandoned in ("lost", "ignored", "met")
        return base + (f", hang-ups within {spoken(self.short)} left out" if left_out else "")

    def __str__(self) -> str:
        """The promise as one says it."""
        base = {
            "lost": "of all offered",
            "ignored": "of those who did not hang up in time",
            "met": "or hung up in time",
            "answered": "of those answered",
            "credited": f"or hung up within {spoken(self.short)}",
            "virtual": "had all been patient,",
        }[self.abandoned]
        words = [f"{self.share:.0%} answered within {spoken(self.within)} {base} over the {self.scope}"]
        if self.least:
            words.append(f"no interval below {self.least:.0%}")
        if self.max_abandon is not None:
            words.append(f"at most {self.max_abandon:.0%} hang up")
        if self.confidence is not None:
            words.append(f"with {self.confidence:.0%} confidence")
        return ", ".join(words)


def _quantile(value: object) -> tuple[float, float]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise SettingError(
            f"wait_quantile must be a pair (share, seconds) such as (0.95, 120), got {value!r}.",
            name="wait_quantile",
            value=value,
        )
    return (
        fraction(value[0], name="wait_quantile share", zero=False, one=False),
        seconds(value[1], name="wait_quantile seconds", zero=True),
    )
