"""Bars by month with a threshold, as SVG that the server draws: no script, no inline style, words for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 640, 190
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 16, 26
WIDEST_STEP = 72
TEXT_HEIGHT = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """value in basis points. is_now: a month that goes on."""

    label: str
    value_bps: int
    is_now: bool = False


def plot_bars(bars: Sequence[Bar], *, limit_bps: int, limit_words: str, title: str) -> SafeString:
    """The bars with a dashed line at the limit. Whoever can not see it hears the title and the newest figure."""
    top = max([limit_bps, *(bar.value_bps for bar in bars)]) * 6 // 5 or 1
    inner = HEIGHT - TOP - BOTTOM
    step = min((WIDTH - LEFT - RIGHT) // max(len(bars), 1), WIDEST_STEP)

    def height_of(bps: int) -> int:
        return bps * inner // top

    limit_y = TOP + inner - height_of(limit_bps)
    columns = format_html_join(
        "",
        '<rect class="bo-plot-bar{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
        '<text x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (
                " bo-plot-now" if bar.is_now else "",
                LEFT + index * step + step // 6,
                TOP + inner - height_of(bar.value_bps),
                step * 2 // 3,
                height_of(bar.value_bps),
                f"{bar.label}: {percent(bar.value_bps)}",
                LEFT + index * step + step // 2,
                HEIGHT - 8,
                bar.label,
            )
            for index, bar in enumerate(bars)
        ),
    )
    return format_html(
        '<svg class="bo-plot" viewBox="0 0 {w} {h}" role="img" aria-label="{title}">'
        '<line class="bo-plot-axis" x1="{left}" y1="{floor}" x2="{end}" y2="{floor}"></line>{columns}'
        '<line class="bo-plot-limit" x1="{left}" y1="{limit_y}" x2="{end}" y2="{limit_y}"></line>'
        '<text class="bo-plot-limit-words" x="{end}" y="{words_y}" text-anchor="end">{limit_words}</text>'
        '<text x="{axis_x}" y="{axis_y}" text-anchor="end">{limit}</text>'
        '<text x="{axis_x}" y="{floor}" text-anchor="end">{zero}</text></svg>',
        w=WIDTH,
        h=HEIGHT,
        title=title,
        left=LEFT,
        end=WIDTH - RIGHT,
        floor=TOP + inner,
        columns=columns,
        limit_y=limit_y,
        words_y=limit_y - 5,
        limit_words=limit_words,
        axis_x=LEFT - 6,
        axis_y=limit_y + 4,
        limit=percent(limit_bps),
        # Where the bars dwarf the limit, its words stand on the axis.
        zero="0 %" if height_of(limit_bps) > TEXT_HEIGHT else "",
    )


def percent(bps: int) -> str:
    """ "1.52 %"."""
    return f"{bps // 100}.{bps % 100:02} %"
