"""What the tests are made of: the real server, and clients that were not written for it."""
