"""The browser's shell: sign-in, navigation, palette, tables, forms, errors."""
