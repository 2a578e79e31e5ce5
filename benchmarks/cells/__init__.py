"""Many cells in one database: what one event costs, however many there are."""
