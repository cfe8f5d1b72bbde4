"""A fuzz run: the corpus, broken in thousands of ways, through everything that reads what strangers send.

`make fuzz ARGS="--files 20000 --seed 1"`; every file is made anew from its seed and number.
"""
