"""How conflicts, scores and parts of an application are called on pages."""

from polyphony.kernel.locale import lazy

DECLARED = {
    "family": lazy("Family or friendship"),
    "money": lazy("Money"),
    "member": lazy("I belong, or belonged, to the organisation that applies"),
    "worked_on": lazy("I worked on this application, or another of the same organisation"),
    "applies_too": lazy("I belong to another organisation that applies in this call"),
    "other": lazy("Another reason"),
}
KINDS = {
    "family": lazy("family or friendship"),
    "money": lazy("money"),
    "member": lazy("belongs, or belonged, to the organisation that applies"),
    "worked_on": lazy("worked on an application of this organisation"),
    "applies_too": lazy("belongs to another organisation that applies in this call"),
    "other": lazy("another reason"),
}
ORIGINS = {"declared": lazy("said so herself"), "found": lazy("found by the platform")}
SCALE = {
    "": lazy("No score yet"), "0": lazy("0 · not at all"), "1": lazy("1 · hardly"), "2": lazy("2 · in part"),
    "3": lazy("3 · mostly"), "4": lazy("4 · well"), "5": lazy("5 · fully"),
}
PARTS = {
    "title": lazy("Title"), "summary": lazy("In short"), "need": lazy("What is needed, and by whom"),
    "plan": lazy("What will be done"), "people": lazy("Who will do it"), "safety": lazy("How people stay safe"),
}
