"""``python -m rrcat``."""

import sys

from rrcat.cli.main import main

sys.exit(main())
