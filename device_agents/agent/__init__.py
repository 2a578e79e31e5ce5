"""One lab's device agent."""
