"""Result documents: signed data, the Chinese text rendered from it, and the file that carries both."""
