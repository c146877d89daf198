"""What the tests of all plugins share."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # how long an example takes is no claim
settings.load_profile("untimed")
