#pragma once
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/md5.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

// The streaming SHA-256 calls are marked deprecated in OpenSSL 3, but EVP fetches its algorithm and allocates
// on every use, which costs several times the hash itself on messages as short as ours.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static inline int copenssl_sha256_init(SHA256_CTX *state) { return SHA256_Init(state); }
static inline int copenssl_sha256_update(SHA256_CTX *state, const void *bytes, size_t count) {
    return SHA256_Update(state, bytes, count);
}
static inline int copenssl_sha256_final(unsigned char *digest, SHA256_CTX *state) {
    return SHA256_Final(digest, state);
}
static inline void copenssl_md5(const void *bytes, size_t count, unsigned char *digest) {
    MD5((const unsigned char *)bytes, count, digest);
}
#pragma GCC diagnostic pop
