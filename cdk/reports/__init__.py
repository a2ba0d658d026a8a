"""What differs between the stages and what they cost, from a synth that is thrown away."""
