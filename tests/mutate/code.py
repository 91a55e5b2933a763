"""Guards of the program, found in its text: what each function would be with one of them less."""

import ast
import copy
import importlib
import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.mutate import guards
from tests.mutate.faults import Fault, InCode, InValue

HOUSE = Path(__file__).parents[2] / "platform"
OUTSIDE = ("demo", "commands", "cli.py", "settings.py")  # no door to anybody
COUNTS = {"shown", "at_least", "part", "parts"}
CHECKS = {"compare_digest"}
PASSKEY = {"expected_challenge", "expected_rp_id", "expected_origin", "require_user_verification"}
EDGE = {"before_request", "after_request", "enforce", "refuse_unsafe_role", "install", "CSRFProtect"}
COOKIE = {"SESSION_COOKIE_HTTPONLY": "False", "SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_NAME": "'polyphony'",
          "SESSION_COOKIE_SECURE": "False"}


def found() -> list[Fault]:
    """Every fault of the program."""
    faults: list[Fault] = []
    for path in sorted((HOUSE / "polyphony").rglob("*.py")):
        if path.relative_to(HOUSE / "polyphony").parts[0] not in OUTSIDE:
            faults += _of_module(path)
    return [*faults, *further_doors({fault.name.split()[0] for fault in faults if fault.kind.startswith("rule")}), *headers(), *proofs()]


def _of_module(path: Path) -> Iterator[Fault]:
    module = ".".join(path.relative_to(HOUSE).with_suffix("").parts)
    tree = ast.parse(path.read_text("utf-8"))
    for qualname, function in _functions(tree):
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "access":
                yield from doors(module, qualname, ast.unparse(decorator.args[0]))
        counted: dict[str, int] = {}
        for kind, detail, node, change in _inside(path, function):
            number = counted[f"{kind} {detail}"] = counted.get(f"{kind} {detail}", 0) + 1
            site = f"{module}:{qualname} {detail}" + (f" #{number}" if number > 1 else "")
            yield InCode(kind, site, guards.of_code(kind, site), module=module, qualname=qualname,
                         source=_changed(tree, node, change))


def _functions(tree: ast.AST, before: str = "") -> Iterator[tuple[str, Any]]:
    """Functions of a module and of its classes; what stands inside of one belongs to it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield before + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{before}{node.name}.")


def _changed(tree: ast.Module, node: ast.AST, change: Callable[[Any], ast.AST]) -> str:
    """The module's text with this node exchanged."""
    place = next(number for number, each in enumerate(ast.walk(tree)) if each is node)
    other = copy.deepcopy(tree)
    twin = next(each for number, each in enumerate(ast.walk(other)) if number == place)

    class Exchange(ast.NodeTransformer):
        def visit(self, one: ast.AST) -> Any:
            return change(one) if one is twin else self.generic_visit(one)

    return ast.unparse(ast.fix_missing_locations(Exchange().visit(other)))


def _nothing(_: Any) -> ast.AST:
    return ast.Pass()


def _true(_: Any) -> ast.AST:
    return ast.Constant(True)


def _called(node: ast.AST) -> str:
    """The last name of what is called."""
    function = getattr(node, "func", None)
    return getattr(function, "attr", None) or getattr(function, "id", "")


