"""From nothing to a first policy: worlds, tokenizer, demonstrations, fine-tuning."""
