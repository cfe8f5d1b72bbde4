"""What our parts cost, each beside a bare baseline measured in the same run."""
