"""The pictures of the documentation, of what the browser tests have written.

    python -m pytest --pictures tests/browser/test_looks.py
    python -m tests.browser.pictures

Cut to what one reads, and to 256 colours.
"""

from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
COLOURS = 256
# Name of the picture: of which view, and which part of it from the top, in pixels.
PICTURES = {
    "dashboard-diagnose": ("diagnosis-1280-light", 0, 1290),
    "dashboard-evidence": ("evidence-1280-light", 1270, 540),
    "dashboard-fleet": ("machine-1280-dark", 0, 1030),
    "dashboard-phone": ("diagnosis-390-dark", 0, 1030),
}


def draw(screenshots: Path, images: Path) -> None:
    """Cut and reduce each picture; written into `images` as PNG."""
    for name, (view, top, height) in PICTURES.items():
        with Image.open(screenshots / f"{view}.png") as shown:
            cut = shown.convert("RGB").crop((0, top, shown.width, min(top + height, shown.height)))
        cut.quantize(COLOURS, dither=Image.Dither.NONE).save(images / f"{name}.png", optimize=True)


if __name__ == "__main__":
    draw(ROOT / "build" / "screenshots", ROOT / "docs" / "images")
