"""Tours as a linear programme: people per week pattern, starts inside their band, breaks as for single shifts.

For every track k (contract, shift type, band of starts) and pattern w of its working days an integer y_kw of people,
for every day d and start s of the band an integer z_kds of those who start there:

    band k, d     sum_s z_kds  =  sum of y_kw whose pattern holds day d
    shift s       sum of z_kds over the tracks  =  x_s,  the people of the shift in the programme of `cover`

Whoever is on duty on a day may take any start of the band, so that tours and starts are chosen together and handed to
people afterwards. (Implicit tours: Bechtold and Jacobs 1990, Management Science 36; Jacobs and Brusco 1996, Omega 24.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wfm.schedule.cover.costs import Costs
from wfm.schedule.cover.people_per_shift import add_people
from wfm.schedule.program.program import DUTY, TOUR, Builder, Floats, Ints, Program
from wfm.schedule.shifts.candidates import Candidates
from wfm.schedule.tours.tracks import WEEK, Track

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """How many people a contract may have, and which share of all people.

    Attributes
    ----------
    people : mapping    contract -> least and most people.
    shares : mapping    contract -> least and most share of all people.
    """

    people: Mapping[str, Span]
    shares: Mapping[str, Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class TourProgram:
    """The programme and what its columns of tours and duties are.

    Attributes
    ----------
    tours : (tours, 2)      Track and number of its pattern.
    duties : (duties, 3)    Track, day of the week, candidate.
    """

    program: Program
    candidates: Candidates
    tracks: tuple[Track, ...]
    tours: Ints
    duties: Ints


def tour_program(
    candidates: Candidates, tracks: Sequence[Track], required: Floats, costs: Costs, heads: Heads
) -> TourProgram:
    """The programme of one queue's week; `required` as in `cover_program`."""
    build = Builder()
    shifts, constant = add_people(build, candidates, required, costs)
    tours = np.array([(k, w) for k, track in enumerate(tracks) for w in range(len(track.weeks))], dtype=np.int64)
    duties = np.array(
        [(k, day, s) for k, track in enumerate(tracks) for day in range(WEEK) for s in track.shifts[day]],
        dtype=np.int64,
    )
    tours, duties = tours.reshape(-1, 2), duties.reshape(-1, 3)
    tour = build.add_columns(TOUR, tours[:, 0], 0.0, integer=True)
    duty = build.add_columns(DUTY, duties[:, 0], 0.0, integer=True)
    bands = build.add_rows(0.0, 0.0, len(tracks) * WEEK)
    build.put(bands[duties[:, 0] * WEEK + duties[:, 1]], duty, 1.0)
    worked = [
        (bands[k * WEEK + day], column)
        for (k, w), column in zip(tours, tour, strict=True)
        for day in tracks[k].weeks[w]
    ]
    build.put([row for row, _ in worked], [column for _, column in worked], -1.0)
    links = build.add_rows(0.0, 0.0, len(shifts))
    build.put(links[duties[:, 2]], duty, 1.0)
    build.put(links, shifts, -1.0)
    _add_heads(build, [tracks[k].contract.name for k in tours[:, 0]], tour, heads)
    return TourProgram(
        program=build.program(constant), candidates=candidates, tracks=tuple(tracks), tours=tours, duties=duties
    )


def _add_heads(build: Builder, contract: Sequence[str], tour: Ints, heads: Heads) -> None:
    names = np.asarray(contract, dtype=object)
    for name, (least, most) in heads.people.items():
        own = tour[names == name]
        build.put(np.repeat(build.add_rows(least, most, 1), len(own)), own, 1.0)
    for name, (least, most) in heads.shares.items():
        own = (names == name).astype(float)
        for share, low, high in ((least, 0.0, np.inf), (most, -np.inf, 0.0)):
            build.put(np.repeat(build.add_rows(low, high, 1), len(tour)), tour, own - share)
