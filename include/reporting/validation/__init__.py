"""Checks of the workbooks that offices send: rules as data, findings in the sender's words and cells."""
