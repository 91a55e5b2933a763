"""How steps, parts, levels and states of an application are called on pages."""

from polyphony.kernel.locale import lazy

STEP_PARTS = {"project": ("title", "summary", "need"), "plan": ("plan", "people"), "budget": (), "safety": ("safety",)}
STEP_FIELDS = {"project": ("country",), "plan": (), "budget": ("requested",), "safety": ("at_risk", "level")}
STEPS = {"project": lazy("The project"), "plan": lazy("The plan and the people"), "budget": lazy("The budget"),
         "safety": lazy("Safety and openness"), "check": lazy("Check and send")}
PART_NAMES = {
    "title": lazy("Title of the project"), "summary": lazy("In a few sentences"), "need": lazy("Why it is needed"),
    "plan": lazy("What you will do, and when"), "people": lazy("Who does the work"),
    "safety": lazy("How people stay safe"),
}
LEVELS = {"full": lazy("In full"), "no_name": lazy("Without the name"), "region": lazy("Region only"),
          "aggregate": lazy("Only in totals")}
LEVELS_MEAN = {
    "full": lazy("Name, title, country and amount are public."),
    "no_name": lazy("Title, country and amount are public, never who you are."),
    "region": lazy("Only the region of the world and the amount are public."),
    "aggregate": lazy("The grant is counted in totals and appears nowhere by itself."),
}
STATES = {"draft": lazy("In preparation"), "submitted": lazy("Sent"), "withdrawn": lazy("Withdrawn"),
          "decided": lazy("Decided")}
MARKS = {"draft": "draft", "submitted": "done", "withdrawn": "dropped", "decided": "published"}
STEP_STATES = {"empty": lazy("Not begun"), "begun": lazy("Begun"), "done": lazy("Complete")}
STEP_MARKS = {"empty": "waiting", "begun": "draft", "done": "done"}
