#pragma once
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/md5.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

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

// Macros of OpenSSL that are calls, for a language that sees no macros.
static inline int copenssl_ctx_set_min_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version) == 1;
}
static inline void copenssl_ctx_set_mode(SSL_CTX *context, long mode) { SSL_CTX_set_mode(context, mode); }
static inline void copenssl_ctx_set_cache_mode(SSL_CTX *context, long mode) {
    SSL_CTX_set_session_cache_mode(context, mode);
}
static inline void copenssl_ctx_set_read_ahead(SSL_CTX *context) { SSL_CTX_set_read_ahead(context, 1); }
static inline int copenssl_ctx_set_groups(SSL_CTX *context, const char *groups) {
    return SSL_CTX_set1_groups_list(context, groups) == 1;
}
/// Takes the certificate over if it succeeds.
static inline int copenssl_ctx_add_chain(SSL_CTX *context, X509 *certificate) {
    return SSL_CTX_add0_chain_cert(context, certificate) == 1;
}
static inline void copenssl_ctx_on_server_name(
    SSL_CTX *context, int (*callback)(SSL *, int *, void *), void *argument) {
    SSL_CTX_set_tlsext_servername_callback(context, callback);
    SSL_CTX_set_tlsext_servername_arg(context, argument);
}
static inline int copenssl_set_host_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name) == 1;
}
static inline void copenssl_bio_retry(BIO *bio, int is_read) {
    BIO_clear_retry_flags(bio);
    if (is_read) BIO_set_retry_read(bio); else BIO_set_retry_write(bio);
}
static inline void copenssl_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

/// Makes ready to seal (`seal` = 1) or open a session ticket: AES-256-CBC and HMAC-SHA-256, as RFC 5077 proposes.
static inline int copenssl_ticket(
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, const EVP_CIPHER *kind, const unsigned char *cipher_key,
    const unsigned char *mac_key, const unsigned char *iv, int seal) {
    OSSL_PARAM parameters[3];
    parameters[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)mac_key, 32);
    parameters[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0);
    parameters[2] = OSSL_PARAM_construct_end();
    if (!EVP_CipherInit_ex(cipher, kind, NULL, cipher_key, iv, seal)) return 0;
    return EVP_MAC_CTX_set_params(mac, parameters);
}
