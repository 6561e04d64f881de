"""The page for a browser that came by another address than the library's own: where the pages are.

Nothing of the request stands in it, its host neither: whoever leads somebody here by a name of their own gets the
library's address, and no page of theirs.
"""

from __future__ import annotations

from html import escape

STATUS = 421  # RFC 9110, section 15.5.20
_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Another address</title></head>
<body>
<main>
<h1>These pages have another address</h1>
<p>They are at <a href="{address}">{address}</a>, and answer nowhere else.</p>
<p lang="es">Estas páginas tienen otra dirección: <a href="{address}">{address}</a></p>
<p><small>For whoever runs them: browsers have to come by <code>portal: address:</code> of the site file, and a
proxy has to hand on the <code>Host</code> that they ask for.</small></p>
</main>
</body>
</html>
"""


def page(address: str) -> str:
    """The page.

    Args:
        address: of the pages, with its scheme, as the site file has it.
    """
    return _PAGE.format(address=escape(address.rstrip("/"), quote=True))
