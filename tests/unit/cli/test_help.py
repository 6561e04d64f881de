"""Help costs nothing, says the same everywhere, and what is not foreseen never shows its text."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from carrel.cli import main as entry
from carrel.cli.main import VERBS, cli

HEAVY = ("sqlalchemy", "pydantic", "alembic", "rich", "cryptography", "jinja2", "pymysql", "ruamel")
BUILT = cli.list_commands(click.Context(cli))
SECRET = "the row of Patience Amundsen, card 21000000000057"


def imported(*words):
    """The modules that one call of the command line brings in, in a process of its own."""
    script = (
        "import json, sys\n"
        "from carrel.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit as ending:\n"
        "    print(json.dumps({'code': ending.code, 'modules': sorted(sys.modules)}), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    told = json.loads(done.stderr.splitlines()[-1])
    return done.stdout, told["code"], {name.split(".")[0] for name in told["modules"]}


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("plan", "--help"), ("apply", "--help")])
def test_help_imports_nothing_heavy(words):
    out, code, modules = imported(*words)
    assert code == 0
    assert "carrel" in out
    assert modules.isdisjoint(HEAVY), modules & set(HEAVY)


def test_help_lists_what_is_built_and_nothing_else():
    shown = CliRunner().invoke(cli, ["--help"]).output
    for verb, (_, line) in VERBS.items():
        assert (f"  {verb} " in shown) == (verb in BUILT), verb
        if verb in BUILT:
            assert line.split(".")[0].split(":")[0] in " ".join(shown.split())


@pytest.mark.parametrize("verb", BUILT)
def test_each_verb_says_of_itself_what_the_list_says_and_fits(verb):
    done = CliRunner().invoke(cli, [verb, "--help"], prog_name="carrel", terminal_width=100)
    assert done.exit_code == 0, done.output
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    assert command.help is not None
    assert command.help.split("\n\n")[0].replace("\n", " ").startswith(VERBS[verb][1]), command.help
    assert max(len(line) for line in done.output.splitlines()) <= 100


def subcommands():
    for verb in BUILT:
        command = cli.get_command(click.Context(cli), verb)
        if isinstance(command, click.Group):
            yield from ((verb, name) for name in command.commands)


@pytest.mark.parametrize("words", [(), *((verb,) for verb in BUILT), *subcommands()], ids=" ".join)
def test_every_help_fits_100_columns_with_an_example(words):
    done = CliRunner().invoke(cli, [*words, "--help"], prog_name="carrel", terminal_width=100)
    assert done.exit_code == 0
    assert max(len(line) for line in done.output.splitlines()) <= 100
    if not words or not isinstance(cli.get_command(click.Context(cli), words[0]), click.Group) or len(words) > 1:
        assert "Example: carrel" in done.output


def leave(words, capsys):
    with pytest.raises(SystemExit) as ending:
        entry.main(words)
    shown = capsys.readouterr()
    return ending.value.code, shown.out, shown.err


@pytest.mark.parametrize("words", [["disclose"], ["plan", "--no-such-option"], ["apply"], ["plan", "--sample", "many"]])
def test_what_is_not_understood_ends_with_2(words, capsys):
    code, out, err = leave(words, capsys)
    assert (code, out) == (2, "")
    assert "Usage:" in err


@pytest.fixture
def surprising():
    """One more verb for the time of a test: it meets something that nobody foresaw."""

    @click.command(name="surprise")
    @click.option("--json", "as_json", is_flag=True)
    def surprise(as_json):
        raise KeyError(SECRET)

    class WithSurprise(entry.Verbs):
        def get_command(self, ctx, name):
            return surprise if name == "surprise" else super().get_command(ctx, name)

    plain = type(cli)
    cli.__class__ = WithSurprise
    yield
    cli.__class__ = plain


@pytest.mark.usefixtures("surprising")
def test_an_unforeseen_error_never_shows_its_text(capsys):
    code, out, err = leave(["surprise"], capsys)
    assert code == 1
    assert out == ""
    assert "error[CLI-001]" in err
    assert "KeyError" in err
    assert "Amundsen" not in err
    assert "Traceback" not in err
    code, out, err = leave(["surprise", "--json"], capsys)
    [told] = json.loads(out)["errors"]
    assert (code, told["code"], err) == (1, "CLI-001", "")
    assert "Amundsen" not in out
