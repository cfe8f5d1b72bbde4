"""What offices send: a corpus of workbooks and mails, made by code that says what is odd about each.

`python -m tests.corpus` writes the files to tests/data/intake anew.
"""
