"""States and the ways between them, as one table that the code obeys and a diagram is drawn from."""

from dataclasses import dataclass

from polyphony.kernel.locale import lazy
from polyphony.kernel.refusals import WrongState


class NoSuchWay(WrongState):
    """The step asked for does not start from where things stand."""

    message = lazy("This step is not possible from where things stand now. The page shows the present state.")


@dataclass(frozen=True)
class Way:
    """One permitted step: from, to, what it is called, who or what takes it."""

    start: str
    end: str
    verb: str
    by: str


@dataclass(frozen=True)
class Machine:
    """A thing's states in order and every way between them."""

    name: str
    states: tuple[str, ...]
    ways: tuple[Way, ...]

    def way(self, start: str, verb: str) -> Way:
        """The way a verb takes from a state. Raises `NoSuchWay`."""
        for way in self.ways:
            if way.start == start and way.verb == verb:
                return way
        raise NoSuchWay()

    def reached(self, state: str, milestone: str) -> bool:
        """Whether `state` is at or beyond `milestone`."""
        return self.states.index(state) >= self.states.index(milestone)

    def diagram(self) -> str:
        """The machine as a Mermaid state diagram, written into docs/ and checked for drift."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.states[0]}"]
        lines += [f"    {way.start} --> {way.end}: {way.verb} ({way.by})" for way in self.ways]
        return "\n".join([*lines, f"    {self.states[-1]} --> [*]"])
