"""Who has the whole database, and knows who came when, tries to find the rows of each: by everything but their content.

Signals are the columns that PostgreSQL keeps with every row (place on the disk, transaction, command), the place of a
long text beside its table, and every column of every row that belongs to one person. Three ways to use a signal: by
rank (whoever came tenth has the tenth row), by neighbour (the row beside hers is of the one who came next), and by
moment (her row is the one whose time is nearest to hers). What is found is compared with blind guessing.
"""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import psycopg

ALL_LUCK = 1e-6  # how likely it may be at most that blind guessing alone raises an alarm, over all signals together
SEED = 20261122
TIMES = ("date", "timestamp with time zone", "timestamp without time zone")
NEVER_MEANT = ("pg_catalog", "information_schema")
Values = dict[int, Any]


@dataclass(frozen=True)
class Try:
    """One signal used in one way: how often it was right, of how many, and what blind guessing has."""

    signal: str
    way: str
    hits: int
    tried: int
    chance: float

    @property
    def luck(self) -> float:
        """How likely blind guessing is right so often: the exact tail of the binomial distribution."""
        return tail(self.hits, self.tried, self.chance)

    def __str__(self) -> str:
        return f"{self.signal:<48} {self.way:<10} {self.hits:>3} of {self.tried:<3} by chance {self.tried * self.chance:4.1f}   p {self.luck:.1e}"


def tail(hits: int, tried: int, chance: float) -> float:
    return sum(math.comb(tried, k) * chance**k * (1 - chance) ** (tried - k) for k in range(hits, tried + 1))


class Attacker:
    """She holds the database and a list: who came, in which order, at which moment."""

    def __init__(self, url: str, keys: Sequence[set[str]], moments: Sequence[datetime]):
        self.keys = {key: who for who, every in enumerate(keys) for key in every}
        self.moments, self.dice = moments, random.Random(SEED)
        with psycopg.connect(url) as connection:
            self.signals = dict(self._signals(connection))

    def _signals(self, connection: Any) -> Iterator[tuple[str, Values]]:
        tables = connection.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname <> ALL (%s) ORDER BY 1, 2",
                                    [list(NEVER_MEANT)]).fetchall()
        for schema, table in tables:
            name = f'{schema}."{table}"'
            if not any(self._whose(row) is not None for (row,) in connection.execute(f"SELECT r::text FROM {name} r")):
                continue
            columns = connection.execute("SELECT attname, format_type(atttypid, NULL), attstorage <> 'p' FROM pg_attribute WHERE attrelid = "
                                         "%s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum", [name]).fetchall()
            for signal, expression in _expressions(connection, columns):
                values: Values = {}
                for whole, value in connection.execute(f"SELECT r::text, {expression} FROM {name} r"):
                    if (who := self._whose(whole)) is not None and value is not None:
                        values[who] = min(value, values.get(who, value))
                if len(values) >= 0.8 * len(self.moments):  # most people have such a row
                    yield f"{schema}.{table} {signal}", values

    def _whose(self, row: str) -> int | None:
        """The one person whose ids a row names."""
        found = {self.keys[word] for word in _words(row) if word in self.keys}
        return found.pop() if len(found) == 1 else None

    def _ranks(self, values: Values) -> dict[int, int]:
        """The rank of each one's row by this signal; rows that it does not tell apart in any order."""
        blind = sorted(values)
        self.dice.shuffle(blind)
        return {who: rank for rank, who in enumerate(sorted(blind, key=values.__getitem__))}

    def tries(self) -> list[Try]:
        """Every signal in every way."""
        return [*self._from_those_who_came(), *self._from_phrases_to_inputs()]

    def _from_those_who_came(self) -> Iterator[Try]:
        for signal, values in self.signals.items():
            ranks, came = self._ranks(values), {who: n for n, who in enumerate(sorted(values))}
            yield _by_rank(signal, came, ranks)
            n = len(ranks)
            beside = sum(abs(ranks[a] - ranks[b]) == 1 for a, b in itertools.pairwise(sorted(ranks)))
            yield Try(signal, "neighbour", beside, n - 1, 2 / n)
            if all(isinstance(value, datetime) for value in values.values()):
                hits = sum(self._nearest(values, self.moments[who]) == who for who in values)
                yield Try(signal, "moment", hits, n, 1 / n)

    def _nearest(self, values: Values, moment: datetime) -> int:
        away = {who: abs((value - moment).total_seconds()) for who, value in values.items()}
        least = min(away.values())
        return self.dice.choice(sorted(who for who in away if away[who] == least))

    def _from_phrases_to_inputs(self) -> Iterator[Try]:
        """As if `inputs.authorship` did not say it openly; and whether any two tables lie in the same order."""
        phrases, inputs = ({name: values for name, values in self.signals.items() if name.startswith(table)}
                           for table in ("people.phrase ", "inputs.input "))
        places = [each for each in self.signals.items() if each[0].endswith(" ctid")]
        for (one, of_one), (other, of_other) in (*itertools.product(phrases.items(), inputs.items()),
                                                 *itertools.combinations(places, 2)):
            both = of_one.keys() & of_other.keys()
            first, second = (self._ranks({who: each[who] for who in both}) for each in (of_one, of_other))
            yield _by_rank(f"{one.split('.')[1]} > {other.split('.')[1]}", first, second)


def _expressions(connection: Any, columns: Sequence[tuple[str, str, bool]]) -> Iterator[tuple[str, str]]:
    """Each signal of a table, and SQL that makes of it something to sort by."""
    yield "ctid", "ARRAY[(r.ctid::text::point)[0], (r.ctid::text::point)[1]]"
    for name in ("xmin", "xmax", "cmin"):
        yield name, f"r.{name}::text::bigint"
    for name, kind, is_long in columns:
        if kind in TIMES:
            yield name, f'r."{name}"::timestamptz'
        else:
            yield name, f'r."{name}"::bigint' if kind in ("integer", "bigint", "smallint") else f'r."{name}"::text'
        if is_long and connection.info.server_version >= 170000:
            yield f"{name} (place of long text)", f'pg_column_toast_chunk_id(r."{name}")::bigint'


def _words(row: str) -> Iterator[str]:
    """Everything in a row's text that has the length of an id."""
    for part in row.replace("/", ",").replace('"', ",").replace("(", ",").replace(")", ",").replace(" ", ",").split(","):
        if len(part) == 36:
            yield part


def _by_rank(signal: str, one: dict[int, int], other: dict[int, int]) -> Try:
    """Right where the ranks are the same, or differ by one."""
    n = len(one)
    return Try(signal, "rank", sum(abs(one[who] - other[who]) <= 1 for who in one), n, (3 * n - 2) / n**2)


def found(tries: Sequence[Try]) -> list[Try]:
    """What cannot be luck."""
    return sorted((each for each in tries if each.luck < ALL_LUCK / len(tries)), key=lambda each: each.luck)


def table(title: str, tries: Sequence[Try], most: int = 12) -> str:
    """The best of all tries, for people to read."""
    best = sorted(tries, key=lambda each: each.luck)[:most]
    return "\n".join([f"{title}: {len(found(tries))} of {len(tries)} tries better than chance (p < {ALL_LUCK / len(tries):.1e})",
                      *(f"  {each}" for each in best)])


def midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), time(), UTC)
