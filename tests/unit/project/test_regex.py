"""Patterns are accepted when RE2, which runs them, can read them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evergreen.errors import ProjectError
from evergreen.project.reader import parse_project
from evergreen.project.regex import check_regex
from evergreen.validation.judge import Judge, judge_tables

PIECES = [
    "a", "z", "é", "-", ".", "^", "$", "|", "(", ")", "[", "]", "[^", "{", "}", ",", ":", "*", "+", "?", "{2}", "{2,1}",
    "{0}", "{,3}", "{1001}", "{40,}", "{30}", "(?", "(?i)", "(?i:", "(?s-i:", "(?-)", "(?P<n>", "(?<n>", "(?P=n)",
    "(?=", "(?<!", "(?>", "(?#", "(?x)", "(?a)", "\\", "\\d", "\\W", "\\z", "\\Z", "\\A", "\\b", "\\1", "\\12", "\\07",
    "\\08", "\\x41", "\\x{1F600}", "\\x{110000}", "\\x4", "\\u0061", "\\p{L}", "\\pN", "\\p{^Lu}", "\\P{Greek}", "\\pl",
    "\\Q", "\\E", "\\.", "\\_", "\\-", "\\é", "\\n", "\\C", "[:alpha:]", "[:^digit:]", "[:foo:]", "[a-z]", "[z-a]",
    "[]a]", "a-\\d", "(a{100}){100}",
]  # fmt: skip


def engine_reads(text: str) -> bool:
    try:
        pc.match_substring_regex(pa.array([""]), text)
    except pa.ArrowInvalid:
        return False
    return True


def is_accepted(text: str) -> bool:
    try:
        check_regex(text)
    except ValueError:
        return False
    return True


@example("a+(?i)+")
@example("\\Q\\E*")
@example("[a--]")
@example("x*\\Q\\E*")
@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join))
@settings(max_examples=400)
def test_agrees_with_the_engine(text: str) -> None:
    assert is_accepted(text) == engine_reads(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a++", r"at character 3: repeats a repetition"),
        ("x(?>a)", r"at character 2: \(\?> is an atomic group, which RE2 does not have"),
        (r"a\Z", r"at character 2: \\Z is \\z in RE2"),
        ("a{1001}", r"at character 2: \{1001\} repeats more than 1,000 times"),
        (r"\u0061", r"at character 1: \\u is \\x\{…\} in RE2"),
        ("(?x) a", r"at character 1: \(\?x\) is not known to RE2"),
        ("(?#c)a", r"\(\?# is a comment"),
        (r"(a)\1", r"at character 4: \\1 refers back"),
        ("a(?=b)", r"at character 2: \(\?= looks ahead"),
        ("[a", "at character 1: a set is not closed"),
        ("(a", "at character 3: a group is not closed"),
    ],
)
def test_says_what_re2_does_not_read_and_where(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        check_regex(text)


@pytest.mark.parametrize("pattern", ["a++", r"a\Z"])
def test_a_project_with_another_engines_pattern_is_refused_with_its_line(pattern: str) -> None:
    text = f"project: p\ntarget: y\ndata:\n  dataset: d\n  columns: {{c: {{type: category, pattern: '{pattern}'}}}}"

    with pytest.raises(ProjectError, match=r"line 5: data\.columns\.c\.pattern: .* is not a regular expression of RE2"):
        parse_project(text)


def test_a_pattern_that_only_the_engine_refuses_is_a_mistake_of_the_project() -> None:
    project = parse_project(
        "project: p\ntarget: y\ndata: {dataset: d, columns: {c: {type: category, pattern: '\\p{L}{1000}'}}}"
    )

    with pytest.raises(ProjectError, match=r"data\.columns\.c\.pattern: .*pattern too large"):
        judge_tables(Judge(project), [pa.table({"y": [1], "c": ["a"]})], name="d")
