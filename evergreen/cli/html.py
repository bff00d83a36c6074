"""What the pages that Evergreen writes have in common: one look, light and dark, and nothing that they load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6470;--line:#dfe3e8;--faint:#f0f2f5;--page:#fff;--ref:#8a97a8;
--cur:#1f6feb;--bad:#b42318;--good:#1a7f37;--warn:#9a6700}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa4b2;--line:#343b45;--faint:#232931;--page:#14181d;
--ref:#7d8898;--cur:#58a6ff;--bad:#ff7b72;--good:#3fb950;--warn:#d29922}.badge{color:#14181d!important}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:1040px;margin:32px auto;
padding:0 20px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:0}p{margin:4px 0}.soft{color:var(--soft)}
.badge{font-size:13px;font-weight:600;padding:2px 10px;border-radius:99px;color:#fff;background:var(--soft)}
.badge.breach{background:var(--bad)}.badge.ok{background:var(--good)}.badge.warn{background:var(--warn)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
th{text-align:left;font-weight:600;color:var(--soft);border-bottom:1px solid var(--line);padding:4px 16px 4px 0}
td{padding:4px 16px 4px 0;border-bottom:1px solid var(--faint);vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}
tr.moved td:first-child{font-weight:600}.bad{color:var(--bad);font-weight:600}
section{border-top:1px solid var(--line);margin-top:28px;padding-top:18px}
svg{width:100%;height:auto;display:block}details{margin-top:10px}summary{cursor:pointer;color:var(--soft)}
.key i{display:inline-block;width:12px;height:12px;border-radius:2px;vertical-align:-1px;margin:0 6px 0 14px}
p,td:first-child,h1,h2,li{overflow-wrap:anywhere}a{color:inherit}.wide{overflow-x:auto;margin-top:8px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:12px 0}dt{color:var(--soft)}dd{margin:0}
"""


def document(title: str, body: str, *, style: str = "") -> str:
    """The whole page; it loads nothing. `body` is HTML, `title` is text."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}{style}</style></head><body>{body}</body></html>\n"
    )


def header(first: str, *numbers: str) -> str:
    """The head of a table whose other columns are numbers."""
    return f"<tr><th>{first}</th>{''.join(f'<th class=n>{name}</th>' for name in numbers)}</tr>"


def number(value: float | None) -> str:
    """Four digits, or a dash."""
    return "–" if value is None else f"{value:.4g}"


def section(title: str, content: str) -> str:
    """A titled part of a page."""
    return f"<section><h2>{title}</h2>{content}</section>"


def facts(said: Mapping[str, str | None]) -> str:
    """Names with what is known of them; what is not known is left out. Values are HTML."""
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in said.items() if value)}</dl>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML, which scrolls by itself where it is too wide."""
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'
