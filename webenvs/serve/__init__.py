"""One server for the wire forms that clients of search tools and environments already speak."""
