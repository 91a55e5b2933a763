"""The committee's votes, decisions with a quorum, the letter, the grant and its instalments."""
