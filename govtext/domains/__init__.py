"""Policy domains and status of sentences: classifiers, the table of domains, crosswalks to other schemes."""

from govtext.domains.policy import DomainClassifier, StatusClassifier
from govtext.domains.taxonomy import crosswalk, describe, schemes

__all__ = ["DomainClassifier", "StatusClassifier", "crosswalk", "describe", "schemes"]
