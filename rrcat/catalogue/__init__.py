"""From a recipe and predictions to a candidate catalogue."""
