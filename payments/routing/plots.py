"""Plots as coordinates, which a template draws as SVG: no script, no style attribute. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from payments.routing.statistics import Count, Interval, wilson

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 32
ROW_HEIGHT = 44


@dataclass(frozen=True, slots=True)
class Line:
    """band: the outline of the intervals around it. number: of the arm, for its colour."""

    name: str
    number: int
    points: str
    band: str


@dataclass(frozen=True, slots=True)
class Tick:
    at: int
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One interval on a scale: from, to, its middle, and whether it leaves out the mark."""

    name: str
    number: int
    y: int
    low: int
    high: int
    middle: int
    words: str


@dataclass(frozen=True, slots=True)
class Plot:
    """mark: where the scale's own zero lies, None when it is outside."""

    width: int
    height: int
    ticks: tuple[Tick, ...]
    lines: tuple[Line, ...] = ()
    rows: tuple[Row, ...] = ()
    mark: int | None = None
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def course_plot(
    course: Mapping[str, Sequence[tuple[int, Count]]], *, points: int, confidence: float
) -> Plot | None:
    """Authorization rate of each arm so far, with its interval, over the experiment's time. None while empty."""
    drawn = {
        name: [(point, count.rate, wilson(count, confidence)) for point, count in line if count.tried]
        for name, line in course.items()
    }
    shown = [one for line in drawn.values() for one in line]
    if not shown:
        return None
    # The first points are all interval: the scale follows what the plot ends with.
    lasts = [line[-1] for line in drawn.values() if line]
    low = max(0.0, min(interval.low for _, _, interval in lasts) - 0.05)
    high = min(1.0, max(interval.high for _, _, interval in lasts) + 0.05)
    return Plot(
        WIDTH,
        HEIGHT,
        tuple(Tick(_y(value, low, high), f"{100 * value:.0f} %") for value in _steps(low, high)),
        lines=tuple(
            _line(name, number, line, points, low, high) for number, (name, line) in enumerate(drawn.items())
        ),
    )


def interval_plot(rows: Sequence[tuple[str, int, float, Interval, str]]) -> Plot | None:
    """Differences with their intervals: (name, number of the arm, difference, interval, words). None without any."""
    if not rows:
        return None
    reach = max(max(abs(interval.low), abs(interval.high)) for _, _, _, interval, _ in rows) * 1.1 or 0.01
    height = TOP + ROW_HEIGHT * len(rows) + BOTTOM
    return Plot(
        WIDTH,
        height,
        tuple(Tick(_x(value, reach), f"{100 * value:+.1f}") for value in _steps(-reach, reach)),
        rows=tuple(
            Row(
                name,
                number,
                TOP + ROW_HEIGHT * place + ROW_HEIGHT // 2,
                _x(interval.low, reach),
                _x(interval.high, reach),
                _x(value, reach),
                words,
            )
            for place, (name, number, value, interval, words) in enumerate(rows)
        ),
        mark=_x(0.0, reach),
        bottom=height - BOTTOM,
    )


def _line(
    name: str, number: int, line: Sequence[tuple[int, float, Interval]], points: int, low: float, high: float
) -> Line:
    def at(point: int, value: float) -> str:
        x = LEFT + (WIDTH - LEFT - RIGHT) * point / points
        return f"{x:.0f},{_y(min(max(value, low), high), low, high)}"

    upper = [at(point, interval.high) for point, _, interval in line]
    lower = [at(point, interval.low) for point, _, interval in reversed(line)]
    return Line(
        name, number, " ".join(at(point, rate) for point, rate, _ in line), " ".join([*upper, *lower])
    )


def _y(value: float, low: float, high: float) -> int:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low))


def _x(value: float, reach: float) -> int:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * (value + reach) / (2 * reach))


def _steps(low: float, high: float) -> list[float]:
    return [low + (high - low) * step / 4 for step in range(5)]
