"""The summary report of a cycle, its appendix and the ministry's internal reconciliation sheet."""
