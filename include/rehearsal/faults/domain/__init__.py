"""Fault experiments inside the domain package: a process is killed, or meets an error, at each of many points
of its steps; a fresh process runs the step again, and everything must come to the same.
"""
