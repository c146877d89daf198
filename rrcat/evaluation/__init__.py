"""How well estimators do: splits, cross-validation, metrics, comparisons, plots."""
