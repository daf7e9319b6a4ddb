"""What all explorers build on: base and widget, what is sent to the browser, and the scripts that run there."""
