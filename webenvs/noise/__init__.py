"""How the web misbehaves: declared, seeded and recorded, never silent."""
