"""A history that lies in a database: the rows of a query."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd

from wfm.errors import DataError, SettingError

NAME = "the query"


def read_query(query: Any, connection: Any) -> pd.DataFrame:
    """The rows that a query gives.

    Parameters
    ----------
    query : str             SELECT with the columns that a file would have; it may rename them (`AS offered`).
    connection              Open connection of `sqlite3` or another driver, or an SQLAlchemy engine or connection.

    Raises
    ------
    SettingError    The query is empty; the connection is a text, not an open connection.
    DataError       The database refuses the query, or it gives no columns.

    >>> import sqlite3
    >>> read_query("SELECT '2026-11-21 08:00' AS start, 12 AS offered", sqlite3.connect(":memory:"))["offered"].tolist()
    [12]
    """
    if query is None or (isinstance(query, str) and not query.strip()):
        raise SettingError('sql must be a query such as "SELECT start, offered FROM calls", got none.', name="sql")
    if connection is None or isinstance(connection, (str, bytes)):
        # The text is not shown: an address of a database often carries its password.
        got = "none" if connection is None else "a text"
        raise SettingError(
            'connection must be an open connection, such as sqlite3.connect("calls.db") or an '
            f"SQLAlchemy engine, got {got}.",
            name="connection",
        )
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="pandas only supports SQLAlchemy", category=UserWarning)
            table = pd.read_sql(query, connection)
    except Exception as error:  # every driver has exceptions of its own
        cause = error.__cause__ or error
        raise DataError(
            f"{NAME} cannot be run: {str(cause).splitlines()[0] if str(cause) else type(cause).__name__}. "
            "Check the names of its tables and columns, and that the connection is open.",
            table=NAME,
        ) from error
    if not len(table.columns):
        raise DataError(f"{NAME} gives no columns. Write a SELECT.", table=NAME)
    return table
