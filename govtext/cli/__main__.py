"""``python -m govtext.cli``."""

from govtext.cli import main

main()
