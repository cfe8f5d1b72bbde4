"""Intake: what comes in, archived before it is read, matched to its cycle, checked and answered."""
