"""Nothing but their content is left of rows written without an account (promises 6 and 10)."""

import uuid
from datetime import datetime

import psycopg
import pytest
import sqlalchemy as sa
from tests.security import linkage

import make
from polyphony import rooms
from polyphony.kernel import policies, unlinkable
from polyphony.kernel.database import Base, db

PEOPLE = 60

# Tables that hang on rows of people without an account, and that are not written by these people.
BY_OTHERS = {
    "inputs.original": "the facilitator masks",
    "inputs.reading": "the facilitator reads",
    "inputs.handed": "the facilitator hands over",
    "feedback.excerpt": "the facilitator places",
    "languages.work": "only accounts sign a translation",
}
# Times finer than a day beside such rows, each with its reason.
FINER_THAN_A_DAY = {
    ("people.session", "began_at"): "to the minute, for the idle limit; the row goes when she leaves",
    ("people.session", "seen_at"): "to the minute, for the idle limit; the row goes when she leaves",
    ("people.session", "proven_at"): "empty without an account: who proves herself has one",
    ("inputs.reading", "at"): "when the facilitator read, her own act",
}


@pytest.fixture(scope="module", autouse=True)
def declared() -> None:
    rooms.models()


class Story:
    """Sixty people who sign in, and a moment later say something without their account."""

    def __init__(self, world) -> None:
        self.world = world
        self.company = make.organisation(world, "Halcyon")
        self.about = make.consultation(world, [self.company])
        self.moments: list[datetime] = []
        self.theme, self.answer, self.measure, self.translator = (uuid.uuid4() for _ in range(4))
        self.keys: dict[str, list[uuid.UUID]] = {name: [] for name in unlinkable.declared}
        with world.raw.connect().execution_options(isolation_level="AUTOCOMMIT") as self.connection:
            self._place()
            for _ in range(PEOPLE):
                self._one()

    def _put(self, table: str, **values: object) -> None:
        """One row in one transaction of its own, as a request would write it."""
        self.connection.execute(sa.insert(Base.metadata.tables[table]), values)

    def _row(self, table: str, **values: object) -> uuid.UUID:
        (id,) = (column.name for column in Base.metadata.tables[table].primary_key.columns)
        made = values.setdefault(id, uuid.uuid4())
        self._put(table, **values)
        self.keys[table].append(made)
        return made

    def _place(self) -> None:
        common = {"consultation_id": self.about, "lang": "en"}
        self._put("feedback.theme", id=self.theme, title="t", summary="s", made_on=make.today(), **common)
        self._put("feedback.answer", id=self.answer, theme_id=self.theme, company_id=self.company, **common)
        self._put("feedback.measure", id=self.measure, answer_id=self.answer, theme_id=self.theme,
                  company_id=self.company, what="w", owner="o", due_on=make.today(), **common)

    def _one(self) -> None:
        day, about, now = make.today(), self.about, linkage.midnight(make.now())  # a session's minute goes with the session
        self.moments.append(make.now())
        self._put("people.person", id=uuid.uuid4(), name="x", language="en")
        phrase = self._row("people.phrase", verifier=uuid.uuid4().bytes, consultation_id=about, language="sw", day=day)
        self._row("people.session", token_hash=uuid.uuid4().bytes, phrase_id=phrase, began_at=now, seen_at=now)
        self._row("people.erasure", phrase_id=phrase, asked_on=day)
        self._row("inputs.draft", consultation_id=about, phrase_id=phrase, fields={}, day=day)
        said = self._row("inputs.input", consultation_id=about, day=day, lang="sw", text="t", audience="public",
                         naming="unattributed", speaks_as="affected")
        self._row("inputs.authorship", input_id=said, phrase_id=phrase)
        self._row("uploads.attachment", kind="input", subject_id=said, number=1, format="png", size=1, key=bytes(32), day=day)
        self._row("notices.notice", phrase_id=phrase, kind="input_read", day=day, key=uuid.uuid4().bytes)
        self._row("languages.translation", consultation_id=about, kind="input", subject_id=said, field="text", lang="en",
                  text="t")
        self._row("languages.translator_refusal", subject_id=said, translator_id=self.translator, person_id=self.translator)
        self._row("feedback.objection", theme_id=self.theme, input_id=said, consultation_id=about, words="w", lang="sw",
                  day=day)
        self._row("feedback.lost", theme_id=self.theme, input_id=said, consultation_id=about, day=day)
        view = self._row("feedback.ground_view", measure_id=self.measure, consultation_id=about, view="works", words="w",
                         lang="sw", day=day)
        self._row("feedback.ground_author", view_id=view, measure_id=self.measure, phrase_id=phrase)
        self._row("kernel.once", place="/en/", day=day)

    def attacked(self) -> list[linkage.Try]:
        """What somebody finds who has the database and knows in which order they came."""
        keys = [{str(every[who]) for every in self.keys.values()} for who in range(PEOPLE)]
        return linkage.Attacker(self.world.server.url("postgres", self.world.name), keys, self.moments).tries()

    def transactions(self, table: str) -> int:
        return self.world.sql(f"SELECT count(DISTINCT xmin::text) FROM {table}")[0][0]


