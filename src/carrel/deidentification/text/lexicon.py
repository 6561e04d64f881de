"""The words that rules go by, English and Spanish: what is ordinary, what comes before a name, what speaks of a book.

Source: written for this; no list of others.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from carrel.deidentification.text.common_words import COMMON
from carrel.deidentification.text.kernels import bits
from carrel.deidentification.text.kernels.word_table import FULL, SEED, STEP
from carrel.deidentification.text.letters import LETTER, SECOND, folding

_FUNCTION: Final = """
a an the and or but if of in on at to for from by with about as is am are was were be been being do does did have has
had i me my you your he him his she her it its we us our they them their this that these those not no yes so than then
there here when where who whom what which why how can could will would shall should may might must just also too very
again please any some all each every both either el la los las un una unos unas y o u e pero si de del al en con por
para sin sobre desde hasta es son era fue soy ser estar está están estoy ha han he hay mi mis tu tus su sus me te se
le les lo nos que qué quién cómo cuándo dónde cuál este esta estos estas ese esa eso no sí ya muy más también tan como
porque cuando donde
"""
_GROUPS: Final = (
    (
        bits.HONORIFIC,
        """
mr mrs ms miss mx dr prof professor sr sra srta señor señora señorita don doña doctor doctora profesor profesora sir
madam rev fr
""",
    ),
    (
        bits.GREETING,
        """
hi hello hey dear hola estimado estimada estimados querido querida greetings
""",
    ),
    (
        bits.CLOSING,
        """
thanks thank thx regards sincerely cheers best yours gracias saludos atentamente cordialmente respectfully
""",
    ),
    (
        bits.PERSON,
        """
patron patrons borrower borrowers student caller customer member user guest visitor reader daughter son wife husband
mother father mom dad brother sister friend neighbor neighbour boy girl man woman gentleman lady teacher kid child
grandson granddaughter aunt uncle roommate owner name names named signed requester username cardholder person patient
parent guardian usuario usuaria usuarios lector lectora socio socia hijo hija esposo esposa marido madre padre mamá
papá hermano hermana amigo amiga alumno alumna estudiante profesor profesora maestra maestro señor señora nombre
apellido llamado llamada firmado titular paciente
""",
    ),
    (
        bits.DEED,
        """
called calls phoned asked asks asking emailed wrote says said wants wanted needs needed came comes dropped left
stopped visited complained requested reported reports returned returns lost forgot lives lived moved requests owes
paid pays phones thinks mentioned signed brought found picked borrowed placed registered renewed told checked picks
llamó preguntó pide pidió quiere vive dejó perdió dice dijo solicitó vino necesita escribió devolvió nació olvidó
pregunta llama solicita
""",
    ),
    (
        bits.WORK,
        """
book books novel novels author authors title titles wrote written writes write writer read reading reads edition
editions copy copies volume volumes poem poems poet poetry essay essays story stories chapter chapters published
publisher biography memoir play plays anthology collected works work work's movie film audiobook ebook dvd paperback
hardcover renew renewed renewal overdue checkout hold holds loan biographies syllabus quotation quote quoted criticism
critics critic class course club series sequel trilogy translation translated literature solitude cite catalog
catalogue shelf libro libros novela novelas autor autora autores título títulos obra obras leer leyendo leí edición
ejemplar ejemplares poema poemas poesía cuento cuentos ensayo ensayos escrito escrita escribió publicado publicados
renovar reservar préstamo busco tienen artículo clase
""",
    ),
    (
        bits.PARTICLE,
        """
van von der den de la del los las da das di dos du le ter ten zu zur bin ibn ben al el o d mac mc st san santa y e
saint
""",
    ),
    (
        bits.STREET,
        """
street st avenue ave road rd lane ln drive dr boulevard blvd way court ct place pl terrace ter parkway pkwy circle cir
square sq highway hwy trail trl close crescent row alley walk parade loop turnpike
""",
    ),
    (
        bits.STREET_ES,
        """
calle avenida av avda c carrera paseo plaza camino calzada jirón colonia cl
""",
    ),
    (
        bits.PHONE,
        """
phone phones tel telephone cell mobile call text fax reach number voicemail ring whatsapp sms dial teléfono móvil
celular llámeme llámame llamar llamada llame número fijo
""",
    ),
    (
        bits.CARD,
        """
card barcode cardnumber account library-card carné carnet tarjeta cuenta credencial patron
""",
    ),
    (
        bits.BIRTH,
        """
born birth birthday dob birthdate bday nació nací nacido nacida nacimiento cumpleaños
""",
    ),
    (
        bits.NUMBERED,
        """
isbn issn oclc doi lccn page pages pp vol volume volumes issue item record bib issues years chapter version part
section ticket order invoice página páginas tomo bibid bibnumber pmid
""",
    ),
    (
        bits.MONTH,
        """
january february march april may june july august september october november december jan feb mar apr jun jul aug sep
sept oct nov dec enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
""",
    ),
    (
        bits.USER,
        """
username login userid netid usuario user logon screenname uid
""",
    ),
    (
        bits.SECRET,
        """
