"""One file of routes for each resource. A route reads, asks a room below, and tells; it decides nothing."""
