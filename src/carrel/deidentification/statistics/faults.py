"""What can go wrong with figures that are to leave the house."""

from __future__ import annotations

from carrel.errors import Exit, define

NO_SOLVER = define("STC-001", "a library that the figures need is not installed", Exit.FAILED)
DIMENSION = define("STC-002", "a dimension of the cube does not fit the records", Exit.REFUSED)
TOO_LARGE = define("STC-003", "the cube has too many cells", Exit.REFUSED)
MEASURE = define("STC-004", "a measure of the cube cannot be summed up", Exit.REFUSED)
UNPROTECTED = define("STC-005", "no choice of hidden cells protects the small ones", Exit.REFUSED)
RELEASE = define("STC-006", "this is no release of statistics that can be read", Exit.USAGE)
CONTRADICTION = define("STC-007", "the figures of a release contradict each other", Exit.FINDINGS)
DIFFERENCE = define("STC-008", "the difference from an earlier release tells a small figure", Exit.REFUSED)
REGISTER = define("STC-009", "the register of releases cannot be used", Exit.REFUSED)
EXISTS = define("STC-010", "a file is there already", Exit.USAGE)
UNDECIDED = define("STC-011", "the solver could not tell how closely a figure is known", Exit.FAILED)
EMPTY = define("STC-012", "there is nothing to count", Exit.REFUSED)
NO_RETURN = define("STC-014", "this is no return that Carrel knows", Exit.USAGE)
NOISE = define("STC-015", "noise was asked for in a way that promises nothing", Exit.USAGE)
SPENT = define("STC-016", "the budget of privacy does not cover this", Exit.REFUSED)
SHORTER = define("STC-018", "the account of the budget is not the one that the site knows", Exit.REFUSED)
ACCOUNT = define("STC-017", "the account of the budget cannot be used", Exit.REFUSED)
ROUNDING = define("STC-013", "rounding does not protect these figures", Exit.REFUSED)
