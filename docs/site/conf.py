# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""Sphinx's settings for the site; `build` calls it."""
import os

project = "Rondo"
author = "The Rondo authors"
copyright = "2026 The Rondo authors"
release = version = os.environ["RONDO_VERSION"]

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 4  # as GitHub makes them: page.md#cancelled-and-joined
myst_enable_extensions = ["deflist"]
# The pages begin with #, but sections of the reference may leave out a level.
# Examples in comments are not always whole.
suppress_warnings = ["myst.header", "misc.highlighting_failure"]

html_theme = "furo"  # light and dark, with a search
html_title = f"Rondo {release}"
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
