"""Invented names, streets and titles. Lists are short on purpose: the combinations are many.

Some names are common words and some titles hold a name, because that is what makes free text hard to clear.
"""

from __future__ import annotations

FAMILIES = (
    "Abernathy", "Alvarez", "Amundsen", "Baptiste", "Bell", "Birch", "Brandt", "Castellanos", "Chandra", "Cole",
    "Cook", "Crane", "Day", "Delacroix", "Dreyer", "Eaton", "Egan", "Falk", "Ferreira", "Field", "Finch", "Fox",
    "Garrity", "Goldblum", "Green", "Haddad", "Hale", "Hill", "Ivers", "Jansen", "Kaplan", "Keane", "King", "Kowalczyk",
    "Lake", "Larkin", "Lindqvist", "Long", "Madigan", "Marsh", "Moreau", "Nakamura", "Nolan", "O'Dowd", "Okafor",
    "Ortega", "Page", "Park", "Petrov", "Price", "Quist", "Rao", "Reader", "Rossi", "Sandoval", "Schreiber", "Short",
    "Silva", "Stone", "Tanaka", "Tolliver", "Underhill", "Van den Berg", "Varga", "Wells", "White", "Winter", "Wise",
    "Yamada", "Young", "Zeller", "D'Angelo", "Müller", "Ångström", "Núñez", "Łukasik",
)  # fmt: skip
GIVEN = (
    "Ada", "Amos", "Anika", "April", "Basil", "Beatriz", "Bill", "Carmen", "Chase", "Clara", "Dawn", "Dev", "Dolores",
    "Edith", "Elias", "Faith", "Felix", "Frank", "Grace", "Grant", "Hattie", "Henrik", "Hope", "Ines", "Iris", "Ivan",
    "Jack", "Jasper", "Joy", "June", "Kaito", "Karin", "Leila", "Lionel", "Mara", "Mark", "May", "Miles", "Nadia",
    "Nils", "Olga", "Oscar", "Pablo", "Patience", "Penny", "Priya", "Quentin", "Ray", "Rosa", "Rose", "Rufus", "Sam",
    "Sofía", "Sven", "Tess", "Theo", "Uma", "Viola", "Ward", "Will", "Wren", "Ximena", "Yusuf", "Zoë",
)  # fmt: skip
OTHER_SCRIPTS = (
    ("Παπαδοπούλου", "Ελένη"), ("Γεωργίου", "Νίκος"), ("الخطيب", "ليلى"), ("حداد", "يوسف"), ("王", "小明"),
    ("欧阳", "丽华"), ("शर्मा", "प्रिया"), ("वर्मा", "अर्जुन"), ("Соколова", "Марина"), ("Козлов", "Дмитрий"),
    ("כהן", "נועה"), ("佐藤", "花子"),
)  # fmt: skip
STREETS = (
    "Alder Way", "Brewer Street", "Canal Road", "Dovecote Lane", "Ebony Court", "Foundry Street", "Garden Terrace",
    "Harbour Walk", "Ivy Close", "Juniper Road", "Kiln Street", "Lantern Hill", "Mill Lane", "North Parade",
)  # fmt: skip
TOWNS = (("Eastmere", "02139"), ("Fallowfield", "02140"), ("Greywater", "02141"), ("Highbridge", "02142"))
TITLE_HEADS = (
    "The Silent", "A Short History of", "Gardening with", "The Last", "Letters to", "Understanding", "Beyond the",
    "Cooking for", "The Secret Life of", "Notes on", "Living with", "The Winter", "How to Read", "A Field Guide to",
    "The Trial of", "Waiting for", "Rose and", "The Young", "Mark Twain and", "In Search of",
)  # fmt: skip
TITLE_TAILS = (
    "Orchard", "Salt", "Rivers", "Grief", "Glass", "Divorce Law", "Bees", "Depression", "Small Engines", "Stars",
    "Debt", "the Sea", "Ferns", "HIV", "Bread", "Islam", "Winter Birds", "the Moon", "Grace", "Union Organising",
    "Chess", "Pregnancy", "Old Maps", "Addiction", "Clay", "Mars", "Silence", "Asylum", "Knots", "Owls",
)  # fmt: skip
BRANCHES = (
    ("CPL", "Centre", 40), ("MPL", "Mill Lane", 22), ("FRL", "Foundry", 14), ("LPL", "Lantern Hill", 10),
    ("SPL", "South", 7), ("IPT", "Institute", 4), ("TPL", "Toll Gate", 2), ("UPL", "Upper Ferry", 1),
)  # fmt: skip
# Patron categories as Koha ships them: code, name, category type, weight.
CATEGORIES = (
    ("PT", "Patron", "A", 600), ("J", "Juvenile", "C", 120), ("K", "Kid", "C", 80), ("YA", "Young adult", "C", 60),
    ("ST", "Student", "A", 30), ("T", "Teacher", "P", 20), ("HB", "Home bound", "A", 10), ("B", "Board", "P", 5),
    ("IL", "Interlibrary loan", "I", 3), ("SC", "School", "I", 5), ("L", "Library", "I", 2), ("S", "Staff", "S", 0),
)  # fmt: skip
# Item types as Koha ships them: code, name, days lent, weight, rent.
ITEM_TYPES = (
    ("BK", "Books", 21, 60, 0), ("VM", "Visual materials", 7, 18, 1), ("MU", "Music", 14, 8, 0),
    ("CR", "Continuing resources", 7, 9, 0), ("CF", "Computer files", 14, 2, 0), ("MX", "Mixed materials", 21, 3, 0),
)  # fmt: skip
COLLECTIONS = ("FIC", "NFIC", "REF", "YAF", "JUV")
LOCATIONS = ("GEN", "CART", "PROC", "CHILD")


def title(number: int) -> str:
    """The title of a record; different numbers mostly give different titles."""
    heads, tails = len(TITLE_HEADS), len(TITLE_TAILS)
    base = f"{TITLE_HEADS[number % heads]} {TITLE_TAILS[number // heads % tails]}"
    volume = number // (heads * tails)
    return f"{base}, volume {volume + 1}" if volume else base


def author(number: int) -> str:
    """The author of a record, in the same names as the patrons, so that a text cannot be cleared by names alone."""
    return f"{FAMILIES[number * 7 % len(FAMILIES)]}, {GIVEN[number * 11 % len(GIVEN)]}"
