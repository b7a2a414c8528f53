"""The README says what is there: every command, setting and reason word, and nothing that is not."""

import argparse
import re
from pathlib import Path

from flows import cli
from flows.settings import Settings
from storage.errors import REASONS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = (a for a in cli.parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


def test_every_command_and_its_options_have_help() -> None:
    for name, command in commands().items():
        assert command.description, name
        for action in command._actions:
            assert action.help or action.choices, f"{name} {action.dest}"


def test_readme_names_the_commands_and_no_others() -> None:
    named = set(re.findall(r"`wiredesk ([a-z]+)", README))
    assert named == set(commands())


def test_readme_names_the_settings_with_their_defaults_and_no_others() -> None:
    named = dict(re.findall(r"^\| `WIREDESK_([A-Z_]+)` \| `?([^|`]*)`? \|", README, re.MULTILINE))
    assert named.keys() == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if field.default not in {None, "", 0} and name != "home":
            assert named[name.upper()].strip() == str(field.default), name


def test_readme_names_the_reasons_and_no_others() -> None:
    assert set(
        re.findall(
            r"^\| `([a-z-]+)` \| (?!yes|no)", README.split("one word and one sentence")[1].split("## ")[0], re.MULTILINE
        )
    ) == set(REASONS)


def test_options_in_the_readme_exist() -> None:
    known = {option for command in commands().values() for option in command._option_string_actions}
    assert set(re.findall(r"`(--[a-z-]+)", README)) <= known
