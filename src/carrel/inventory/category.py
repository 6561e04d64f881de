"""The categories of personal data: a closed list that labels every field of every dataset (MITL-1.1).

It covers the examples that the definition of personally identifiable information in the MIT Libraries' policy gives
(its Appendix A), the additions of the Manhattan policy (video recordings, library card numbers), and the kinds of data
that only a library has. A field that fits none is `OTHER_LINKABLE`: whatever could be linked back to a person counts.
"""

from __future__ import annotations

import enum


class Category(enum.StrEnum):
    """What a field says about a person; the value is the word that a policy uses for it."""

    NAME = "name"
    PREFIX_OR_TITLE = "prefix or title"
    INSTITUTIONAL_ID = "institutional id"
    LIBRARY_CARD_NUMBER = "library card number"
    EMAIL_ADDRESS = "email address"
    POSTAL_ADDRESS = "postal address"
    TELEPHONE_NUMBER = "telephone number"
    BIRTH_DATE = "birth date"
    SOCIAL_SECURITY_NUMBER = "social security number"
    DRIVERS_LICENSE_NUMBER = "driver's license number"
    PASSPORT_NUMBER = "passport number"
    CARD_OR_ACCOUNT_NUMBER = "payment card or bank account number"
    CREDENTIAL = "credential"
    RACE = "race"
    GENDER = "gender"
    SEXUAL_ORIENTATION = "sexual orientation"
    ACCESSIBILITY_STATUS = "accessibility status"
    CITIZENSHIP_STATUS = "citizenship status"
    FAMILY_MEMBER = "family member or relative"
    EMERGENCY_CONTACT = "emergency contact"
    INCOME = "income"
    FINANCIAL_INFORMATION = "financial information"
    COURSEWORK = "coursework"
    UNPUBLISHED_RESEARCH = "unpublished research"
    CIRCULATION_RECORD = "circulation record"
    SEARCH_TERMS = "search terms"
    REFERENCE_QUESTION = "reference question"
    READING_HISTORY = "reading history"
    TRANSACTION_LOG = "transaction log"
    TRANSACTION_CONTENT = "content of a transaction"
    LOG_ENTRY = "log entry of one user"
    IP_ADDRESS = "ip address"
    SOFTWARE_DESCRIPTION = "software description"
    SESSION_IDENTIFIER = "session identifier"
    LOCATION = "location"
    EVENT_TIME = "event time"
    IMAGE_OR_VIDEO = "image or video recording"
    PREFERENCE = "preference or choice"
    STAFF_NOTE = "staff note"
    COUNT = "count"
    OTHER_LINKABLE = "other linkable information"

    @property
    def description(self) -> str:
        """What the category holds, in words for the notice."""
        return _DESCRIPTIONS[self]

    @property
    def points_at_a_person(self) -> bool:
        """Whether a value alone leads to one person, so that a de-identified record may not keep it."""
        return self in _POINTS_AT_A_PERSON


_POINTS_AT_A_PERSON = frozenset(
    {
        Category.NAME,
        Category.INSTITUTIONAL_ID,
        Category.LIBRARY_CARD_NUMBER,
        Category.EMAIL_ADDRESS,
        Category.POSTAL_ADDRESS,
        Category.TELEPHONE_NUMBER,
        Category.SOCIAL_SECURITY_NUMBER,
        Category.DRIVERS_LICENSE_NUMBER,
        Category.PASSPORT_NUMBER,
        Category.CARD_OR_ACCOUNT_NUMBER,
        Category.CREDENTIAL,
        Category.FAMILY_MEMBER,
        Category.EMERGENCY_CONTACT,
        Category.IP_ADDRESS,
        Category.SESSION_IDENTIFIER,
        Category.IMAGE_OR_VIDEO,
        Category.STAFF_NOTE,
    }
)

_DESCRIPTIONS = {
    Category.NAME: "a person's name, in whole or in part",
    Category.PREFIX_OR_TITLE: "a form of address, such as Dr or Ms",
    Category.INSTITUTIONAL_ID: "a student, employee or member number, or an internal number of one person",
    Category.LIBRARY_CARD_NUMBER: "the number or barcode on a library card",
    Category.EMAIL_ADDRESS: "an address for email",
    Category.POSTAL_ADDRESS: "a local or permanent address",
    Category.TELEPHONE_NUMBER: "a number for calls or text messages",
    Category.BIRTH_DATE: "a date of birth or an age",
    Category.SOCIAL_SECURITY_NUMBER: "a national insurance or social security number",
    Category.DRIVERS_LICENSE_NUMBER: "the number of a driving licence",
    Category.PASSPORT_NUMBER: "the number of a passport",
    Category.CARD_OR_ACCOUNT_NUMBER: "the number of a credit or debit card, or of a bank account",
    Category.CREDENTIAL: "a password, PIN or other secret that signs a person in",
    Category.RACE: "race or ethnic origin",
    Category.GENDER: "gender or sex",
    Category.SEXUAL_ORIENTATION: "sexual orientation",
    Category.ACCESSIBILITY_STATUS: "a disability or a need for accessible service",
    Category.CITIZENSHIP_STATUS: "citizenship or immigration status",
    Category.FAMILY_MEMBER: "the name of a relative or guarantor, or the link to one",
    Category.EMERGENCY_CONTACT: "whom to call in an emergency",
    Category.INCOME: "what a person earns",
    Category.FINANCIAL_INFORMATION: "fines, fees, payments, tuition or aid",
    Category.COURSEWORK: "work that a student prepared for a class",
    Category.UNPUBLISHED_RESEARCH: "research that is not published yet",
    Category.CIRCULATION_RECORD: "what a person borrowed, reserved or used, and the item's side of it",
    Category.SEARCH_TERMS: "what a person searched for",
    Category.REFERENCE_QUESTION: "what a person asked the library, and the answer",
    Category.READING_HISTORY: "a list of what a person has read",
    Category.TRANSACTION_LOG: "that a person did something in a system",
    Category.TRANSACTION_CONTENT: "what was said or sent, such as an email's text",
    Category.LOG_ENTRY: "log lines that one user caused",
    Category.IP_ADDRESS: "the network address of a person's device",
    Category.SOFTWARE_DESCRIPTION: "what a browser or device says about itself",
    Category.SESSION_IDENTIFIER: "a token that marks one visit or one signed-in session",
    Category.LOCATION: "where a person was",
    Category.EVENT_TIME: "when a person did something",
    Category.IMAGE_OR_VIDEO: "a photograph or camera footage",
    Category.PREFERENCE: "a setting, an opt-in or another choice of the person",
    Category.STAFF_NOTE: "free text that staff wrote about a person or a transaction",
    Category.COUNT: "a total over many people, never one person's own figure",
    Category.OTHER_LINKABLE: "anything else that could be linked back to a person",
}
