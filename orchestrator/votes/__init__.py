"""What members decide together: proposals, ballots, delegation, tallies."""