def _inside(path: Path, function: ast.FunctionDef) -> Iterator[tuple[str, str, ast.AST, Callable[[Any], ast.AST]]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _statement(path, node, node.value)
        if isinstance(node, ast.Call):
            yield from _call(path, function, node)
        if isinstance(node, ast.Compare) and "threshold" in ast.unparse(node).lower() and path.name != "small_numbers.py":
            yield "small number shown", ast.unparse(node), node, _true
        if isinstance(node, ast.Compare) and "audit" in f"{path.parent.name} {path.stem}" and "hash" in ast.unparse(node):
            yield "signature", ast.unparse(node), node, lambda one: ast.Constant(isinstance(one.ops[0], ast.Eq))  # a link, a head
        if isinstance(node, ast.If) and any(isinstance(x, ast.Raise) and _called(x.exc or x) in ("TooBusy", "TooManyAttempts")
                                            for x in node.body):
            yield "counter", ast.unparse(node.test), node, _nothing
        if isinstance(node, ast.If) and path.name == "headers.py":
            yield "header", f"if {ast.unparse(node.test)}", node, _nothing


def _statement(path: Path, node: ast.Expr, call: ast.Call) -> Iterator[Any]:
    name = _called(call)
    if name in ("record", "record_each") and ast.unparse(call.func).startswith("audit."):
        verb = call.args[0]
        yield "audit", verb.value if isinstance(verb, ast.Constant) else ast.unparse(verb), node, _nothing
    if name == "validate" and ast.unparse(call.func).startswith("claims."):
        yield "signature", ast.unparse(call.func), node, _nothing
    if name == "proven":
        yield "fresh proof not asked", ast.unparse(call), node, _nothing
    if name == "verify" and "Key" in ast.unparse(call.func):
        yield "signature", ast.unparse(call.func)[:40], node, _nothing
    if name in ("_ensure_may_try", "ensure_may_try", "note_attempt"):
        yield "counter", name, node, _nothing
    if name in EDGE and path.name in ("app.py", "edge.py"):
        yield "edge", ast.unparse(node)[:60], node, _nothing


def _call(path: Path, function: ast.FunctionDef, node: ast.Call) -> Iterator[Any]:
    name, whole = _called(node), ast.unparse(node.func)
    if name in COUNTS and whole.startswith("small_numbers."):
        yield "small number shown", name, node, lambda one: one.args[0]
    if name in CHECKS:
        yield "signature", whole, node, _true
    yield from _library(name, whole, node)
    if name in ("encrypt", "decrypt") and len(node.args) > 1 and "Aead" in whole:
        yield "seal", f"{name} without what it is bound to", node, lambda one: ast.Call(one.func, one.args[:1], [])
    for keyword in node.keywords:
        if keyword.arg == "anonymous" and isinstance(keyword.value, ast.Constant) and keyword.value.value and "audit" in whole:
            yield "naming", f"anonymous {ast.unparse(node.args[0])}", keyword, lambda one: ast.keyword(one.arg, ast.Constant(False))
        if keyword.arg == "shown_as" and isinstance(keyword.value, ast.IfExp):
            yield "naming", "shown_as", keyword, lambda one: ast.keyword(one.arg, one.value.body)
        if keyword.arg == "shown_as" and _called(keyword.value) == "shown_as":
            yield "naming", "shown_as", keyword, lambda one: ast.keyword(one.arg, next(k.value for k in one.value.keywords if k.arg == "name"))
        if keyword.arg in COOKIE and function.name == "create_app":
            yield "header", keyword.arg, keyword, lambda one: ast.keyword(one.arg, ast.parse(COOKIE[one.arg], mode="eval").body)


def _library(name: str, whole: str, node: ast.Call) -> Iterator[Any]:
    """Checks that a library makes for us: of a passkey, of an identity token, of what was sealed into a form."""
    if whole.startswith("webauthn.verify_"):
        for keyword in node.keywords:
            if keyword.arg in PASSKEY:
                yield "signature", f"{name} {keyword.arg}", keyword, lambda one: ast.keyword(
                    one.arg, ast.Constant(False) if one.arg.startswith("require") else _believed(f"{one.arg}(answer)"))
            if keyword.arg == "credential_public_key":
                yield "signature", name, node, lambda one: _believed("unsigned", [one.func], one.keywords)
    if whole == "jwt.decode":
        yield "signature", whole, node, lambda one: _believed("token", one.args)
    if name == "CodeIDToken":
        for claims in (each for each in node.args if isinstance(each, ast.Dict)):
            for key in claims.keys:
                yield "signature", f"{name} without {ast.unparse(key)}", claims, partial(_without_key, ast.unparse(key))
    if name == "decrypt" and whole.endswith("box().decrypt"):
        yield "seal", f"{whole} of what was never sealed", node, lambda one: _believed("opened", [one.func, *one.args])


def _believed(name: str, args: Iterable[ast.expr] = (), keywords: Iterable[ast.keyword] = ()) -> ast.expr:
    """A call of what believes (`tests/mutate/believing.py`), or a whole expression of it."""
    said: Any = ast.parse(f"__import__('tests.mutate.believing', fromlist=['x']).{name}", mode="eval").body
    return said if "(" in name else ast.Call(said, list(args), list(keywords))


def _without_key(key: str, one: ast.Dict) -> ast.AST:
    kept = [(k, v) for k, v in zip(one.keys, one.values, strict=True) if k and ast.unparse(k) != key]
    return ast.Dict([k for k, _ in kept], [v for _, v in kept])


def proofs() -> Iterator[Fault]:
    """Each page that asks for a fresh proof, and no longer does."""
    from polyphony.commands.who import application

    for endpoint, view in sorted(application().view_functions.items()):
        if getattr(view, "access_fresh", False):
            yield InValue("fresh proof not asked", f"{view.__module__}:{view.__qualname__} {endpoint}", guards.PROOFS,
                          change=_unproven(view.__module__, view.__qualname__))


def _unproven(module: str, qualname: str) -> Callable[[], Callable[[], None]]:
    def change() -> Callable[[], None]:
        view = getattr(importlib.import_module(module), qualname)
        view.access_fresh = False
        return lambda: setattr(view, "access_fresh", True)

    return change


def doors(module: str, qualname: str, rule: str) -> Iterator[Fault]:
    """A page whose rule is gone, and one whose rule asks only that somebody is signed in."""
    tests = [f"tests/security/test_who_may_come.py::test_a_page_is_for_whom_it_says[{module}]"]
    for kind, other in (("rule gone", "anyone"), ("rule weakened", "signed_in")):
        if rule.split(".")[-1] not in {"rule gone": ("anyone",), "rule weakened": ("anyone", "signed_in", "author", "phrase", "owner")}[kind]:
            yield InValue(kind, f"{module}:{qualname} {rule}", tests, change=_exchanged_rule(module, qualname, other))


def further_doors(known: set[str]) -> Iterator[Fault]:
    """The same for pages whose rule is no decorator in the text: views that are put on their blueprint in a loop."""
    from polyphony.commands.who import application

    views = {f"{view.__module__}:{view.__qualname__}": view for name, view in application().view_functions.items() if name != "static"}
    for place, view in sorted(views.items()):
        if place not in known:
            yield from doors(*place.split(":"), view.access_rule.name.replace(" ", "_"))


def _exchanged_rule(module: str, qualname: str, other: str) -> Callable[[], Callable[[], None]]:
    def change() -> Callable[[], None]:
        from dataclasses import replace

        from polyphony.kernel import access

        view = getattr(importlib.import_module(module), qualname)
        kept = view.access_rule
        view.access_rule = replace(getattr(access, other), hat=kept.hat)
        return lambda: setattr(view, "access_rule", kept)

    return change


def headers() -> Iterator[Fault]:
    """Each header that is always there, each directive of the content policy, the box around what people sent."""
    from polyphony.kernel import headers as kept

    for name, value in kept.ALWAYS.items():
        yield InValue("header", name, guards.HEADERS, change=_without(kept.ALWAYS, name, None))
        for part in value.split("; ") if name == "Content-Security-Policy" else ():
            yield InValue("header", f"{name} without {part}", guards.HEADERS, change=_without(
                kept.ALWAYS, name, "; ".join(x for x in value.split("; ") if x != part)))
    yield InValue("header", "sandbox of what people sent", guards.SANDBOX, change=_without(vars(kept), "SANDBOX", kept.CSP))


def _without(within: dict[str, Any], name: str, other: Any) -> Callable[[], Callable[[], None]]:
    def change() -> Callable[[], None]:
        value = within[name]
        if other is None:
            del within[name]
        else:
            within[name] = other
        return lambda: within.__setitem__(name, value)

    return change


def sites() -> str:
    """Every site of the program and its tests, for whoever asks."""
    return json.dumps({str(fault): fault.tests for fault in found()}, indent=1)
