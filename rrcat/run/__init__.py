"""Partitions, processes, resume and progress: from a recipe to a candidate on disk."""
