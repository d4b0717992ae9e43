/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/bson-check.h"

#include <errno.h>
#include <string.h>

/* Why not bson_validate(): in libbson 1.23 it recurses once a level without a bound, passes over embedded
 * documents that do not end with a zero byte, and at the first text that is not UTF-8 stops and calls the
 * whole document valid. bson_iter_next() itself is sound: it checks that an element lies within its document.
 */

/* libbson demands an alignment of 128 bytes that is no multiple of the type's size: an array needs the
 * padding. */
typedef struct Level {
        bson_iter_t iter;
} Level;

/* How many bytes of ASCII a text begins with, eight at a time: nearly all of a dump is ASCII, and libbson takes
 * each byte by itself. */
static uint32_t ascii_length(const char *text, uint32_t length) {
        uint32_t n = 0;
        uint64_t word;

        for (; length - n >= sizeof(word); n += (uint32_t) sizeof(word)) {
                memcpy(&word, text + n, sizeof(word));
                if (word & UINT64_C(0x8080808080808080))
                        break;
        }
        while (n < length && (unsigned char) text[n] < 0x80)
                n++;
        return n;
}

/* Zero bytes are allowed, other encodings of them are not: what lies between them is checked piece by piece. */
static bool text_is_utf8(const char *text, uint32_t length) {
        uint32_t ascii = ascii_length(text, length);

        text += ascii;
        length -= ascii;
        while (length > 0) {
                uint32_t piece = (uint32_t) strnlen(text, length);

                if (piece > 0 && !bson_utf8_validate(text, piece, /* allow_null= */ false))
                        return false;
                piece += piece < length;
                text += piece;
                length -= piece;
        }
        return true;
}

static bool cstring_is_utf8(const char *text) {
        return text_is_utf8(text, (uint32_t) strlen(text));
}

/* Whether the name of an element and the texts it holds are UTF-8. */
static bool element_is_utf8(const bson_iter_t *element) {
        const char *text = "", *options;
        const uint8_t *scope;
        const bson_oid_t *oid;
        uint32_t length = 0, scope_size;

        if (!cstring_is_utf8(bson_iter_key(element)))
                return false;
        switch (bson_iter_type(element)) {
        case BSON_TYPE_UTF8:
                text = bson_iter_utf8(element, &length);
                break;
        case BSON_TYPE_CODE:
                text = bson_iter_code(element, &length);
                break;
        case BSON_TYPE_SYMBOL:
                text = bson_iter_symbol(element, &length);
                break;
        case BSON_TYPE_CODEWSCOPE:
                text = bson_iter_codewscope(element, &length, &scope_size, &scope);
                break;
        case BSON_TYPE_DBPOINTER:
                bson_iter_dbpointer(element, &length, &text, &oid);
                break;
        case BSON_TYPE_REGEX:
                text = bson_iter_regex(element, &options);
                return cstring_is_utf8(text) && cstring_is_utf8(options);
        default:
                break;
        }
        return text_is_utf8(text, length);
}

/* Begins the document that an element holds. Returns 1, or 0 when the element holds none, or -EBADMSG. */
static int element_descend(const bson_iter_t *element, bson_iter_t *ret) {
        const uint8_t *data;
        uint32_t size_bytes, code_size;
        bson_t document;

        if (BSON_ITER_HOLDS_DOCUMENT(element))
                bson_iter_document(element, &size_bytes, &data);
        else if (BSON_ITER_HOLDS_ARRAY(element))
                bson_iter_array(element, &size_bytes, &data);
        else if (BSON_ITER_HOLDS_CODEWSCOPE(element))
                (void) bson_iter_codewscope(element, &code_size, &size_bytes, &data);
        else
                return 0;
        /* The iterator points at the bytes only, so document may go. */
        return bson_init_static(&document, data, size_bytes) && bson_iter_init(ret, &document) ? 1 : -EBADMSG;
}

int bson_check(const uint8_t *data, size_t size_bytes, bson_t *ret, size_t *ret_offset,
               const char **ret_reason) {
        Level stack[BSON_DEPTH_MAX];
        size_t depth = 0;

        *ret_offset = 0;
        *ret_reason = "is not valid BSON";
        if (!bson_init_static(ret, data, size_bytes) || !bson_iter_init(&stack[0].iter, ret))
                return -EBADMSG;
        for (;;) {
                bson_iter_t *level = &stack[depth].iter, below;
                int r;

                /* Set before the step: a failed one clears the iterator. */
                *ret_offset = (size_t) (level->raw - data) + level->next_off;
                if (!bson_iter_next(level)) {
                        if (level->err_off > 0)
                                return -EBADMSG;
                        if (depth == 0)
                                return 0;
                        depth--;
                        continue;
                }
                if (!element_is_utf8(level)) {
                        *ret_reason = "contains text that is not UTF-8";
                        return -EBADMSG;
                }
                r = element_descend(level, &below);
                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                if (depth + 1 >= BSON_DEPTH_MAX) {
                        *ret_reason = "is nested deeper than the 100 levels that MongoDB allows";
                        return -EBADMSG;
                }
                stack[++depth].iter = below;
        }
}
