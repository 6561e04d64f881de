"""Invented patrons, authors and titles, as many as are wanted, with names as common and as rare as a census has them.

The frequent names are real ones; behind them stands a long tail of made ones. Some are common words, and some authors and
titles bear names that patrons have too.
"""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

FAMILIES = ["Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez", "Hernandez", "Lopez", "Gonzalez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore", "Jackson", "Martin", "Lee", "Perez", "Thompson", "White", "Harris", "Sanchez", "Clark", "Ramirez", "Lewis", "Robinson", "Walker", "Young", "Allen", "King", "Wright", "Scott", "Torres", "Nguyen", "Hill", "Flores", "Green", "Adams", "Nelson", "Baker", "Hall", "Rivera", "Campbell", "Mitchell", "Carter", "Roberts", "Gomez", "Phillips", "Evans", "Turner", "Diaz", "Parker", "Cruz", "Edwards", "Collins", "Reyes", "Stewart", "Morris", "Morales", "Murphy", "Cook", "Rogers", "Gutierrez", "Ortiz", "Morgan", "Cooper", "Peterson", "Bailey", "Reed", "Kelly", "Howard", "Ramos", "Kim", "Cox", "Ward", "Richardson", "Watson", "Brooks", "Chavez", "Wood", "James", "Bennett", "Gray", "Mendoza", "Ruiz", "Hughes", "Price", "Alvarez", "Castillo", "Sanders", "Patel", "Myers", "Long", "Ross", "Foster", "Jimenez", "Powell", "Jenkins", "Perry", "Russell", "Sullivan", "Bell", "Coleman", "Butler", "Henderson", "Barnes", "Fisher", "Vasquez", "Simmons", "Romero", "Jordan", "Patterson", "Alexander", "Hamilton", "Graham", "Reynolds", "Griffin", "Wallace", "Moreno", "West", "Cole", "Hayes", "Bryant", "Herrera", "Gibson", "Ellis", "Tran", "Medina", "Aguilar", "Stevens", "Murray", "Ford", "Castro", "Marshall", "Owens", "Harrison", "Fernandez", "Mcdonald", "Woods", "Washington", "Kennedy", "Wells", "Vargas", "Henry", "Chen", "Freeman", "Webb", "Tucker", "Guzman", "Burns", "Crawford", "Olson", "Simpson", "Porter", "Hunter", "Gordon", "Mendez", "Silva", "Shaw", "Snyder", "Mason", "Dixon", "Muñoz", "Hunt", "Hicks", "Holmes", "Palmer", "Wagner", "Black", "Robertson", "Boyd", "Rose", "Stone", "Salazar", "Fox", "Warren", "Mills", "Meyer", "Rice", "Schmidt", "Garza", "Daniels", "Ferguson", "Nichols", "Stephens", "Soto", "Weaver", "Ryan", "Gardner", "Payne", "Grant", "Dunn", "Kelley", "Spencer", "Hawkins", "Arnold", "Pierce", "Hansen", "Peters", "Santos", "Hart", "Bradley", "Knight", "Elliott", "Cunningham", "Duncan", "Armstrong", "Hudson", "Carroll", "Lane", "Riley", "Andrews", "Alvarado", "Ray", "Delgado", "Berry", "Perkins", "Hoffman", "Johnston", "Matthews", "Peña", "Richards", "Contreras", "Willis", "Carpenter", "Lawrence", "Sandoval", "Guerrero", "George", "Chapman", "Rios", "Estrada", "Ortega", "Watkins", "Greene", "Núñez", "Wheeler", "Valdez", "Harper", "Burke", "Larson", "Santiago", "Maldonado", "Morrison", "Franklin", "Carlson", "Austin", "Dominguez", "Carr", "Lawson", "Jacobs", "O'Brien", "Lynch", "Singh", "Vega", "Bishop", "Montgomery", "Oliver", "Jensen", "Harvey", "Williamson", "Gilbert", "Dean", "Sims", "Espinoza", "Howell", "Li", "Wong", "Reid", "Hanson", "Le", "McCoy", "Garrett", "Burton", "Fuller", "Wang", "Weber", "Welch", "Rojas", "Lucas", "Márquez", "Fields", "Park", "Yang", "Little", "Banks", "Padilla", "Day", "Walsh", "Bowman", "Schultz", "Luna", "Fowler", "Mejia", "Copperfield", "Twist", "Finn", "Sawyer", "Karenina", "Rochester", "Frome", "Marner", "Amundsen", "Kowalczyk", "Lindqvist", "Okafor", "Nakamura", "Haddad", "D'Angelo", "O'Dowd", "Müller", "Ångström", "Łukasik", "Dvořák", "Béranger", "Sørensen", "Read", "Page", "Winter", "Summers", "Church", "Bird", "Book"]  # fmt: skip
PARTED = (
    "Van den Berg",
    "De la Cruz",
    "Van Dyke",
    "De León",
    "Smith-Jones",
    "García Márquez",
    "Pérez-Ríos",
    "St. John",
)
GIVEN = ["James", "Mary", "Michael", "Patricia", "Robert", "Jennifer", "John", "Linda", "David", "Elizabeth", "William", "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas", "Karen", "Christopher", "Sarah", "Charles", "Lisa", "Daniel", "Nancy", "Matthew", "Sandra", "Anthony", "Ashley", "Mark", "Emily", "Steven", "Kimberly", "Donald", "Betty", "Andrew", "Margaret", "Joshua", "Donna", "Paul", "Michelle", "Kenneth", "Carol", "Kevin", "Amanda", "Brian", "Melissa", "Timothy", "Deborah", "Ronald", "Stephanie", "Jason", "Rebecca", "George", "Sharon", "Edward", "Laura", "Jeffrey", "Cynthia", "Ryan", "Dorothy", "Jacob", "Amy", "Nicholas", "Kathleen", "Gary", "Angela", "Eric", "Shirley", "Jonathan", "Emma", "Stephen", "Brenda", "Larry", "Pamela", "Justin", "Nicole", "Scott", "Anna", "Brandon", "Samantha", "Benjamin", "Katherine", "Samuel", "Christine", "Gregory", "Debra", "Alexander", "Rachel", "Patrick", "Carolyn", "Frank", "Janet", "Raymond", "Maria", "Jack", "Olivia", "Dennis", "Heather", "Jerry", "Helen", "Tyler", "Catherine", "Aaron", "Diane", "Jose", "Julie", "Adam", "Victoria", "Nathan", "Joyce", "Henry", "Lauren", "Zachary", "Kelly", "Douglas", "Christina", "Peter", "Ruth", "Kyle", "Joan", "Noah", "Virginia", "Ethan", "Judith", "Jeremy", "Evelyn", "Christian", "Hannah", "Walter", "Andrea", "Keith", "Megan", "Austin", "Cheryl", "Roger", "Jacqueline", "Terry", "Madison", "Sean", "Teresa", "Gerald", "Abigail", "Carl", "Sophia", "Dylan", "Martha", "Harold", "Sara", "Jordan", "Gloria", "Jesse", "Janice", "Bryan", "Kathryn", "Lawrence", "Ann", "Arthur", "Isabella", "Gabriel", "Judy", "Bruce", "Charlotte", "Logan", "Julia", "Billy", "Grace", "Joe", "Amber", "Alan", "Alice", "Juan", "Jean", "Elijah", "Denise", "Willie", "Frances", "Albert", "Danielle", "Wayne", "Marilyn", "Randy", "Natalie", "Mason", "Beverly", "Vincent", "Diana", "Liam", "Brittany", "Roy", "Theresa", "Bobby", "Kayla", "Caleb", "Alexis", "Bradley", "Doris", "Russell", "Lori", "Lucas", "Tiffany", "Rose", "Will", "Grant", "Hope", "Faith", "Joy", "June", "May", "April", "Dawn", "Iris", "Oliver", "Silas", "Ada", "José", "Sofía", "Álvaro", "Lucía", "Ramón", "Inés", "Zoë", "René", "Björn", "Søren", "Priya", "Yusuf", "Leila", "Kaito", "Mei", "Olga", "Nadia", "Dmitri", "Guadalupe", "Esperanza", "Carmen", "Rosario", "Xi", "J"]  # fmt: skip
_AUTHORS = ["Austen, Jane", "Dickens, Charles", "Morrison, Toni", "Woolf, Virginia", "Márquez, Gabriel García", "Allende, Isabel", "Borges, Jorge Luis", "Christie, Agatha", "King, Stephen", "Patterson, James", "Roberts, Nora", "Steel, Danielle", "Grisham, John", "Child, Lee", "Rowling, J. K.", "Tolkien, J. R. R.", "Lewis, C. S.", "Eliot, T. S.", "Cervantes, Miguel de", "Lorca, Federico García", "Hemingway, Ernest", "Steinbeck, John", "Walker, Alice", "Angelou, Maya", "Baldwin, James", "Orwell, George", "Murakami, Haruki", "Atwood, Margaret", "Le Guin, Ursula K.", "Eliot, George", "Brontë, Charlotte", "Brontë, Emily", "Wharton, Edith", "James, Henry", "Twain, Mark", "Melville, Herman", "Poe, Edgar Allan", "White, E. B.", "Greene, Graham", "Wright, Richard", "Franklin, Benjamin", "Martin, George R. R.", "Moore, Christopher", "Smith, Zadie", "Jones, Tayari", "Lee, Harper", "Brown, Dan", "Green, John", "Clark, Mary Higgins", "Adams, Douglas", "Robinson, Marilynne", "Vargas Llosa, Mario", "Neruda, Pablo", "Fuentes, Carlos", "Esquivel, Laura", "Shakespeare, William", "Hawthorne, Nathaniel", "Follett, Ken", "Reed, Ishmael", "Ward, Jesmyn"]  # fmt: skip
_TITLES = ["David Copperfield", "Jane Eyre", "Emma", "Rebecca", "Carrie", "Anna Karenina", "Oliver Twist", "The Adventures of Tom Sawyer", "Silas Marner", "Daniel Deronda", "Ethan Frome", "The Picture of Dorian Gray", "Adventures of Huckleberry Finn", "Barnaby Rudge", "Nicholas Nickleby", "Moll Flanders", "Tom Jones", "Don Quixote", "Madame Bovary", "Doctor Zhivago", "Mrs. Dalloway", "Beloved", "Pride and Prejudice", "The Grapes of Wrath", "To Kill a Mockingbird", "One Hundred Years of Solitude", "Cien años de soledad", "La casa de los espíritus", "Como agua para chocolate", "Bleak House", "Great Expectations", "Middlemarch", "Wuthering Heights", "The House of the Seven Gables", "The Great Gatsby", "Of Mice and Men", "The Color Purple", "Their Eyes Were Watching God", "Charlotte's Web", "James and the Giant Peach", "Harry Potter and the Sorcerer's Stone", "Percy Jackson: The Lightning Thief", "The Autobiography of Malcolm X", "Steve Jobs", "Alexander Hamilton", "Mary Barton", "Adam Bede", "Agnes Grey", "Robinson Crusoe", "Gulliver's Travels", "Lolita", "Ivanhoe", "Kim", "She", "It", "Billy Budd", "Martin Chuzzlewit", "Doña Bárbara", "Pedro Páramo"]  # fmt: skip
_HEADS = (
    "The Silent", "A Short History of", "Gardening with", "The Last", "Letters to", "Understanding", "Beyond the", "Cooking for",
    "The Secret Life of", "Notes on", "Living with", "The Winter", "A Field Guide to", "The Trial of", "Waiting for", "In Search of",
    "Historia de", "El jardín de", "La última carta de", "Viaje a",
)  # fmt: skip
_TAILS = (
    "Orchard", "Salt", "Rivers", "Grief", "Glass", "Divorce Law", "Bees", "Small Engines", "Stars", "Debt", "the Sea", "Ferns",
    "Bread", "Islam", "Winter Birds", "the Moon", "Union Organizing", "Chess", "Old Maps", "Clay", "Mars", "Silence", "Knots", "Owls",
)  # fmt: skip
_BEGINS = [
    "Ab",
    "Bal",
    "Ben",
    "Bor",
    "Bran",
    "Cal",
    "Cor",
    "Dal",
    "Del",
    "Dor",
    "Drey",
    "Ek",
    "Fal",
    "Fen",
    "Gar",
    "Gol",
    "Had",
    "Hol",
    "Ing",
    "Jar",
    "Kal",
    "Kes",
    "Kow",
    "Lar",
    "Lin",
    "Mal",
    "Mor",
    "Nak",
    "Ob",
    "Pel",
    "Quar",
    "Ras",
    "Ros",
    "Sar",
    "Sel",
    "Tal",
    "Tor",
    "Ul",
    "Var",
    "Vel",
    "Wes",
    "Yar",
    "Zel",
    "Zor",
]
_MIDDLES = [
    "a",
    "e",
    "i",
    "o",
    "u",
    "an",
    "en",
    "in",
    "on",
    "er",
    "ar",
    "ov",
    "esk",
    "ald",
    "ing",
    "ost",
    "und",
    "ell",
    "iv",
    "arr",
]
_ENDS = [
    "berg",
    "by",
    "dal",
    "field",
    "ford",
    "gaard",
    "ham",
    "ian",
    "ic",
    "ini",
    "ko",
    "land",
    "ley",
    "lund",
    "man",
    "mann",
    "mere",
    "mond",
    "ner",
    "off",
    "off",
    "ova",
    "owski",
    "ridge",
    "sen",
    "shaw",
    "son",
    "stad",
    "stein",
    "ston",
    "strom",
    "tani",
    "thorpe",
    "ton",
    "vale",
    "vich",
    "ville",
    "well",
    "wick",
    "worth",
    "y",
    "zak",
]
_G_ENDS = [
    "a",
    "ah",
    "an",
    "ana",
    "ara",
    "ard",
    "as",
    "een",
    "el",
    "ela",
    "en",
    "ene",
    "ia",
    "ian",
    "iel",
    "ika",
    "in",
    "ina",
    "ine",
    "is",
    "ita",
    "o",
    "on",
    "or",
    "us",
    "ya",
]
STREETS = ["Main", "Maple", "Oak", "Cedar", "Elm", "Washington", "Lake", "Hill", "Walnut", "Spring", "North", "Ridge", "Church", "Willow", "Mill", "Sunset", "Railroad", "Jefferson", "Center", "Chestnut", "River", "Highland", "Franklin", "Park", "Adams", "Alder", "Brewer", "Canal", "Dovecote", "Foundry", "Garden", "Harbour", "Ivy", "Juniper", "Kiln", "Lantern"]  # fmt: skip
WAYS = ("Street", "Ave", "Road", "Lane", "Drive", "St", "Avenue", "Court", "Blvd", "Way", "Rd", "Place")
TOWNS = ("Eastmere", "Fallowfield", "Greywater", "Highbridge", "Westover", "Norburn")


