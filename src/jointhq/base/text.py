"""What a person may write.

Owns: which characters a line and a text may have, and that what must say something isn't blank; `Form`, whose every
text is held to it. Doesn't own: how long a text may be, and which must say something: each field declares its own.

A control character is never shown, an override of direction shows a name backwards, and what has no shape at all makes
two names look like one or carries words that a release officer can't see. Marks of direction that stand alone (U+200E,
U+200F, U+061C), joiners and combining marks belong to words and emoji of many languages, and stay; so does the space of
no width (U+200B) in a text, where some languages break their lines at it, but not in a name.
"""

import functools
import re
import unicodedata
from typing import Any, Final, NamedTuple

import msgspec

from jointhq.base.errors import Refusal

LINE_CHARS_MAX: Final = 300  # a field that holds no more is one line: a name, a title, a place

SHAPELESS: Final = r"\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # within a regex's brackets
_HIDDEN: Final = rf"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{SHAPELESS}"
_NOT_IN_A_TEXT: Final = re.compile(f"[{_HIDDEN}]")
_NOT_IN_A_LINE: Final = re.compile(rf"[{_HIDDEN}\t\n\r\u200b\u2028\u2029]")
_FILLERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and a symbol of their kind, but empty


class _Bounds(NamedTuple):
    line: bool = False
    needed: bool = False  # it must say something


_TEXT: Final = _Bounds()


def shown(text: str) -> str:
    """Return the text without what may not be written: for what comes from elsewhere and can't be sent back."""
    return _NOT_IN_A_TEXT.sub("", text)


def shown_all(value: Any) -> Any:
    """Return a value of JSON without what may not be written, in its texts and its names."""
    match value:
        case str():
            return shown(value)
        case list() | tuple():
            return [shown_all(one) for one in value]
        case dict():
            return {shown_all(name): shown_all(one) for name, one in value.items()}
    return value


def check(form: Any, bounds: _Bounds = _TEXT, field: str = "") -> None:
    """Refuse a form with anything in it that nobody may write."""
    match form:
        case str():
            if odd := (_NOT_IN_A_LINE if bounds.line else _NOT_IN_A_TEXT).search(form):
                name = f"U+{ord(odd[0]):04X}"
                raise Refusal("characters", f"{field} has {name} in it: take it out", 400, field=field, character=name)
            if bounds.needed and not any(map(_seen, form)):
                raise Refusal("blank", f"{field} must say something", 400, field=field)
        case msgspec.Struct():
            for name, one in _fields(type(form)):
                check(getattr(form, name), one, name)
        case tuple() | list():
            for item in form:
                check(item, bounds, field)
        case dict():  # what is kept of a foreign file, and what maps names to values
            for name, one in form.items():
                check(name, _TEXT, field)
                check(one, _TEXT, field)


def _seen(character: str) -> bool:
    """Return whether something of it is seen when it stands alone."""
    return unicodedata.category(character) not in ("Cc", "Cf", "Zs", "Zl", "Zp") and character not in _FILLERS


@functools.cache
def _fields(cls: type[msgspec.Struct]) -> tuple[tuple[str, _Bounds], ...]:
    """Return the fields that may hold a text, with what each asks of it."""
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    silent = (msgspec.inspect.IntType, msgspec.inspect.FloatType, msgspec.inspect.BoolType, msgspec.inspect.LiteralType)
    return tuple((one.name, _bounds(one.type)) for one in info.fields if not isinstance(one.type, silent))


def _bounds(kind: msgspec.inspect.Type) -> _Bounds:
    match kind:
        case msgspec.inspect.StrType():
            return _Bounds((kind.max_length or LINE_CHARS_MAX + 1) <= LINE_CHARS_MAX, (kind.min_length or 0) > 0)
        case msgspec.inspect.VarTupleType() | msgspec.inspect.ListType():
            return _bounds(kind.item_type)
        case msgspec.inspect.Metadata():
            return _bounds(kind.type)
    return _TEXT


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is taken from a person: unknown fields are a mistake of the sender, who should hear of it."""

    def __post_init__(self) -> None:
        check(self)
