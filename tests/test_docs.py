"""The README says what is there: every command, setting and reason word, and nothing that is not."""

import argparse
import re
import shlex
from pathlib import Path
from typing import get_args

import pytest
from ruamel.yaml import YAML

from flows import cli, exportoptions
from flows.settings import Settings
from storage.errors import REASONS
from storage.feedrecords import Outcome

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


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
            assert action.help or isinstance(action, argparse._SubParsersAction), f"{name} {action.dest}"


def test_help_is_no_wider_than_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    every = commands()
    for name, command in {**every, **inside(every["feeds"])}.items():
        assert max(map(len, command.format_help().splitlines())) <= 120, name


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


def test_commands_in_the_code_of_the_readme_are_understood() -> None:
    """Each line of shell that begins with the command, or a `wiredesk ...` that is no pattern, parses."""
    blocks = re.findall(r"^(?:    )?wiredesk (?!\w+ ── )(.+)$", README, re.MULTILINE)
    assert len(blocks) >= 10
    for line in blocks:
        words = shlex.split(line, comments=True)
        assert cli.parser().parse_args(words), line


def test_readme_names_the_deployments_and_when_they_run() -> None:
    known = YAML(typ="safe").load(ROOT / "deployments" / "prefect.yaml")["deployments"]
    table = README.split("| deployment | when | what |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == {one["name"] for one in known}


def test_readme_names_the_targets_of_make_and_the_folders_that_there_are() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^    |`|; )make ([a-z-]+)", README, re.MULTILINE)) <= targets
    rooms = README.split("## How it is built")[1].split("\n\n")[1]
    assert all((ROOT / room).is_dir() for room in re.findall(r"^    ([a-z]+)/", rooms, re.MULTILINE))


def test_readme_names_the_formats_of_the_exports_and_no_others() -> None:
    table = README.split("| format | of | what it carries | ingested again |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE)) == {
        form for forms in exportoptions.FORMATS.values() for form in forms
    }


def test_files_that_the_readme_points_at_exist() -> None:
    named = re.findall(r"`((?:flows|tests|tasks|storage|seeds|deployments|bench)/[\w./]+|test_\w+\.py)`", README)
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "tests" / name).exists(), name