@dataclass(frozen=True, slots=True)
class Person:
    """A person nobody is."""

    given: str
    middle: str
    family: str
    barcode: str
    email: str
    phone: str
    address: str


class Names:
    """Draws names as a census has them: few of them are common, most of them rare."""

    def __init__(self, dice: random.Random, families: int = 100_000, given: int = 4_000) -> None:
        self._dice = dice
        made = (f"{a}{b}{c}" for a, b, c in itertools.product(_BEGINS, _MIDDLES, _ENDS))
        tail = list(dict.fromkeys(made))
        dice.shuffle(tail)
        longer = (f"{one}{end}" for end in ("er", "ez", "is") for one in tail)
        self.families = [*FAMILIES, *PARTED, *itertools.islice(itertools.chain(tail, longer), families)]
        tail = list(dict.fromkeys(f"{a}{b}" for a, b in itertools.product(_BEGINS, _G_ENDS)))
        dice.shuffle(tail)
        self.given = [*GIVEN, *tail[:given]]
        self._of_families = _zipf(len(self.families), 0.85)
        self._of_given = _zipf(len(self.given), 1.0)

    def family(self) -> str:
        return self.families[bisect.bisect(self._of_families, self._dice.random())]

    def first(self) -> str:
        return self.given[bisect.bisect(self._of_given, self._dice.random())]

    def person(self, number: int) -> Person:
        dice, given, family = self._dice, self.first(), self.family()
        plain = "".join(one for one in f"{given}.{family}".lower() if one.isascii() and (one.isalnum() or one == "."))
        return Person(
            given, self.first() if dice.random() < 0.3 else "", family, card(number),
            f"{plain}{dice.randrange(100)}@example.{dice.choice(('org', 'com', 'edu', 'net'))}",
            phone(dice), address(dice),
        )  # fmt: skip


