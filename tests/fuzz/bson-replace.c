/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz/bson-replace.h"

#include <stdlib.h>
#include <string.h>

#include "base/macro.h"

#define LONG_TEXT 70000

static void append_long(bson_t *to, const char *key) {
        _cleanup_(freep) char *text = malloc(LONG_TEXT);

        if (!text)
                abort();
        memset(text, 'a', LONG_TEXT);
        (void) bson_append_utf8(to, key, -1, text, LONG_TEXT);
}

static void append_other(bson_t *to, const char *key, uint64_t kind) {
        static const char *const texts[] = {
                "", " ", "/", "../..", "\n", "%s{{ checksum }}", "\xc3\xa9", "-1", "1e99"
        };
        bson_t child;

        switch (kind % 10) {
        case 0: /* missing */
                return;
        case 1:
                BSON_APPEND_NULL(to, key);
                return;
        case 2:
                BSON_APPEND_INT32(to, key, kind % 20 == 2 ? -1 : INT32_MAX);
                return;
        case 3:
                BSON_APPEND_DOUBLE(to, key, kind % 20 == 3 ? 1e300 : 0.5);
                return;
        case 4:
                BSON_APPEND_ARRAY_BEGIN(to, key, &child);
                BSON_APPEND_BOOL(&child, "0", true);
                bson_append_array_end(to, &child);
                return;
        case 5:
                BSON_APPEND_DOCUMENT_BEGIN(to, key, &child);
                BSON_APPEND_INT64(&child, "a", INT64_MIN);
                bson_append_document_end(to, &child);
                return;
        case 6:
                append_long(to, key);
                return;
        case 7: /* a text with a zero byte */
                (void) bson_append_utf8(to, key, -1, "a\0b", 3);
                return;
        case 8:
                BSON_APPEND_BINARY(to, key, BSON_SUBTYPE_BINARY, (const uint8_t *) "\x78\x9c\x00\xff", 4);
                return;
        default:
                BSON_APPEND_UTF8(to, key, texts[kind / 10 % ELEMENTSOF(texts)]);
                return;
        }
}

static bool child_of(const bson_iter_t *i, bson_t *ret) {
        const uint8_t *data;
        uint32_t size;

        if (BSON_ITER_HOLDS_DOCUMENT(i))
                bson_iter_document(i, &size, &data);
        else if (BSON_ITER_HOLDS_ARRAY(i))
                bson_iter_array(i, &size, &data);
        else
                return false;
        return bson_init_static(ret, data, size);
}

void bson_replace(const bson_t *from, bson_t *to, uint64_t *countdown, uint64_t kind) {
        bson_iter_t i;
        bson_t child, copy;

        if (!bson_iter_init(&i, from))
                return;
        while (bson_iter_next(&i)) {
                if ((*countdown)-- == 0)
                        append_other(to, bson_iter_key(&i), kind);
                else if (!child_of(&i, &child))
                        (void) bson_append_iter(to, NULL, 0, &i);
                else if (BSON_ITER_HOLDS_ARRAY(&i)) {
                        BSON_APPEND_ARRAY_BEGIN(to, bson_iter_key(&i), &copy);
                        bson_replace(&child, &copy, countdown, kind);
                        bson_append_array_end(to, &copy);
                } else {
                        BSON_APPEND_DOCUMENT_BEGIN(to, bson_iter_key(&i), &copy);
                        bson_replace(&child, &copy, countdown, kind);
                        bson_append_document_end(to, &copy);
                }
        }
}

uint64_t bson_count(const bson_t *document) {
        uint64_t n = 0;
        bson_iter_t i;
        bson_t child;

        for (bool more = bson_iter_init(&i, document) && bson_iter_next(&i); more; more = bson_iter_next(&i))
                n += 1 + (child_of(&i, &child) ? bson_count(&child) : 0);
        return n;
}
