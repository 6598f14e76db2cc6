"""From the command line, the environment and the settings file to one frozen object."""
