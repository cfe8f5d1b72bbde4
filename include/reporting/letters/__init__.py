"""Letters of the ministry, in the official layout of Decree 30/2020/NĐ-CP."""
