"""Learning: segments, batches, losses, schedules; trained networks become files that run elsewhere."""
