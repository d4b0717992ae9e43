/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/fernet.h"

#include <endian.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"

#define VERSION 0x80
#define BLOCK_BYTES 16
#define DIGEST_BYTES 32
/* Version, time, IV. */
#define HEAD_BYTES (1 + 8 + FERNET_IV_BYTES)

DEFINE_CLEANUP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free);
DEFINE_CLEANUP(FILE *, fclose);

/* libcrypto knows the ordinary alphabet of base64 only. */
static void swap_alphabet(char *s, bool url_safe) {
        for (; *s; s++)
                if (url_safe)
                        *s = *s == '+' ? '-' : *s == '/' ? '_' : *s;
                else
                        *s = *s == '-' ? '+' : *s == '_' ? '/' : *s;
}

static int base64_encode(const uint8_t *data, size_t size, char **ret) {
        char *text = malloc((size + 2) / 3 * 4 + 1);

        if (!text)
                return -ENOMEM;
        (void) EVP_EncodeBlock((unsigned char *) text, data, (int) size);
        swap_alphabet(text, /* url_safe= */ true);
        *ret = text;
        return 0;
}

/* *ret has room for at least three bytes per four characters. */
static int base64_decode(const char *text, uint8_t **ret, size_t *ret_size) {
        _cleanup_(freep) uint8_t *data = NULL;
        _cleanup_(freep) char *copy = NULL;
        size_t length = strlen(text), padding;
        int n;

        if (length == 0 || length % 4 != 0 || length > FERNET_TEXT_BYTES_MAX * 2)
                return -EBADMSG;
        padding = text[length - 1] != '=' ? 0 : text[length - 2] != '=' ? 1 : 2;
        copy = strdup(text);
        data = malloc(length / 4 * 3);
        if (!copy || !data)
                return -ENOMEM;
        swap_alphabet(copy, /* url_safe= */ false);
        n = EVP_DecodeBlock(data, (const unsigned char *) copy, (int) length);
        if (n < 0 || (size_t) n < padding)
                return -EBADMSG;
        *ret = TAKE_PTR(data);
        *ret_size = (size_t) n - padding;
        return 0;
}

int fernet_parse_key(const char *text, Fernet *ret) {
        _cleanup_(freep) uint8_t *data = NULL;
        size_t size;
        int r;

        r = base64_decode(text, &data, &size);
        if (r < 0 || size != FERNET_KEY_BYTES)
                return r == -ENOMEM ? r : -EINVAL;
        memcpy(ret->key, data, size);
        OPENSSL_cleanse(data, size);
        return 0;
}

int fernet_load(const char *path, Fernet *ret, char **ret_error) {
        _cleanup_(fclosep) FILE *f = fopen(path, "re");
        char line[128];
        int r;

        if (!f)
                return text_error(ret_error, -errno,
                                  "%s: the key of Pulp 3's encrypted columns cannot be read: %s; copy it "
                                  "from the Pulp 3 server, or set [Pulp3] KeyFile=",
                                  path, strerror(errno));
        if (!fgets(line, sizeof(line), f))
                line[0] = 0;
        line[strcspn(line, "\r\n")] = 0;
        r = fernet_parse_key(line, ret);
        OPENSSL_cleanse(line, sizeof(line));
        if (r < 0)
                return text_error(
                        ret_error, r,
                        "%s: is not a key of Pulp 3: one line of 44 characters of URL-safe base64 was "
                        "expected; `openssl rand -base64 32 | tr '+/' '-_'` makes one",
                        path);
        return 0;
}

static int sign(const Fernet *f, const uint8_t *data, size_t size, uint8_t ret[static DIGEST_BYTES]) {
        unsigned n = DIGEST_BYTES;

        return HMAC(EVP_sha256(), f->key, FERNET_KEY_BYTES / 2, data, size, ret, &n) ? 0 : -EIO;
}

/* Encrypts or decrypts; *ret_size is what was written. */
static int crypt_aes(const Fernet *f, bool encrypt, const uint8_t *iv, const uint8_t *in, size_t in_size,
                     uint8_t *out, size_t *ret_size) {
        _cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
        int n = 0, last = 0;

        if (!c)
                return -ENOMEM;
        if (EVP_CipherInit_ex2(c, EVP_aes_128_cbc(), f->key + FERNET_KEY_BYTES / 2, iv, encrypt, NULL) != 1 ||
            EVP_CipherUpdate(c, out, &n, in, (int) in_size) != 1 ||
            EVP_CipherFinal_ex(c, out + n, &last) != 1)
                return encrypt ? -EIO : -EBADMSG;
        *ret_size = (size_t) (n + last);
        return 0;
}

int fernet_encrypt_at(const Fernet *f, const char *text, uint64_t time,
                      const uint8_t iv[static FERNET_IV_BYTES], char **ret) {
        _cleanup_(freep) uint8_t *token = NULL;
        uint64_t big_endian = htobe64(time);
        size_t length = strlen(text), size;
        int r;

        if (length > FERNET_TEXT_BYTES_MAX)
                return -EMSGSIZE;
        token = malloc(HEAD_BYTES + length + BLOCK_BYTES + DIGEST_BYTES);
        if (!token)
                return -ENOMEM;
        token[0] = VERSION;
        memcpy(token + 1, &big_endian, 8);
        memcpy(token + 9, iv, FERNET_IV_BYTES);
        r = crypt_aes(f, true, iv, (const uint8_t *) text, length, token + HEAD_BYTES, &size);
        if (r >= 0)
                r = sign(f, token, HEAD_BYTES + size, token + HEAD_BYTES + size);
        return r < 0 ? r : base64_encode(token, HEAD_BYTES + size + DIGEST_BYTES, ret);
}

int fernet_encrypt(const Fernet *f, const char *text, char **ret) {
        uint8_t iv[FERNET_IV_BYTES];

        if (RAND_bytes(iv, sizeof(iv)) != 1)
                return -EIO;
        return fernet_encrypt_at(f, text, (uint64_t) time(NULL), iv, ret);
}

int fernet_decrypt(const Fernet *f, const char *token, char **ret) {
        _cleanup_(freep) uint8_t *data = NULL, *text = NULL;
        uint8_t digest[DIGEST_BYTES];
        size_t size, length;
        int r;

        r = base64_decode(token, &data, &size);
        if (r < 0)
                return r;
        if (size < HEAD_BYTES + BLOCK_BYTES + DIGEST_BYTES || data[0] != VERSION)
                return -EBADMSG;
        size -= DIGEST_BYTES;
        r = sign(f, data, size, digest);
        if (r < 0)
                return r;
        if (CRYPTO_memcmp(digest, data + size, DIGEST_BYTES) != 0)
                return -EBADMSG;
        text = malloc(size + BLOCK_BYTES + 1);
        if (!text)
                return -ENOMEM;
        r = crypt_aes(f, false, data + 9, data + HEAD_BYTES, size - HEAD_BYTES, text, &length);
        if (r < 0)
                return r;
        text[length] = 0;
        *ret = (char *) TAKE_PTR(text);
        return 0;
}