def rewrite(world) -> None:
    with world.worker.app_context():
        unlinkable.rewrite()
        db.session.commit()


def test_place_and_transaction_say_nothing_once_rows_are_rewritten(world) -> None:
    story = Story(world)
    assert all(story.keys.values()), f"the story writes every declared table: {[t for t, k in story.keys.items() if not k]}"
    seen = {(each.signal, each.way): each.hits for each in story.attacked()}
    for table in story.keys:  # the planted fault: without the rewriter, this attack finds nearly everybody
        assert story.transactions(table) == PEOPLE, table
        for signal in ("ctid", "xmin"):
            assert seen[f"{table} {signal}", "rank"] > 0.9 * PEOPLE, (table, signal)
    content = {table: sorted(world.sql(f"SELECT t.*::text FROM {table} t")) for table in story.keys}
    assert all(len(rows) == PEOPLE for rows in content.values())
    rewrite(world)
    assert {table: sorted(world.sql(f"SELECT t.*::text FROM {table} t")) for table in story.keys} == content
    for table in story.keys:
        assert story.transactions(table) == 1, f"{table}: one transaction wrote them all"
    after = story.attacked()
    print(linkage.table("Sixty people, after the rewriter", after))
    assert linkage.found(after) == [], "\n".join(map(str, linkage.found(after)))


def test_the_chore_gives_way_and_then_does_its_work_while_people_write(world) -> None:
    story = Story(world)
    with psycopg.connect(world.server.url("postgres", world.name)) as writer:
        writer.execute("UPDATE inputs.input SET text = 'mine' WHERE id = %s", [story.keys["inputs.input"][0]])
        with world.worker.app_context(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(unlinkable, "TRIES", 2)
            patch.setattr(unlinkable, "PATIENCE", "20ms")
            with pytest.raises(sa.exc.OperationalError):
                unlinkable.rewrite()
            db.session.rollback()
        writer.commit()
    assert story.transactions("inputs.input") == PEOPLE
    rewrite(world)
    assert story.transactions("inputs.input") == 1
    assert world.sql("SELECT count(*) FROM inputs.input WHERE text = 'mine'") == [(1,)]


def test_rows_with_an_account_are_left_alone(world) -> None:
    about = make.consultation(world, [make.organisation(world, "Halcyon")])
    who = make.person(world, "a@x.example")
    said = make.input_(world, about, person_id=who)
    make.session_of(world, who)
    marks = "SELECT xmin::text FROM inputs.input UNION ALL SELECT xmin::text FROM people.session ORDER BY 1"
    before = world.sql(marks)
    rewrite(world)
    assert world.sql(marks) == before
    assert world.sql("SELECT input_id FROM inputs.authorship") == [(said,)]


def hanging_on(names: set[str]) -> set[str]:
    """Tables with a foreign key to one of these."""
    return {table.fullname for table in Base.metadata.tables.values() for key in table.foreign_keys
            if key.column.table.fullname in names}


def undeclared(declared: set[str]) -> set[str]:
    """Tables that hold what people without an account wrote, and that no room declared."""
    return (hanging_on({"people.phrase"}) | hanging_on(declared)) - declared - set(BY_OTHERS)


def test_every_table_of_people_without_an_account_is_declared() -> None:
    names = set(unlinkable.declared)
    assert not undeclared(names), "declare them with kernel.unlinkable.rows, or say here who else writes them"
    assert undeclared(names - {"feedback.objection"}) == {"feedback.objection"}, "a forgotten table would be seen"


def test_the_worker_may_rewrite_what_is_declared() -> None:
    for name in unlinkable.declared:
        granted = policies.declared[name].grants.get(policies.WORKER, "")
        assert {"SELECT", "INSERT", "DELETE"} <= set(granted.split(", ")), name


def test_what_points_at_rewritten_rows_is_checked_when_all_is_done() -> None:
    for table in Base.metadata.tables.values():
        for key in table.foreign_key_constraints:
            if key.referred_table.fullname in unlinkable.declared:
                assert key.initially == "DEFERRED", f"{table.fullname}: {key.column_keys}"


def test_no_time_finer_than_a_day_stands_beside_them() -> None:
    names = set(unlinkable.declared) | hanging_on(set(unlinkable.declared))
    finer = {(name, column.name) for name in names for column in Base.metadata.tables[name].columns
             if isinstance(column.type, sa.DateTime | sa.Time)}
    assert finer == set(FINER_THAN_A_DAY), "a precise time joins somebody to her account"


def test_times_of_phrase_sessions_have_no_seconds(world) -> None:
    phrase = uuid.uuid4()
    world.sql("INSERT INTO people.phrase (id, verifier, consultation_id, language, day) VALUES "
              "(%s, sha256('derived'), gen_random_uuid(), 'en', current_date)", phrase)
    with psycopg.connect(world.server.url("polyphony_app", world.name)) as connection:
        connection.execute("SELECT people.come_back('derived', sha256('t'))")
        connection.commit()
        connection.execute("SELECT people.touch_session('t')")
        connection.commit()
    assert world.sql("SELECT DISTINCT extract(second FROM t) FROM people.session, unnest(ARRAY[began_at, seen_at]) t") == [(0,)]
