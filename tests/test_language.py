"""The language of a text, and none for what is too short or too mixed."""

import pytest

from tasks import language


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "The council agreed on Tuesday to keep the old ferry running for another winter."),
        ("de", "Der Rat beschloss am Dienstag, die alte Fähre einen weiteren Winter fahren zu lassen."),
        ("fr", "Le conseil a décidé mardi de maintenir le vieux ferry un hiver de plus."),
        ("es", "El consejo acordó el martes mantener el viejo ferry un invierno más."),
        ("ru", "Совет решил во вторник сохранить старый паром ещё на одну зиму."),
        ("ja", "評議会は火曜日、古いフェリーをもう一冬運航することに合意した。"),
        ("zh", "理事会星期二同意让旧渡轮再运行一个冬天，主席在会后对记者说。"),
    ],
)
def test_language_is_named(code, text):
    assert language.name(text) == code


def test_minority_script_does_not_vote():
    english = "The council agreed on Tuesday to keep the old ferry running for another winter. "
    assert language.name(f"{english} Пресс-служба портового совета https://example.org/лицензия") == "en"


@pytest.mark.parametrize(
    "text", ["", "12345 67", "Hello", "Ja", "Ferry stays", "* * *", "asdf qwer zxcv lkjh poiu mnbv"]
)
def test_too_little_gives_none(text):
    assert language.name(text) is None
