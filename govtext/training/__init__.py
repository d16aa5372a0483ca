"""Training on annotated reports; a guest that imports inference, never the reverse."""
