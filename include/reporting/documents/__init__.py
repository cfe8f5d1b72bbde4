"""The life of the documents a ministry issues: draft, decision of the unit, registration, publication."""
