"""The set algebra of questions: queries over knowledge, their join, their rules, their words."""