def _zipf(count: int, power: float) -> list[float]:
    weights = list(itertools.accumulate(1 / (rank + 3) ** power for rank in range(count)))
    return [one / weights[-1] for one in weights]


def luhn(digits: str) -> str:
    """The digit that makes these right under mod 10."""
    total = sum(sum(divmod(int(one) * (2 - at % 2), 10)) for at, one in enumerate(reversed(digits)))
    return str(-total % 10)


def card(number: int) -> str:
    """A Codabar number of 14 digits, as libraries print them: a 2, the library, the card, a check digit."""
    body = f"21868{number * 7919 % 10**8:08d}"
    return body + luhn(body)


def phone(dice: random.Random) -> str:
    return f"{dice.randrange(201, 990)}-{dice.randrange(200, 1000)}-{dice.randrange(10000):04d}"


def address(dice: random.Random) -> str:
    return f"{dice.randrange(1, 2400)} {dice.choice(STREETS)} {dice.choice(WAYS)}"


def catalogue(names: Names, dice: random.Random, count: int) -> tuple[list[str], list[str]]:
    """Authors, inverted as catalogues have them, and titles."""
    authors = [*_AUTHORS, *(f"{names.family()}, {names.first()}" for _ in range(count))]
    titles = list(_TITLES)
    for number in range(count):
        head, tail = dice.choice(_HEADS), dice.choice(_TAILS)
        if number % 12 == 0:
            titles.append(f"{names.first()} {names.family()}")
        elif number % 12 == 1:
            titles.append(f"{head} {names.first()} {names.family()}")
        elif number % 12 == 2:
            titles.append(f"{head} {tail}: {dice.choice(_TAILS)} and {names.family()}")
        else:
            titles.append(f"{head} {tail} and {dice.choice(_TAILS)}")
    return authors, titles


def said(author: str) -> str:
    """An author as people say the name."""
    family, _, given = author.partition(", ")
    return f"{given} {family}".strip()


def pick(items: Sequence[str], dice: random.Random) -> str:
    """One of a list, the first ones more often, as the well-known books are asked for more often."""
    return items[int(len(items) * dice.random() ** 2)]
