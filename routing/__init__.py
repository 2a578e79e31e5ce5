"""Pure planners: plain numbers in, a plan out."""
