"""Builds what a release consists of besides the wheel and the sdist."""
