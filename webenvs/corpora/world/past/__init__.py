"""What happened in a generated world, one module a walk of life, all on one chronicle."""
