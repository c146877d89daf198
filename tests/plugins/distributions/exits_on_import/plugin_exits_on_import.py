"""Ends the program on import."""

import sys

sys.exit()
