"""What the pages are made of. There is no mathematics here: every number comes from mnistcore."""
