"""Where data comes from: what is new in a source, how it lands, and how a landing batch becomes a version."""