pin password passwd pwd passcode contraseña clave token session sessionid sid auth apikey key ticket secret pat patron
account user username card barcode email borrowernumber uid login users accounts profile people u
""",
    ),
    (
        bits.PLACE,
        """
in at near around through across inside outside behind beside en cerca
""",
    ),
    (
        bits.INSTITUTION,
        """
library libraries park school university college hall museum county center centre institute foundation church hospital
street avenue road building room branch press river lake bridge city town academy state desk floor window bank society
club department garden gardens biblioteca parque escuela universidad colegio museo instituto sala centro ciudad
""",
    ),
    (
        bits.TOPLEVEL,
        """
com org net edu gov us es mx uk ca io info co fr de it ar cl mil biz eu au nz
""",
    ),
    (
        bits.CONTACT,
        """
contact ask tell called named by from for with spoke interviewed met emailed contacted calling call email message
notify phone texted told visited request per owner behalf signed
""",
    ),
    (
        bits.UNIT,
        """
apt apartment unit suite ste floor fl piso depto puerta apartamento
""",
    ),
    (
        bits.SOCIAL,
        """
ssn social
""",
    ),
    (
        bits.DWELLING,
        """
address lives live moved mail home delivery residence reside resides dirección domicilio vive vivo casa
""",
    ),
    (
        bits.STUDENT,
        """
student id univ university matrícula expediente
""",
    ),
)
# People write these in a hurry, and a date hangs on them.
_MISSPELT: Final = "birth birthday birthdate nacimiento nacido nacida nacio"
_GIVEN: Final = """
james mary michael patricia robert jennifer john linda david elizabeth william barbara richard susan joseph jessica
thomas karen christopher sarah charles lisa daniel nancy matthew sandra anthony ashley steven kimberly donald betty
andrew margaret joshua donna paul michelle kenneth carol kevin amanda brian melissa timothy deborah ronald stephanie
jason rebecca george sharon edward laura jeffrey cynthia ryan dorothy jacob amy nicholas kathleen gary angela eric
shirley jonathan emma stephen brenda larry pamela justin nicole scott anna brandon samantha benjamin katherine samuel
christine gregory debra alexander rachel patrick carolyn raymond janet olivia dennis heather jerry helen tyler
catherine aaron diane jose julie adam victoria nathan joyce henry lauren zachary kelly douglas christina peter ruth
kyle joan noah virginia ethan judith jeremy evelyn hannah walter andrea keith megan roger jacqueline terry madison
sean teresa gerald abigail carl sophia dylan martha harold sara jordan gloria jesse janice bryan kathryn lawrence ann
arthur isabella gabriel judy bruce charlotte logan julia billy alice alan amber juan jean elijah denise frances albert
danielle wayne marilyn randy natalie vincent diana liam brittany roy theresa bobby kayla caleb alexis bradley doris
russell lori lucas tiffany leo max ella ava mia lily zoe maria luis carlos miguel pedro jorge francisco antonio manuel
alejandro fernando rafael ramon javier sergio eduardo ricardo roberto raul diego andres pablo enrique alberto oscar
ruben hector arturo guillermo jaime victor hugo ignacio cesar rodrigo lucia sofia isabel carmen rosa ana elena teresa
guadalupe veronica patricia leticia silvia gabriela alejandra claudia adriana beatriz rocio pilar mercedes dolores
ines consuelo esperanza ximena ahmed mohammed fatima ali omar yusuf leila priya arjun wei ming mei hiroshi yuki dmitri
olga ivan svetlana nikolai natasha sven ingrid lars bjorn
"""


def word_number(word: str) -> int:
    """The number of a word without case and diacritic, as the tokens of a text have it."""
    fold, number = folding(), SEED
    for sign in word:
        what = fold[ord(sign)] if ord(sign) < len(fold) else ord(sign)
        if what > 0:
            number = (number * STEP + (what & LETTER)) & FULL
            if second := (what >> SECOND) & 0x7F:
                number = (number * STEP + second) & FULL
    return number


def _edits(word: str) -> Iterator[str]:
    """A word with one edit."""
    signs = "abcdefghijklmnopqrstuvwxyz"
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
        for sign in signs:
            yield word[:at] + sign + word[at + 1 :]
            yield word[:at] + sign + word[at:]


def _entries() -> Iterator[tuple[str, int]]:
    for word in COMMON.split():
        yield word, bits.COMMON
        if word[-1] not in "sy" and len(word) > 2:  # noqa: PLR2004  (a plural wants a stem)
            yield word + "s", bits.COMMON
    for word in _FUNCTION.split():
        yield word, bits.COMMON | bits.FUNCTION
    for group, words in _GROUPS:
        plain = 0 if group in {bits.PARTICLE, bits.HONORIFIC} else bits.COMMON
        for word in words.split():
            yield word, group | plain
    for word in _GIVEN.split():
        yield word, bits.L_GIVEN
    for word in _MISSPELT.split():
        for wrong in _edits(word):
            yield wrong, bits.BIRTH


@cache
def lexicon() -> dict[int, int]:
    """What is known of words before any roster and catalogue: number of the word → bits."""
    known: dict[int, int] = {}
    for word, bit in _entries():
        number = word_number(word)
        known[number] = known.get(number, 0) | bit
    return known
