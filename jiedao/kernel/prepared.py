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
from datetime import date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Func, IntegerField
from django.db.models.query import ModelIterable, QuerySet, get_related_populators

SOME_ID, SOME_TEXT = 1_999_999_901, "\ue000 stand-in"
MOST_SHAPES = 200  # statements of one query in a thread, after which they are written anew


class CountRows(Func):
    """`COUNT(*)` as a column of `values_list`, for a query that counts all of its rows."""

    template = "COUNT(*)"
    output_field = IntegerField()


class PreparedQuery:
    """A query of which only the values differ from call to call.

    Args:
        build: returns the query set for some values. It is called once in a thread and shape, with the stand-ins: it
            may not decide anything by a value, and every value becomes a parameter of the SQL.
        stand_ins: a value for each parameter of `build` that occurs nowhere else in the query, of the type that is
            passed later: an int, a str, a date or an aware datetime. `SOME_ID` stands for a key.

    The values that are passed later are not compared with the range of a field: pass keys of rows, not what a user
    typed.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any, Any]"], *stand_ins: Any) -> None:
        self._build = build
        self._stand_ins = stand_ins
        self._of_thread = threading.local()

    def fetch(self, *values: Any, shape: Hashable = None, **more: Any) -> list[Any]:
        """Return the rows for these values; one statement.

        Args:
            shape: what decides the SQL beside the values, such as the scope of an actor.
            more: passed on to `build`, such as the actor; the shape has to name whatever of it changes the SQL.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        statements: dict[Hashable, _Statement] = self._of_thread.__dict__
        statement = statements.get(shape)  # type: ignore[call-overload]
        if statement is None or statement.connection is not connection:
            if len(statements) >= MOST_SHAPES:
                statements.clear()
            statement = _Statement(self._build(*self._stand_ins, **more), connection, self._stand_ins)
            statements[shape] = statement
        return statement.fetch(values)

    def fetch_first(self, *values: Any, shape: Hashable = None, **more: Any) -> Any:
        """Return the first row, None without any; the query set is best cut to one row."""
        return next(iter(self.fetch(*values, shape=shape, **more)), None)


class _Statement:
    """The SQL of a query set, with the places of its values and what turns its columns into rows."""

    def __init__(self, rows: "QuerySet[Any, Any]", connection: Any, stand_ins: Sequence[Any]) -> None:
        self.connection = connection
        self._sql = ""
        compiler = rows.query.get_compiler(connection=connection)
        try:
            self._sql, params = compiler.as_sql()
        except EmptyResultSet:  # such as `none()`: no statement is needed
            return
        self._params = list(params)
        self._slots = [
            (place, index)
            for place, param in enumerate(self._params)
            for index, stand_in in enumerate(stand_ins)
            if type(param) is type(adapted := _adapt(connection, stand_in)) and param == adapted
        ]
        if {index for _place, index in self._slots} != set(range(len(stand_ins))):
            raise ValueError(f"a stand-in is no parameter of the statement: {self._sql}")
        converters = compiler.get_converters([expression for expression, _sql, _alias in compiler.select])
        self._converters = list(converters.items())
        self._make_row = self._choose_maker(rows, compiler, connection.alias)

    def _choose_maker(self, rows: Any, compiler: Any, alias: str) -> Callable[[Any], Any]:
        if not issubclass(rows._iterable_class, ModelIterable):
            return tuple
        if rows.query.annotation_select:
            raise ValueError("a prepared query of instances has no annotations")
        info, select = compiler.klass_info, compiler.select
        fields = info["select_fields"]
        first, last = fields[0], fields[-1] + 1
        names = [select[index][0].target.attname for index in fields]
        populators = get_related_populators(info, select, alias)
        from_db = info["model"].from_db

        def make_instance(row: Sequence[Any]) -> Any:
            instance = from_db(alias, names, row[first:last])
            for populator in populators:
                populator.populate(row, instance)
            return instance

        return make_instance

    def fetch(self, values: Sequence[Any]) -> list[Any]:
        """Return the rows for these values."""
        if not self._sql:
            return []
        params = self._params.copy()
        for place, index in self._slots:
            params[place] = _adapt(self.connection, values[index])
        with self.connection.cursor() as cursor:
            cursor.execute(self._sql, params)
            rows = cursor.fetchall()
        if rows and self._converters:
            rows = [self._convert(list(row)) for row in rows]
        return [self._make_row(row) for row in rows]

    def _convert(self, row: list[Any]) -> list[Any]:
        for place, (converters, expression) in self._converters:
            value = row[place]
            for convert in converters:
                value = convert(value, expression, self.connection)
            row[place] = value
        return row


def _adapt(connection: Any, value: Any) -> Any:
    """Return a value as the fields of the ORM pass it to the database."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value
