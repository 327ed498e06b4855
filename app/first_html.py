"""What a browser is given first: Streamlit's own HTML with our styles in it, what remembers how far one has scrolled,
and the scripts that Draw needs. Styles that came with the page's elements would move these when they arrive; scripts
that a browser first hears of then come half a second later."""

import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.pages import DRAW, FIRST, REST
from app.shared import canvas_module
from mnistcore.export import engine

SHARED = Path(__file__).parent / "shared"
STYLES, SCRIPT = (engine.FOLDER / "stage.css", SHARED / "style.css"), SHARED / "page.js"
STREAMLIT = Path(st.__file__).parent / "static" / "index.html"
ELEMENTS = ["BidiComponent", "Button", "ButtonGroup", "Checkbox", "Html", "PageLink", "Selectbox"]  # on the page Draw


def routes() -> list[Route]:
    """One for each page's address."""
    base = st.get_option("server.baseUrlPath").strip("/")
    addresses = {"" if page is DRAW else page.folder: page.title for page in (*FIRST, *REST)}
    return [
        Route("/" + "/".join(filter(None, (base, address))), partial(_answer, title))
        for address, title in addresses.items()
    ]


async def _answer(title: str, _: Request) -> HTMLResponse:
    style = "\n".join(file.read_text(encoding="utf-8") for file in STYLES)
    html, script = STREAMLIT.read_text(encoding="utf-8"), SCRIPT.read_text(encoding="utf-8")
    html = html.replace("<title>Streamlit</title>", f"<title>{title}</title>")
    # at the end, so that it counts for more than Streamlit's own styles, which its script puts into the head
    links = "".join(f'<link rel="modulepreload" crossorigin href="./{address}">' for address in scripts())
    html = html.replace("</body>", f'<style>\n{style}</style><script type="module">\n{script}</script>{links}</body>')
    return HTMLResponse(html, headers={"Cache-Control": "no-cache"})


@cache
def scripts() -> list[str]:
    """The addresses of the scripts that Draw needs and Streamlit's own HTML does not name."""
    folder, html = STREAMLIT.parent / "static" / "js", STREAMLIT.read_text(encoding="utf-8")

    def imported(script: str) -> Iterator[str]:
        if script in html or script in seen:
            return
        seen.add(script)
        yield f"static/js/{script}"
        for other in re.findall(r'(?:from|import)"\./([^"]+)"', (folder / script).read_text(encoding="utf-8")):
            yield from imported(other)

    seen: set[str] = set()
    firsts = [file.name for element in ELEMENTS for file in folder.glob(f"{element}.*.js")]
    return [*(address for first in firsts for address in imported(first)), canvas_module.ADDRESS]
