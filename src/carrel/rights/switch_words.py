"""What a system has no switch for, in the words of a person's language: the names of the maps that ship."""

from __future__ import annotations

from collections.abc import Mapping

_SPANISH: Mapping[str, str] = {
    "overdue notices": "avisos de retraso",
    "notices that wait to be sent": "avisos que esperan su envío",
    "statistics": "estadísticas",
    "reports": "informes",
    "the audit log": "el registro de auditoría",
    "the last borrower of an item": "quién tomó prestado un ejemplar por última vez",
    "search history and clicks": "historial de búsquedas y clics",
    "pseudonymised statistics": "estadísticas con seudónimo",
    "lists of patrons that the staff made": "listas de usuarios que hizo el personal",
    "cleanup jobs of the product": "tareas de limpieza del programa",
    "notices about loans and holds": "avisos de préstamos y reservas",
    "renewal without being asked": "renovación sin que se pida",
    "comparison with earlier loans": "comparación con préstamos anteriores",
    "charges shown to the guarantor": "cargos que ve la persona responsable",
    "loans shown to the guarantor": "préstamos que ve la persona responsable",
    "public lists": "listas públicas",
    "lists shared by others": "listas que otros comparten",
    "notices of holds": "avisos de reservas",
    "overdue letters": "cartas de retraso",
    "archived statistical categories": "categorías estadísticas archivadas",
    "sign-ins": "inicios de sesión",
    "collections agency": "agencia de cobro",
    "jobs of the product": "tareas del programa",
    "notices before and after a loan is due": "avisos antes y después de que venza un préstamo",
    "receipts by mail": "recibos por correo",
    "history of loans": "historial de préstamos",
    "history of holds": "historial de reservas",
    "record shown to other branches": "su ficha a la vista de otras sucursales",
    "others who may use the account": "otras personas que pueden usar su cuenta",
}
_LEAD = "no switch: "
_WORDS: Mapping[str, Mapping[str, str]] = {"es": _SPANISH}


def switch_of(task: str) -> str:
    """What a task of the library's is about where a product has no switch, without the words that lead the task."""
    return task.removeprefix(_LEAD)


def switch_in(task: str, language: str) -> str:
    """The same for the person.

    Args:
        task: as it is called.
        language: of the person, such as ``es-MX``.

    Returns:
        Words of that language; empty where nobody wrote them, as for a map of the library's own.
    """
    return _WORDS.get(language.split("-", maxsplit=1)[0], {}).get(switch_of(task), "")
