"""The Security Token Service: who am I, and temporary credentials (api-behaviour.md §10 to §12)."""
