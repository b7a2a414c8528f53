"""The README says what is there: every command, setting and reason word, and nothing that is not."""

import argparse
import re
from pathlib import Path
from typing import get_args

from flows import cli
from flows.settings import Settings
from storage.errors import REASONS
from storage.feedrecords import Outcome

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def commands() -> dict[str, argparse.ArgumentParser]:
    return inside(cli.parser())


def inside(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return {name: command for choices in found for name, command in choices.items()}


def options() -> set[str]:
    every = [one for command in commands().values() for one in (command, *inside(command).values())]
    return {option for command in every for option in command._option_string_actions}


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
            r"^\| `([a-z0-9-]+)` \| (?!yes|no)",
            README.split("one word and one sentence")[1].split("## ")[0],
            re.MULTILINE,
        )
    ) == set(REASONS)


def test_options_in_the_readme_exist() -> None:
    assert set(re.findall(r"`(--[a-z-]+)", README)) <= options()


def test_readme_names_what_a_look_at_a_feed_may_come_to_and_nothing_else() -> None:
    table = README.split("| look | it came to |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE) == list(get_args(Outcome))


def test_readme_names_the_commands_of_feeds() -> None:
    (row,) = re.findall(r"^\| `wiredesk feeds` \|(.*)\|$", README, re.MULTILINE)
    assert set(re.findall(r"`([a-z]+)`", row)) == set(inside(commands()["feeds"]))
