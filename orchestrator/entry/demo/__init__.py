"""A region that makes and delivers, to look at and to test with."""
