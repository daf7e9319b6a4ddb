"""Networks and explorers put together: what the lessons open in one line."""
