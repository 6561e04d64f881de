"""Whom a name means is told by whose row it stands in; the row of another reader is not held against a namesake."""

from __future__ import annotations

from dataclasses import replace

from carrel.systems import map_files
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_namesakes import Namesakes


def test_a_row_of_another_reader_speaks_for_somebody_only_by_more_than_words_that_happen_to_be_a_name(koha):
    with koha.engine().connect() as connection:
        library = Library(connection, map_files.load("koha"), koha.sample.anonymous_patron)
        numbers = [
            int(str(n)) for (n,) in koha.rows("SELECT borrowernumber FROM borrowers WHERE surname <> '' LIMIT 40")
        ]
        people = [one for one in library.people(set(numbers)).values() if len(one.names) > 1]
        person = people[0]
        other = next(one for one in people if set(one.names).isdisjoint(person.names))
        given, family = person.names
        ask = Namesakes(library).mean_another
        apart = (f"Dear {given} {other.names[1]},\n- The {family} Stars, volume 10 (31000000006988)",)
        theirs, nobody, own = frozenset({other.key}), frozenset[int](), frozenset({person.key})
        assert ask(apart, theirs, person)
        assert not ask(apart, nobody, person)
        assert not ask(apart, own, person)
        assert not ask((f"{given} {family} asked for it",), theirs, person)
        assert not ask((*apart, f"card {person.strong[0]}"), theirs, person)
        assert not ask((*apart, f"{family}, {given}"), theirs, person)
        assert ask((f"{given} {family} asked for it",), theirs, replace(person, names=other.names))
        # What the person has as a user name is the other's card number: in that reader's row it speaks for the reader.
        both = replace(person, strong=(*person.strong, other.strong[0].lower()))
        card = (f"card {other.strong[0]} has a book",)
        assert ask(card, theirs, both)
        assert not ask(card, nobody, both)
        assert not ask(card, own, both)
        assert not ask((*card, f"mail {person.strong[-1]}"), theirs, both)
        assert not ask((*card, f"{given} {family}"), theirs, both)
    assert len(people) > 10
