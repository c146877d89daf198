"""Whether a catalogue is right: checks of its values, each a function of frames."""
