#define _GNU_SOURCE
#include "CCrypt.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

int ccrypt_hash(const char *phrase, const char *setting, char *out, int out_size) {
    struct crypt_data *data = calloc(1, sizeof *data);
    if (data == NULL) return -1;
    const char *hash = crypt_rn(phrase, setting, data, sizeof *data);
    int result = -1;
    if (hash != NULL && strlen(hash) < (size_t)out_size) {
        strcpy(out, hash);
        result = 0;
    }
    explicit_bzero(data, sizeof *data);
    free(data);
    return result;
}

int ccrypt_gensalt(const char *prefix, unsigned long count, const char *random, int random_size, char *out,
                   int out_size) {
    return crypt_gensalt_rn(prefix, count, random, random_size, out, out_size) == NULL ? -1 : 0;
}
