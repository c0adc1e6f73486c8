"""`manage.py vendor` copies the front-end files that pages use from node_modules/ to static/vendor/."""

import re
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

# What it is called in static/vendor/, and where it is in node_modules/. Never a whole dist/ folder: files
# that name others which are not there stop `collectstatic`.
FILES = {
    "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler/tabler.min.css.map": "@tabler/core/dist/css/tabler.min.css.map",
    "tabler/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "tabler/tabler.min.js.map": "@tabler/core/dist/js/tabler.min.js.map",
    "tabler/LICENSE": "@tabler/icons/LICENSE",
    "chart/chart.umd.min.js": "chart.js/dist/chart.umd.min.js",
    "chart/chart.umd.min.js.map": "chart.js/dist/chart.umd.min.js.map",
    "chart/LICENSE.md": "chart.js/LICENSE.md",
    "cytoscape/cytoscape.min.js": "cytoscape/dist/cytoscape.min.js",
    "cytoscape/LICENSE": "cytoscape/LICENSE",
    "sortable/Sortable.min.js": "sortablejs/Sortable.min.js",
    "sortable/LICENSE": "sortablejs/LICENSE",
}

# `<svg class="icon"><use href="{% static 'vendor/icons.svg' %}#phone"/></svg>`; names as on tabler.io/icons.
ICONS = """
    adjustments alert-triangle archive arrow-back-up arrow-down arrow-left arrow-right arrow-up
    arrows-exchange arrows-sort ban bell bolt briefcase building building-store calendar calendar-event
    chart-bar chart-line chart-pie check checkbox checklist chevron-down chevron-left chevron-right chevron-up
    circle circle-check circle-x clipboard-check clock coin columns-3 copy currency-euro database dots
    dots-vertical download edit external-link eye eye-off file file-import file-invoice file-text filter flag
    git-branch git-merge grip-vertical help history home hourglass id-badge-2 inbox info-circle
    layout-kanban link list list-details lock lock-open login logout mail map-2 menu-2 message moon note
    package paperclip phone pin player-play player-pause plus printer receipt refresh restore rocket route
    scale search send settings share shield shield-check shopping-cart sitemap sort-ascending sort-descending
    speakerphone star sun table tag target template ticket timeline trash trophy unlink upload urgent user
    user-check user-plus user-search users users-group world x
"""
SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>'
)


class Command(BaseCommand):
    """Make static/vendor/ anew from the lists above."""

    help = "Copy the front-end files that pages use from node_modules/ to static/vendor/."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Fail, naming the file, where a package no longer has what the list names."""
        modules, vendor = settings.BASE_DIR / "node_modules", settings.BASE_DIR / "static" / "vendor"
        shutil.rmtree(vendor, ignore_errors=True)
        try:
            for name, source in FILES.items():
                (vendor / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(modules / source, vendor / name)
            (vendor / "icons.svg").write_text(sprite(modules / "@tabler" / "icons" / "icons" / "outline"))
        except FileNotFoundError as error:
            raise CommandError(f"{error.filename} is missing: run `make setup`") from error
        self.stdout.write(f"static/vendor/: {len(FILES)} files and {len(ICONS.split())} icons")


def sprite(folder: Path) -> str:
    """One SVG file with a symbol per icon of ICONS."""
    symbols = (SYMBOL.format(name=name, shapes=shapes(folder / f"{name}.svg")) for name in ICONS.split())
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def shapes(path: Path) -> str:
    """What an icon draws: its file without the outer tag and the invisible square."""
    inner = path.read_text().split(">", 1)[1].rsplit("</svg>", 1)[0]
    return re.sub(r"\s*\n\s*", "", inner).replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")
