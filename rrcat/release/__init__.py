"""From candidate to immutable release: writers, manifest, history, verification, differences."""
