"""Forms: what an office is asked to fill in, as data in include/forms/<code>@<version>.yaml."""
