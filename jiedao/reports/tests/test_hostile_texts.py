"""Texts of reports that try to read what they were not given, to keep a processor busy or to fill the memory."""

import json
import os
import time
from pathlib import Path

import pytest

from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.reports import rendering
from jiedao.reports.building import build_document
from jiedao.reports.confined import ChildEnded, Limits, converse, run_confined
from jiedao.reports.rendering import Rendering, render
from jiedao.reports.templating import Marks, build_blocks
from jiedao.reports.tests.conftest import ReportTown

# Each call passes on its arguments twice: lists within lists that no text writes down.
DOUBLING_ARGUMENTS = (
    "{% macro m(n) %}{% if n %}{{ m(n - 1, varargs[:2], varargs[:2], varargs[2:], varargs[2:]) }}"
    "{% else %}{{ varargs[0] == varargs[2] }}{% endif %}{% endmacro %}{{ m(30, 1, 1, 1, 1) }}"
)

BUSY_OR_LARGE = [
    "{% set w = 'abcdefghij' %}" + "{% for a in w %}" * 6 + "{% endfor %}" * 6,
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% for a in 'ab' recursive %}{{ loop('ab') }}{% endfor %}",
    "{% set x = 'abcdefgh' %}" + "{% set x = x ~ x %}" * 40,
    "{% set x = 'abcdefgh' %}" + "{% set x = x + x %}" * 40,
    "{% set x = [1] %}" + "{% set x = x + x %}" * 40,
    "{% set x = 9 %}" + "{% set x = x * x %}" * 40,
    "{{ 'x'.center(1000000000) }}",
    "{{ '{:>1000000000}'.format('x') }}",
    "{{ '%1000000000d'|format(1) }}",
    "{{ 'x'|center(1000000000) }}",
    "{{ 'x' * 1000000000 }}",
    "{{ 2 ** 99999999 }}",
    "{{ 1|round(3000000, 'ceil') }}",
    "{% set x %}abcdefgh{% endset %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 40,
    "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{% set x = 'abcdefgh' %}"
    + "{% set x = twice(x) %}" * 40,
    "{% set x = ['abcdefgh'] %}" + "{% set x = [x, x] %}" * 40 + "{{ x == [x] }}",
    "{% set x = ('abcdefgh',) %}" + "{% set x = {'a': x, 'b': x} %}" * 40,
    "{% set x = [1, 1] %}" + "{% set x = [x, x]|sum(start=[]) %}" * 40,
    "{% set x = {'a': 1}.items() %}{% set y = {'a': 1}.items() %}"
    + "{% set x = {'a': x, 'b': x}.items() %}{% set y = {'a': y, 'b': y}.items() %}" * 40
    + "{{ x == y }}",
    DOUBLING_ARGUMENTS,
    "{% set x = 'a' %}"
    + "{% set x = x ~ x %}" * 16
    + "{% set w = 'abcdefghij'|list %}"
    + "{% for a in w %}" * 4
    + "{{ x|max }}"
    + "{% endfor %}" * 4,
    "{{ '" + "f" * 5000 + "'|int(base=16) }}",
    "{% set x = {}.fromkeys('abcdefgh') %}" + "{% set x = {}.fromkeys('abcdefgh', x) %}" * 40,
    # Filters that build or search large texts; most are not there.
    "{{ 'x'|indent(1000000000, true) }}",
    "{{ 'x'|ljust(1000000000) }}",
    "{{ ('x' ~ ' y')|wordwrap(1) }}",
    "{{ 'x'|replace('', 'y' ~ 'z') }}",
    "{{ 'x'|batch(1000000000, 'y')|list }}",
    "{{ 'x'|slice(1000000000)|list }}",
    "{{ 'ab'|urlize }}",
    "{{ 'x'|pprint }}{{ 'x'|tojson }}{{ {'a': 1}|xmlattr }}",
    "{{ ['a']|join('b') }}{{ 'a'|striptags }}{{ 'b'|title }}",
    "{{ 'x'|format(1) }}",
    "{{ '%s' % 'x' }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '{0:{1}}'.format(1, 1000000000) }}",
    "{{ 'x'.zfill(1000000000) }}{{ 'x'.expandtabs(1000000000) }}",
    "{{ 'x'.replace('', 'y') }}",
    "{{ 'x'.join('y') }}",
    "{{ ['x'] * 1000000000 }}",
    "{{ range(1000000000)|list }}",
    "{% for n in range(1000000000) %}{% endfor %}",
    "{{ lipsum(n=1000000) }}{{ cycler(1) }}{{ joiner() }}{{ namespace() }}",
    "{% set x = namespace(a=1) %}",
    "{{ 9 * 9 ** 9 ** 9 }}",
    "{{ 7 // 0.0 }}",
    "{{ '9' * 5000|int }}",
    "{{ " + "-" * 5000 + "1 }}",
    "{{ " + "not " * 5000 + "1 }}",
    "{{ " + "[" * 3000 + "]" * 3000 + " }}",
    "{{ a" + ".b" * 5000 + " }}",
    "{{ " + "'a' ~ " * 30000 + "b }}",
    "{% if a %}" * 3000 + "{% endif %}" * 3000,
    (
        "{% macro a() %}{% call b() %}{% endcall %}{% endmacro %}"
        "{% macro b() %}{{ caller() }}{{ a() }}{% endmacro %}{{ a() }}"
    ),
    "{% macro a(n) %}{{ a(n + 1) }}{% endmacro %}{{ a(1) }}",
    "{% set x = 'ab' * 3 %}",
    "{% filter center(1000000000) %}x{% endfilter %}",
    "{% filter indent(1000000000) %}x{% endfilter %}",
    "{% block a %}{{ self.a() }}{% endblock %}",
    "{% block a %}{% endblock %}{% for n in 'abcdefghij' %}" + "{{ self.a() }}" * 6000 + "{% endfor %}",
    "{% trans n=1 %}{{ n }}{% pluralize %}{{ n }}{% endtrans %}",
    "{{ _('x') }}{{ gettext('x') }}{{ ngettext('a', 'b', 1000000000) }}",
    "{% autoescape false %}{{ 'x'|e|safe }}{% endautoescape %}",
    "{% do 1 %}{% break %}",
    "{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa!' is matching('(a+)+$') }}{{ 'a'|regex_replace('(a+)+$', 'b') }}",
]
INTERNALS = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ figure.__globals__ }}",
    "{{ figure.__code__ }}",
    "{{ figure.__closure__ }}",
    "{{ figure['__globals__'] }}",
    "{{ figure|attr('__globals__') }}",
    "{{ ({}|attr('__class__')) }}",
    "{{ ()['__class__'] }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ loop }}",
    "{% for a in 'a' %}{{ loop.__class__ }}{{ loop._iterable }}{% endfor %}",
    "{% macro m() %}{% endmacro %}{{ m._func }}{{ m._environment.filters }}",
    "{% macro m() %}{% endmacro %}{{ m.__class__.__init__ }}",
    "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}{% call m() %}{% endcall %}",
    "{{ request }}{{ settings }}{{ config }}",
    "{{ __import__('os') }}",
    "{{ period.__class__ }}",
    "{{ year.real.__class__ }}",
    "{{ {}.update(a=1) }}",
    "{{ [].append(1) }}",
    "{% set _ = {}.__setitem__ %}{{ _ }}",
    "{{ {}.get.__self__ }}",
    "{% import 'os' as os %}",
    "{% from 'os' import environ %}",
    "{% include '/etc/passwd' %}",
    "{% extends '/etc/passwd' %}",
]


