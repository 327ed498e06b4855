"""What a browser is given first: Streamlit's own HTML with our styles in it, and what remembers how far a page was
scrolled. Styles that came with the page's elements would move these when they arrive."""

from functools import partial
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.pages import DRAW, FIRST, REST
from mnistcore.export import engine

SHARED = Path(__file__).parent / "shared"
STYLES, SCRIPT = (engine.FOLDER / "stage.css", SHARED / "style.css"), SHARED / "page.js"
STREAMLIT = Path(st.__file__).parent / "static" / "index.html"


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
    html = html.replace("</body>", f'<style>\n{style}</style><script type="module">\n{script}</script></body>')
    return HTMLResponse(html, headers={"Cache-Control": "no-cache"})
