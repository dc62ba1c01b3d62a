#pragma once

/// crypt_rn(3) with its own scratch space on the heap; returns 0 and fills `out` (at least 384 bytes), or -1.
int ccrypt_hash(const char *phrase, const char *setting, char *out, int out_size);

/// crypt_gensalt_rn(3): fills `out` (at least 192 bytes) from `random`; returns 0 or -1.
int ccrypt_gensalt(const char *prefix, unsigned long count, const char *random, int random_size, char *out,
                   int out_size);
