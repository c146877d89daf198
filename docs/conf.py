"""Configuration of the documentation."""

import sys
from pathlib import Path

from rrcat import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "rrcat"
author = "the rrcat developers"
copyright = author
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "reference"]
exclude_patterns = [  # what other pages include
    "_build",
    "generated/commands.md",
    "generated/flags.md",
    "generated/recipe.md",
    "generated/results.md",
    "generated/table-versions.md",
]
html_theme = "furo"
html_title = f"rrcat {release}"
html_show_sphinx = False
default_role = "code"
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]
napoleon_google_docstring = False
napoleon_use_rtype = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
nitpicky = True
nitpick_ignore = [  # types of attributes, whose pages are elsewhere or need none
    ("py:class", "pathlib.Path"),
    ("py:class", "polars.dataframe.frame.DataFrame"),
    ("py:class", "rrcat.release.about.About"),
    ("py:class", "rrcat.release.manifest.Manifest"),
]
