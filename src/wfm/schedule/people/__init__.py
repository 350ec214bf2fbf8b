"""Who works: people and their contracts."""
