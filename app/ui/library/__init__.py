"""The list of meetings with search, and the queue of imports."""
