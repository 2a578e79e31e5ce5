"""The catalogue at 100,000 designs among thousands of labs."""
