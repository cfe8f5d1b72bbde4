"""The workbook an office fills in: built, read, and returned with what is to be completed. Bytes in, data
out.
"""
