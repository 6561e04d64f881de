"""What can go wrong with a server that is asked who somebody is."""

from __future__ import annotations

from carrel.errors import Exit, define

AWAY = define("SGN-001", "the SIP2 server cannot be reached", Exit.FAILED)
NO_SIP2 = define("SGN-002", "the SIP2 server's answer is none that can be used", Exit.FAILED)
LOGIN = define("SGN-003", "the SIP2 server does not let Carrel in", Exit.FAILED)
NO_PROVIDER = define("SGN-004", "the OpenID provider cannot be reached", Exit.FAILED)
NO_OPENID = define("SGN-005", "the OpenID provider's answer is none that can be used", Exit.FAILED)
UNPROVEN = define("SGN-006", "what came back from the OpenID provider proves nobody", Exit.REFUSED)
NO_EXTRA = define("SGN-007", "this way to sign in needs an extra", Exit.FAILED)
CERTIFICATE = define("SGN-008", "a certificate of the SAML provider cannot be used", Exit.FAILED)
NO_PROOF = define("SGN-009", "what came back from the SAML provider proves nobody", Exit.REFUSED)
