r"""Whether RE2, which runs the patterns, can read one: known here without the engine, so that a check needs none.

RE2 has no look-around, back-references, atomic groups or possessive repetitions, repeats at most 1,000 times, and
spells the end of a text `\z`. Names of scripts (`\p{Greek}`) are left to the engine.

Source: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re

_MOST = 1_000  # repetitions, those within others multiplied
_HEXADECIMAL = r"x[0-9A-Fa-f]{2}|x\{0*(?:10|[0-9A-Fa-f])?[0-9A-Fa-f]{1,4}\}"
_ESCAPED = rf"[aftnrv\x00-/:-@\[-`{{-\x7f]|0[0-7]{{0,2}}|[1-7][0-7]{{1,2}}|{_HEXADECIMAL}"
_CATEGORY = r"C[cfos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?"
_MANY = rf"[dDsSwW]|[pP](?:[CLMNPSZ]|\{{\^?(?:{_CATEGORY}|[A-Z][A-Za-z_]{{2,}})\}})"
_COUNT = r"0|[1-9]\d{0,8}"
_TOKEN = re.compile(
    rf"\\Q(?P<quoted>.*?)(?:\\E|\Z)|(?P<atom>\\(?:{_ESCAPED}|{_MANY}|[AzbBC])|[^\\()\[|*+?{{])|(?P<set>\[\^?)"
    r"|(?P<flags>\(\?[imsU]*(?:-[imsU]+)?\))|(?P<open>\((?:\?(?:P?<\w+>|[imsU]*(?:-[imsU]+)?:)|(?!\?)))"
    rf"|(?P<close>\))|(?P<or>\|)|(?P<repeat>[*+?]\??|\{{(?P<least>{_COUNT})(?:,(?P<most>{_COUNT})?)?\}}\??)|(?P<brace>\{{)",
    re.DOTALL,
)
_NAMED = re.compile(r"\[:\^?(.*?):\]", re.DOTALL)
_CLASSES = (
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
)  # fmt: skip
_SEVERAL = re.compile(rf"\\(?:{_MANY})")
_CHARACTER = re.compile(rf"\\({_ESCAPED})|([^\\])", re.DOTALL)
_CONTROLS = dict(zip("aftnrv", "\a\f\t\n\r\v", strict=True))
# What other engines read, and what RE2 has instead.
_ELSEWHERE = {
    "(?=": "looks ahead, which RE2 does not", "(?!": "looks ahead, which RE2 does not",
    "(?<=": "looks behind, which RE2 does not", "(?<!": "looks behind, which RE2 does not",
    "(?P=": "refers back, which RE2 does not", "(?(": "depends on a group, which RE2 does not",
    "(?>": "is an atomic group, which RE2 does not have", "(?#": "is a comment, which RE2 does not have",
    r"\Z": r"is \z in RE2", r"\u": r"is \x{…} in RE2", r"\U": r"is \x{…} in RE2", r"\N": r"is \x{…} in RE2",
}  # fmt: skip


def check_regex(text: str) -> None:
    """ValueError, with the place, unless RE2 can read the pattern."""
    outer: list[int] = []  # of each open group: the most repetitions within what comes before it
    heaviest = weight = 0  # repetitions within this group, and of the operand before; 0 where there is none
    at, repeated = 0, False
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _error(text, at, _unknown(text[at:]))
        kind, end = found.lastgroup, found.end()
        if kind == "repeat" or found["repeat"]:
            if not weight or repeated:
                raise _error(text, at, f"{found[0]} has nothing to repeat" if not weight else "repeats a repetition")
            weight *= _times(found, text, at)
            if weight > _MOST:
                raise _error(text, at, f"{found[0]} repeats more than {_MOST:,} times, which RE2 does not")
        elif kind == "open":
            outer.append(heaviest)
            heaviest = weight = 0
        elif kind == "close":
            if not outer:
                raise _error(text, at, "closes a group that is not open")
            weight, heaviest = max(heaviest, 1), outer.pop()
        elif kind == "or":
            weight = 0
        elif kind == "set":
            end, weight = _set_end(text, at, end), 1
        elif kind in ("atom", "brace") or found["quoted"]:
            weight = 1
        heaviest, repeated, at = max(heaviest, weight), found["repeat"] is not None, end
    if outer:
        raise _error(text, len(text), "a group is not closed")


def _times(found: re.Match[str], text: str, at: int) -> int:
    """How often a counted repetition repeats; 1 for others."""
    if found["least"] is None:
        return 1
    least, most = int(found["least"]), int(found["most"] or found["least"])
    if most < least:
        raise _error(text, at, f"{found[0]} repeats from {least} to {most} times")
    return max(most, 1)


def _set_end(text: str, start: int, at: int) -> int:
    """The place after a set's closing bracket."""
    first = at
    while at < len(text) and (text[at] != "]" or at == first):
        named = _NAMED.match(text, at)
        if named is not None:
            if named[1] not in _CLASSES:
                raise _error(text, at, f"{named[0]} is not a class of RE2")
            at = named.end()
        elif several := _SEVERAL.match(text, at):
            at = several.end()
        else:
            low, at = _character(text, at)
            if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("", "]"):
                high, end = _character(text, at + 1)
                if high < low:
                    raise _error(text, at, f"{text[at - 1 : end]} is a range from more to less")
                at = end
    if at >= len(text):
        raise _error(text, start, "a set is not closed")
    return at + 1


def _character(text: str, at: int) -> tuple[str, int]:
    """One character of a set as it is meant, and the place after it."""
    found = _CHARACTER.match(text, at)
    if found is None:
        raise _error(text, at, _unknown(text[at:]))
    escaped = found[1]
    if escaped is None:
        return found[2], found.end()
    if escaped[0] == "x":
        return chr(int(escaped[1:].strip("{}"), 16)), found.end()
    meant = chr(int(escaped, 8)) if escaped.isdigit() else _CONTROLS.get(escaped, escaped)
    return meant, found.end()


def _unknown(rest: str) -> str:
    known = next((start for start in _ELSEWHERE if rest.startswith(start)), None)
    if known is not None:
        return f"{known} {_ELSEWHERE[known]}"
    if rest == "\\":
        return "a backslash with nothing after it"
    back = re.match(r"\\[1-9]", rest)
    return f"{back[0]} refers back, which RE2 does not" if back else f"{rest[:4]} is not known to RE2"


def _error(text: str, at: int, problem: str) -> ValueError:
    return ValueError(f"{text!r} is not a regular expression of RE2: at character {at + 1}: {problem}")
