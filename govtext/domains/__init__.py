"""Policy domains and status of sentences: classifiers, the table of domains, crosswalks to other schemes."""

from govtext.domains.policy import DomainClassifier, StatusClassifier

__all__ = ["DomainClassifier", "StatusClassifier"]
