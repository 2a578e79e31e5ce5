"""One module a screen: its address, what it reads, what its acts do."""
