"""One file a step; steps that shipped are never edited."""