def build(words: str) -> str:
    return build_document(words, parse_period("2020-06")).text


def measure_children() -> float:
    """Return the processor time of the processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.mark.parametrize("words", BUSY_OR_LARGE)
def test_a_text_cannot_keep_a_processor_busy_or_fill_the_memory(report_town: ReportTown, words: str) -> None:
    own, children = time.process_time(), measure_children()
    with pytest.raises(UserError) as refusal:
        build(words)
    assert "模板有错" in refusal.value.message or "不能直接写出来" in refusal.value.message
    assert time.process_time() - own < 0.5
    assert measure_children() - children < rendering.LIMITS.seconds + 2


@pytest.mark.parametrize("words", INTERNALS)
def test_a_text_cannot_reach_what_it_was_not_given(report_town: ReportTown, words: str) -> None:
    with pytest.raises(UserError) as refusal:
        build(words)
    assert "模板有错" in refusal.value.message or "不能直接写出来" in refusal.value.message


def test_titles_without_end_cost_no_more_than_their_length() -> None:
    words = "{% for a in 'abcdefghij' %}" + "# 甲\n" * 8000 + "{% endfor %}"
    began = time.process_time()
    blocks = build_blocks(words, {}, Marks())
    assert len(blocks) == 1
    assert time.process_time() - began < 5


def test_a_text_that_defeats_every_count_is_stopped_and_the_server_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    busy = tmp_path / "busy.py"
    busy.write_text("while True: pass")
    monkeypatch.setattr(rendering, "CHILD", busy)
    monkeypatch.setattr(rendering, "LIMITS", Limits(seconds=1, wait=20))
    with pytest.raises(UserError, match="太多太大"):
        render("a", {}, Rendering())


@pytest.mark.parametrize(
    ("program", "cause"),
    [
        ("while True: pass", "TIME"),
        ("import time; time.sleep(60)", "TIME"),
        ("x = bytearray(900_000_000)", "MEMORY"),
        ("import os; os.write(0, b'\\xff' * 8)", "MEMORY"),
        ("import os; os.write(0, b'\\0\\0\\0\\x02[]'); import time; time.sleep(60)", "DAMAGED"),
    ],
)
def test_a_process_that_does_not_answer_is_ended(tmp_path: Path, program: str, cause: str) -> None:
    path = tmp_path / "program.py"
    path.write_text(program)
    with pytest.raises(ChildEnded, match=cause), converse(path, Limits(seconds=1, wait=3)) as conversation:
        conversation.receive()
    assert conversation.child.poll() is not None


def test_a_text_that_has_broken_out_opens_no_file_and_no_connection(tmp_path: Path) -> None:
    program = tmp_path / "broken_out.py"
    program.write_text(
        f"import sys; sys.path.append({str(Path(rendering.__file__).parent)!r})\n"
        "import os, socket, rendering_child\n"
        "rendering_child.lock_files()\n"
        "def attempt(work):\n"
        "    try:\n"
        "        work()\n"
        "    except OSError as fault:\n"
        "        return fault.strerror\n"
        "    return 'done'\n"
        "rendering_child.send({'read': attempt(lambda: open('/etc/passwd')),\n"
        "  'write': attempt(lambda: open('/tmp/x', 'w')), 'connect': attempt(socket.socket),\n"
        "  'secrets': [name for name in os.environ if 'JIEDAO' in name or 'DJANGO' in name]})\n"
    )
    with converse(program, Limits(seconds=5, wait=20)) as conversation:
        answer = conversation.receive()
    full = "Too many open files"
    assert answer == {"read": full, "write": full, "connect": full, "secrets": []}


def test_a_foreign_document_is_read_without_the_secrets_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIEDAO_SECRET_KEY", "a secret")
    program = tmp_path / "program.py"
    program.write_text("import json, os; print(json.dumps(dict(os.environ)))")
    assert "JIEDAO_SECRET_KEY" not in json.dumps(run_confined(program, [], Limits(seconds=5, wait=20)))


def test_a_function_that_fails_for_another_reason_is_no_fault_of_the_text() -> None:
    def fail() -> str:
        raise ConnectionError("the database is away")

    with pytest.raises(ConnectionError) as raised:
        render("{{ fail() }}", {"fail": fail}, Rendering())
    assert raised.value.__cause__ is None


def test_a_long_part_of_a_word_template_costs_no_more_than_its_length() -> None:
    words = "{% for a in 'abcdefghij' %}" + "甲乙丙丁" * 500_000 + "{% endfor %}"
    children = measure_children()
    rendered = render(words, {}, Rendering(escapes=True, longest=30_000_000))
    assert len(rendered.text) == 20_000_000
    assert measure_children() - children < 5


def test_many_texts_at_once_wait_and_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "PATIENCE", 0.05)
    for _place in range(rendering.MOST_AT_ONCE):
        assert rendering._places.acquire(timeout=5)
    try:
        with pytest.raises(UserError, match="正在生成的报告太多"):
            render("a", {}, Rendering())
    finally:
        rendering._places.release(rendering.MOST_AT_ONCE)
    assert render("a", {}, Rendering()).text == "a"
