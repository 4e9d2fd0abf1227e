"""Queries whose SQL the ORM writes once in a thread; afterwards only their values change.

To write the SQL of a query takes the ORM 0.3 to 1 ms of processor time, ten times what the database takes to find the
few rows of a case. A page of many such queries prepares them:

    MOVES = PreparedQuery(lambda case_id: CaseMove.objects.filter(case_id=case_id).order_by("id"), SOME_ID)
    moves = MOVES.fetch(case.pk)

The rows are those of the query set: instances of its model, or tuples of `values_list`. Statements run through Django's
cursor, so that they are counted, logged and timed as any other. Only SQL is stored, never a row.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Func, IntegerField
from django.db.models.query import ModelIterable, QuerySet, get_related_populators

# Values that occur in no query, with which a statement is written. The day is that of the moment in the town.
SOME_ID, SOME_TEXT = 1_999_999_901, "\ue000 stand-in"
SOME_MOMENT, SOME_DAY = datetime(1971, 2, 3, 4, 5, 6, 7, tzinfo=UTC), date(1971, 2, 3)
MOST_SHAPES = 300  # statements of one query in a thread; the one that was not used for longest is dropped


class CountRows(Func):
    """`COUNT(*)` as a column of `values_list`, for a query that counts all of its rows."""

    template = "COUNT(*)"
    output_field = IntegerField()


class PreparedQuery:
    """A query of which only the values differ from call to call.

    Args:
        build: returns the query set for some values. It is called once in a thread and shape, with stand-ins: it may
            decide nothing by a value, and has to pass it on unchanged. A value that is changed on its way into the SQL
            is refused when the statement is written.
        stand_ins: for each parameter of `build` one of the constants SOME_..., or another value of its type that
            occurs nowhere else in the query.
        may_lack: whether some shapes of the query do without a value; else that is refused.

    The values that are passed later are not compared with the range of a field: pass keys of rows, not what a user
    typed.
    """

    def __init__(
        self, build: Callable[..., "QuerySet[Any, Any]"], *stand_ins: Any, may_lack: bool = False
    ) -> None:
        self._build = build
        self._stand_ins = stand_ins
        self._may_lack = may_lack
        self._of_thread = threading.local()

    def fetch(self, *values: Any, shape: Hashable = None, **more: Any) -> list[Any]:
        """Return the rows for these values; one statement.

        Args:
            shape: what decides the SQL beside the values, such as the scope of an actor.
            more: passed on to `build`, such as the actor; the shape has to name whatever of it changes the SQL.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        statements: dict[Any, _Statement] = self._of_thread.__dict__
        statement = statements.pop(shape, None)
        if statement is None or statement.connection is not connection:
            statement = self._write(connection, more)
            if len(statements) >= MOST_SHAPES:
                del statements[next(iter(statements))]
        statements[shape] = statement
        return statement.fetch(values)

    def fetch_first(self, *values: Any, shape: Hashable = None, **more: Any) -> Any:
        """Return the first row, None without any; the query set is best cut to one row."""
        return next(iter(self.fetch(*values, shape=shape, **more)), None)

    def _write(self, connection: Any, more: dict[str, Any]) -> "_Statement":
        """Write the statement, and once more with other values: nothing but the values may differ."""
        others = [_choose_other(value) for value in self._stand_ins]
        statement = _Statement(self._build(*self._stand_ins, **more), connection, self._stand_ins)
        check = _Statement(self._build(*others, **more), connection, others)
        if not statement.is_alike(check):
            raise ValueError(f"a value does not reach the statement unchanged: {statement.sql}")
        if statement.sql and not self._may_lack and statement.count_values() < len(self._stand_ins):
            raise ValueError(f"a stand-in is no parameter of the statement: {statement.sql}")
        return statement


class _Statement:
    """The SQL of a query set, with the places of its values and what turns its columns into rows."""

    def __init__(self, rows: "QuerySet[Any, Any]", connection: Any, stand_ins: Sequence[Any]) -> None:
        self.connection = connection
        self.sql, self._params, self._slots = "", [], []  # type: tuple[str, list[Any], list[tuple[int, int, Any]]]
        compiler = rows.query.get_compiler(connection=connection)
        try:
            self.sql, params = compiler.as_sql()
        except EmptyResultSet:  # such as `none()`: no statement is needed
            return
        adapted = [_adapt(connection, value) for value in stand_ins]
        self._params = list(params)
        self._slots = [
            # On PostgreSQL a whole number may have the size of its column as its type: a subclass of int.
            (place, index, None if type(param) is type(value) else type(param))
            for place, param in enumerate(self._params)
            for index, value in enumerate(adapted)
            if isinstance(param, type(value)) and param == value
        ]
        for place, _index, _kind in self._slots:
            self._params[place] = None
        columns = compiler.select[: compiler.col_count] if compiler.col_count else compiler.select
        self._columns = len(columns)
        converters = compiler.get_converters([expression for expression, _sql, _alias in columns])
        self._converters = list(converters.items())
        self._make_row = self._choose_maker(rows, compiler, connection.alias)

    def is_alike(self, other: "_Statement") -> bool:
        """Return whether two statements differ in nothing but the values."""
        return (self.sql, self._params, self._slots) == (other.sql, other._params, other._slots)

    def count_values(self) -> int:
        """Return how many of the values the statement has."""
        return len({index for _place, index, _kind in self._slots})

    def _choose_maker(self, rows: Any, compiler: Any, alias: str) -> Callable[[Any], Any]:
        if not issubclass(rows._iterable_class, ModelIterable):
            return tuple
        if rows.query.annotation_select:
            raise ValueError("a prepared query of instances has no annotations")
        info, select = compiler.klass_info, compiler.select
        fields = info["select_fields"]
        first, last = fields[0], fields[-1] + 1
        names = [select[index][0].target.attname for index in fields]
        populators = get_related_populators(info, select, alias)  # type: ignore[call-arg]  # stubs of Django 6
        from_db = info["model"].from_db

        def make_instance(row: Sequence[Any]) -> Any:
            instance = from_db(alias, names, row[first:last])
            for populator in populators:
                populator.populate(row, instance)
            return instance

        return make_instance

    def fetch(self, values: Sequence[Any]) -> list[Any]:
        """Return the rows for these values."""
        if not self.sql:
            return []
        params = self._params.copy()
        for place, index, kind in self._slots:
            value = _adapt(self.connection, values[index])
            params[place] = value if kind is None else kind(value)
        with self.connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            rows = cursor.fetchall()
        return [self._make_row(self._convert(row)) for row in rows]

    def _convert(self, row: Sequence[Any]) -> Sequence[Any]:
        columns = list(row[: self._columns])
        for place, (converters, expression) in self._converters:
            value = columns[place]
            for convert in converters:
                value = convert(value, expression, self.connection)
            columns[place] = value
        return columns


def _adapt(connection: Any, value: Any) -> Any:
    """Return a value as the fields of the ORM pass it to the database."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value


def _choose_other(value: Any) -> Any:
    """Return a value of the same type; the other day is that of the other moment."""
    if isinstance(value, date):
        return value + timedelta(days=1)
    return value + (1 if isinstance(value, int) else "2")
