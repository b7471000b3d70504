"""The shell: today, palette, settings, errors and the base templates."""
