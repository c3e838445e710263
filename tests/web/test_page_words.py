"""The page's words: both languages say the same things, everything said has words, no words lie unused."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import jointhq
from jointhq.command.records import RELATION_TYPES, AnyAct, Support
from jointhq.exercise import units
from jointhq.feeds import facts, feed
from jointhq.operations import tables
from jointhq.operations.forms.orders import DeviceState, Waits
from jointhq.operations.records import rhythm
from jointhq.operations.records.ccir import CcirKind
from jointhq.operations.records.orders import PARAGRAPHS, Role
from jointhq.operations.rules.answers import MAY_FOLLOW
from jointhq.operations.views import ccirbook, rfibook
from jointhq.operations.views.addressees import REACHED
from jointhq.operations.views.orders import State
from jointhq.people import fence, records
from jointhq.people.directory import PERMISSIONS
from jointhq.release.rule import RULES
from jointhq.web.static import PAGE

LANGUAGES = ("en", "ja")
WORDS: dict[str, dict[str, str]] = {
    language: json.loads((PAGE / "words" / f"{language}.json").read_text("utf-8")) for language in LANGUAGES
}
SOURCES = {
    file.relative_to(PAGE).as_posix(): file.read_text("utf-8")
    for file in sorted(PAGE.rglob("*.js"))
    if "vendor" not in file.parts
}

# Groups whose keys are made from what a server, a feed or a client says: `t(`group.${code}`)`.
GROUPS = {
    "act", "action", "affiliation", "alarm", "answer", "beyond", "certificate.state", "change.ask", "change.do",
    "change.state", "change.step", "clearance", "client", "closed.reason", "command.accepted", "command.format",
    "command.not_accepted", "command.view", "connect", "decided", "desk", "domain", "drop", "echelon", "error", "fact",
    "feed.code", "feed.kind", "feed.state", "field", "filter", "form_editor", "handover", "help", "how", "identity",
    "import",
    "import.problem", "invitation", "invitation.state", "key", "kind", "log", "order", "orders.act", "orders.col",
    "orders.concurs", "orders.do", "orders.done", "orders.fact", "orders.filter", "orders.means", "orders.paragraph",
    "orders.precedence", "orders.role", "orders.rule", "orders.state", "orders.verb", "orders.waits", "orders.way",
    "permission", "person", "place", "prompt", "purpose", "refused", "relation", "report", "reporting_line",
    "rhythm", "rhythm.input", "rhythm.kind", "rhythm.state", "rhythm.warning", "rhythm.weekday", "rule",
    "requirements.choose", "requirements.do", "requirements.done", "requirements.fact", "requirements.filter",
    "requirements.new", "requirements.none", "requirements.say", "requirements.similar_hint", "requirements.state",
    "requirements.step", "requirements.tab", "requirements.type",
    "sign_in.problem", "source", "speaks", "standing", "status", "support", "why", "zone",
}  # fmt: skip


ACTS = {str(act.__struct_config__.tag) for act in get_args(AnyAct)}  # they look like keys of words


def used() -> Iterator[str]:
    """Keys named in full anywhere in the sources: any string that looks like one counts."""
    for text in SOURCES.values():
        yield from re.findall(r"[\"'`]([a-z_]+(?:\.[a-z_]+)*)[\"'`]", text)


def placeholders(phrase: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", phrase))


def test_both_languages_have_the_same_keys() -> None:
    assert list(WORDS["en"]) == list(WORDS["ja"])


def test_both_languages_take_the_same_parameters() -> None:
    assert {key: placeholders(phrase) for key, phrase in WORDS["en"].items()} == {
        key: placeholders(phrase) for key, phrase in WORDS["ja"].items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_is_empty(language: str) -> None:
    assert [key for key, phrase in WORDS[language].items() if not phrase.strip()] == []


def test_japanese_is_japanese() -> None:
    """Whoever adds an English phrase adds its translation, not a copy: copies are names, codes and units."""
    names = re.compile(r"^[A-Z0-9{}.,:/()×\s_-]*$")
    same = {key for key, phrase in WORDS["en"].items() if WORDS["ja"][key] == phrase and not names.match(phrase)}
    assert {key for key in same if not key.startswith("unit.")} <= {
        "change.bond", "connect.cloudtak.name", "connect.pytak.code", "feed.code.failed",
    }  # fmt: skip


def test_every_key_the_page_names_has_words() -> None:
    """Any string that begins like a key is one: `t("a.b")`, `t(x ? "a.b" : "c.d")`, `word="a.b"`."""
    first = {key.partition(".")[0] for key in WORDS["en"]}
    named = {key for key in used() if key.partition(".")[0] in first and "." in key and not key.endswith(".js")}
    assert len(named) > 150
    assert sorted(named - WORDS["en"].keys() - GROUPS - ACTS) == []


def test_every_relation_and_act_has_words() -> None:
    listed = re.search(r"const LINES = \{(.*?)\n\};", SOURCES["command/lines.js"], re.DOTALL)
    assert listed
    assert set(re.findall(r"^  (\w+):", listed[1], re.MULTILINE)) == set(RELATION_TYPES)
    named = {f"relation.{one}" for one in RELATION_TYPES} | {f"support.{one}" for one in get_args(Support) if one}
    named |= {f"act.{one.replace('.', '_')}" for one in ACTS}
    assert sorted(named - WORDS["en"].keys()) == []


def test_every_state_verb_and_answer_of_orders_has_words() -> None:
    named = {f"orders.verb.{one}" for one in tables.verbs()} | {f"orders.precedence.{one}" for one in tables.norms()}
    named |= {f"orders.state.{one}" for one in (*REACHED, *get_args(State), *get_args(DeviceState), "escalated")}
    named |= {f"orders.paragraph.{one}" for one in PARAGRAPHS} | {f"orders.role.{one}" for one in get_args(Role)}
    named |= {f"orders.{group}.{one}" for group in ("act", "means") for one in (*MAY_FOLLOW[""], "accept", "decline")}
    named |= {f"orders.waits.{one}" for one in get_args(Waits) if one}
    assert sorted(named - WORDS["en"].keys()) == []


def test_every_state_and_step_of_requirements_has_words() -> None:
    states = {*get_args(ccirbook.State), *get_args(rfibook.State)}
    steps = {step for after in rfibook.NEXT.values() for step in after}
    named = {f"requirements.state.{one}" for one in states} | {f"requirements.do.{one}" for one in steps}
    named |= {f"requirements.step.{one}" for one in ("asked", *steps)}
    named |= {f"requirements.step.{one}" for one in ("drafted", "edited", "approved", "answered", "resumed", "ended")}
    named |= {f"requirements.type.{one}" for one in get_args(CcirKind)}
    assert sorted(named - WORDS["en"].keys()) == []


def test_every_word_is_used() -> None:
    named = set(used())
    unused = [
        key for key in WORDS["en"] if key not in named and not any(key.startswith(f"{group}.") for group in GROUPS)
    ]
    assert unused == []


def test_every_group_of_made_keys_is_made_somewhere() -> None:
    text = "\n".join(SOURCES.values())
    made = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)*)\.\$\{", text)) | set(re.findall(r"group=\"([a-z_.]+)\"", text))
    made |= set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)*)\.[a-z]+_\$\{", text))
    made |= set(re.findall(r"(?:reasonText|said)\(\s*\"([a-z_.]+)\"", text)) | {
        "affiliation",
        "domain",
        "source",
        "status",
        "key",
        "client",
    }
    assert sorted(GROUPS - made) == []


def test_every_kind_of_track_has_words() -> None:
    listed = re.search(r"export const KINDS = new Set\(\[(.*?)\]\)", SOURCES["symbols/kinds.js"], re.DOTALL)
    assert listed
    kinds = set(re.findall(r"\"([\w-]+)\"", listed[1]))
    assert {f"kind.{kind}" for kind in kinds} == {key for key in WORDS["en"] if key.startswith("kind.")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_feeds_and_units_say_has_words(language: str) -> None:
    """Facts, their enumerated values, refusals and states of feeds: the lists are the feeds' own."""
    hidden = {"sidc", "short"}  # drawn, not said
    said = {f"fact.{name}" for name in (*facts.FACTS, *units.FACTS) if name not in hidden and not name.endswith("_ja")}
    said |= {f"fact.{name}.{value}" for name, values in facts.VALUES.items() for value in values}
    said |= {f"refused.{reason}" for reason in facts.REASONS}
    said |= {f"feed.code.{code}" for code in feed.DETAILS}
    assert sorted(said - WORDS[language].keys()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_feeds_state_takes_the_parameters_its_english_takes(language: str) -> None:
    for code, english in feed.DETAILS.items():
        taken = set(re.findall(r"\{(\w+)", english))
        assert placeholders(WORDS[language][f"feed.code.{code}"]) <= taken, code


HOUSE = Path(jointhq.__file__).parent


def sources(*rooms: str) -> str:
    return "\n".join(file.read_text("utf-8") for room in rooms for file in sorted((HOUSE / room).rglob("*.py")))


def refusals() -> set[str]:
    """Every code that a Problem of the people's and operations' routes may have: raised anywhere, or documented."""
    raised = sources("people", "command", "operations", "journal", "base")
    codes = set(re.findall(r"Refus(?:al|ed)\(\s*\"([a-z_]+)\"", raised))
    codes |= set(re.findall(r"^    code(?:: [\w\[\]]+)? = \"([a-z_]+)\"", raised, re.MULTILINE))
    routes = (HOUSE / "people" / "routes.py").read_text("utf-8").split('"""')[1]
    documented = set(re.findall(r"`([a-z_]+)`", routes.partition("\nRefused: ")[2]))
    routes = (HOUSE / "command" / "routes.py").read_text("utf-8").split('"""')[1]
    documented |= set(re.findall(r"`([a-z_]+)`", routes.partition("\nRefused: ")[2]))
    assert len(documented) > 40
    return codes | documented


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_words(language: str) -> None:
    of_machines = {"bad_event", "peer_fault"}  # codes of CoT streams, which no route answers with
    assert sorted(code for code in refusals() - of_machines if f"error.{code}" not in WORDS[language]) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_warning_and_kind_of_the_rhythm_has_words(language: str) -> None:
    told = re.findall(r"code=\"([a-z_]+)\"|\(\"([a-z_]+)\", (?:late|none|weekend|other)\)", sources("operations/rules"))
    codes = {one or other for one, other in told}
    assert {"cycle", "input_late", "weekend"} <= codes
    said = {f"rhythm.warning.{code}" for code in codes} | {f"rhythm.kind.{kind}" for kind in get_args(rhythm.Kind)}
    assert sorted(said - WORDS[language].keys()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_has_words(language: str) -> None:
    """The door's rules, and what "why can A not see B?" asks before the door."""
    asked = set(re.findall(r"Check\(\s*rule=\"([a-z_]+)\"", sources("people"))) | {"in_force"}
    assert sorted(rule for rule in asked | set(RULES) if f"rule.{rule}" not in WORDS[language]) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_takes_the_parameters_that_it_comes_with(language: str) -> None:
    decides = (HOUSE / "release" / "rule.py").read_text("utf-8")
    given = {rule: set(re.findall(r"(\w+)=", rest)) for rule, rest in re.findall(r"_no\(\"(\w+)\"(.*)\)", decides)}
    assert given.keys() >= {"level_above_clearance", "not_released_to"}
    for rule, names in given.items():
        more = {"nation", "organisation"} if rule in {"not_released_to", "not_owner"} else set()
        assert placeholders(WORDS[language][f"rule.{rule}"]) <= names | more, rule


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_standing_permission_and_way_has_words(language: str) -> None:
    directory = (HOUSE / "people" / "directory.py").read_text("utf-8")
    standing = directory.partition("def standing(")[2].partition("\n    def ")[0]
    said = {
        f"standing.{code}"
        for code in re.findall(r"\"((?:person|clearance|appointment|assignment|not)_\w+)\"", standing)
    }
    assert len(said) > 8
    said |= {f"permission.{code}" for code in PERMISSIONS}
    said |= {f"purpose.{code}" for code in get_args(records.Purpose)}
    said |= {f"how.{code}" for code in get_args(records.How)}
    excess = Path(fence.__file__).read_text("utf-8").partition("def excess(")[2].partition("def touch(")[0]
    said |= {f"beyond.{what}" for what in re.findall(r"return \"([a-z_]+)\"", excess)}
    assert sorted(said - WORDS[language].keys()) == []


def test_a_place_takes_no_key_by_which_one_goes_to_another() -> None:
    places = set(re.findall(r'\bkey: "(\w)"', SOURCES["places.js"]))
    assert len(places) > 5
    for name, text in SOURCES.items():
        taken = set(re.findall(r"^  (\w): \{ word", text, re.MULTILINE))
        assert not taken & places, name
