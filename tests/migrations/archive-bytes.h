/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Archives as bytes in memory, right or wrong at will: the writer of the product makes right ones only. */

#include <bson/bson.h>
#include <endian.h>
#include <string.h>

#include "base/macro.h"
#include "migrations/pulp2to3/archive-format.h"

typedef struct Bytes {
        uint8_t *data;
        size_t size;
        size_t allocated;
} Bytes;

static inline void bytes_done(Bytes *b) {
        free(b->data);
}

static inline void bytes_add(Bytes *b, const void *data, size_t size) {
        if (b->size + size > b->allocated) {
                b->allocated = 2 * (b->size + size);
                b->data = realloc(b->data, b->allocated);
                assert_non_null(b->data);
        }
        memcpy(b->data + b->size, data, size);
        b->size += size;
}

static inline void bytes_add_u32(Bytes *b, uint32_t value) {
        value = htole32(value);
        bytes_add(b, &value, sizeof(value));
}

/* Adds a document and frees it. */
static inline void bytes_take(Bytes *b, bson_t *document) {
        bytes_add(b, bson_get_data(document), document->len);
        bson_destroy(document);
}

/* The prelude without its end mark. */
static inline void bytes_add_prelude(Bytes *b, const char *version) {
        bytes_add_u32(b, ARCHIVE_MAGIC);
        bytes_take(b, BCON_NEW("concurrent_collections", BCON_INT32(4), "version", BCON_UTF8(version),
                               "server_version", "3.4.24", "tool_version", "r3.4.24"));
}

static inline void bytes_add_collection(Bytes *b, const char *database, const char *collection) {
        bytes_take(b, BCON_NEW("db", BCON_UTF8(database), "collection", BCON_UTF8(collection), "metadata",
                               BCON_UTF8("{}"), "size", BCON_INT32(0)));
}

static inline void bytes_add_header(Bytes *b, const char *database, const char *collection, bool eof,
                                    uint64_t crc) {
        bytes_take(b, BCON_NEW("db", BCON_UTF8(database), "collection", BCON_UTF8(collection), "EOF",
                               BCON_BOOL(eof), "CRC", BCON_INT64((int64_t) crc)));
}

/* An EOF block. */
static inline void bytes_add_eof(Bytes *b, const char *database, const char *collection, uint64_t crc) {
        bytes_add_header(b, database, collection, true, crc);
        bytes_add_u32(b, ARCHIVE_END_MARK);
}
