"""PostgreSQL databases that go from test to test: making one costs 0.2 s of CPU."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import psycopg

REUSED_MAX = 40  # what was deleted stays in the files
_numbers = count(1)

# What its template holds is kept beside it, so that it can be put back.
KEEP = """
CREATE SCHEMA kept;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', name);
  END LOOP;
  CREATE TABLE kept."of sequences" AS
    SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
END $$
"""
# As a replica: the order of tables does not matter, the rows were checked before.
PUT_BACK = """
SET session_replication_role = replica;
DO $$ DECLARE name text; told record; BEGIN
  FOR name IN SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE format('DELETE FROM public.%1$I', name);
    EXECUTE format('INSERT INTO public.%1$I SELECT * FROM kept.%1$I', name);
  END LOOP;
  FOR told IN SELECT * FROM kept."of sequences" LOOP
    PERFORM setval(
      told.sequencename::regclass, coalesce(told.last_value, 1),
      told.last_value IS NOT NULL);
  END LOOP;
END $$
"""


class Spares:
    """A test may do what it likes to rows, and leaves the tables as they are.

    `connect` opens a database by its name. A name is given once, so that a thread
    which a test left behind never meets the next one's rows.
    """

    def __init__(self, connect: Callable[[str], psycopg.Connection]) -> None:
        self._connect = connect
        self._free: dict[str, list[tuple[str, int]]] = {}  # by template: name, uses

    @contextmanager
    def like(self, template: str) -> Iterator[str]:
        """The name of a database that holds what the template held at first."""
        free = self._free.setdefault(template, [])
        name, uses = free.pop() if free else (self._made(template), 0)
        yield name
        if uses < REUSED_MAX:
            free.append((self._put_back(name), uses + 1))
        else:
            self._run("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    def _made(self, template: str) -> str:
        name = _name()
        # Without fsync, copying files takes two thirds of the CPU time of logging them.
        self._run(
            "postgres",
            f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY",
        )
        self._run(name, KEEP)
        return name

    def _put_back(self, used: str) -> str:
        name = _name()
        with self._connect("postgres") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s",
                [used],
            )
            connection.execute(f"ALTER DATABASE {used} RENAME TO {name}".encode())
        self._run(name, PUT_BACK)
        return name

    def _run(self, database: str, statement: str) -> None:
        with self._connect(database) as connection:
            connection.execute(statement.encode())


def _name() -> str:
    return f"spare{next(_numbers)}"
