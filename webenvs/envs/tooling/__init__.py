"""Tools as functions: what adapters to trainers of chat models stand on."""
