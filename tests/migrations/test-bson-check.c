/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "migrations/pulp2to3/bson-check.h"

static int check(const bson_t *document, const char **ret_reason) {
        size_t offset;
        bson_t view;

        return bson_check(bson_get_data(document), document->len, &view, &offset, ret_reason);
}

/* A document of that many levels, the outermost one counted; of arrays or of documents. */
static bson_t *nest(size_t levels, bool arrays) {
        bson_t *inner = bson_new();

        for (size_t i = 1; i < levels; i++) {
                bson_t *outer = bson_new();

                if (arrays)
                        assert_true(bson_append_array(outer, "0", 1, inner));
                else
                        assert_true(bson_append_document(outer, "d", 1, inner));
                bson_destroy(inner);
                inner = outer;
        }
        return inner;
}

static void every_element_type_is_accepted(void **state) {
        const char *reason;
        bson_decimal128_t decimal = { 0 };
        bson_oid_t oid = { { 0 } };
        bson_t d = BSON_INITIALIZER, child = BSON_INITIALIZER;

        assert_true(BSON_APPEND_DOUBLE(&d, "double", 1.5) && BSON_APPEND_UTF8(&d, "utf8", "ä") &&
                    BSON_APPEND_DOCUMENT(&d, "document", &child) && BSON_APPEND_ARRAY(&d, "array", &child) &&
                    BSON_APPEND_BINARY(&d, "binary", BSON_SUBTYPE_BINARY, (const uint8_t *) "x\234", 2) &&
                    BSON_APPEND_UNDEFINED(&d, "undefined") && BSON_APPEND_OID(&d, "oid", &oid) &&
                    BSON_APPEND_BOOL(&d, "bool", true) && BSON_APPEND_DATE_TIME(&d, "date", 1) &&
                    BSON_APPEND_NULL(&d, "null") && BSON_APPEND_REGEX(&d, "regex", "a", "i") &&
                    BSON_APPEND_DBPOINTER(&d, "pointer", "c", &oid) && BSON_APPEND_CODE(&d, "code", "f") &&
                    BSON_APPEND_SYMBOL(&d, "symbol", "s") &&
                    BSON_APPEND_CODE_WITH_SCOPE(&d, "scope", "f", &child) &&
                    BSON_APPEND_INT32(&d, "int32", 1) && BSON_APPEND_TIMESTAMP(&d, "timestamp", 1, 1) &&
                    BSON_APPEND_INT64(&d, "int64", 1) && BSON_APPEND_DECIMAL128(&d, "decimal", &decimal) &&
                    BSON_APPEND_MINKEY(&d, "min") && BSON_APPEND_MAXKEY(&d, "max"));
        assert_int_equal(check(&d, &reason), 0);
        bson_destroy(&child);
        bson_destroy(&d);
}

static void a_hundred_levels_are_accepted_and_one_more_is_refused(void **state) {
        for (int arrays = 0; arrays <= 1; arrays++) {
                bson_t *most = nest(BSON_DEPTH_MAX, arrays), *more = nest(BSON_DEPTH_MAX + 1, arrays);
                const char *reason = NULL;

                assert_int_equal(check(most, &reason), 0);
                assert_int_equal(check(more, &reason), -EBADMSG);
                assert_non_null(strstr(reason, "nested deeper"));
                bson_destroy(most);
                bson_destroy(more);
        }
}

static void scopes_of_code_count_as_levels(void **state) {
        bson_t *inner = bson_new();
        const char *reason = NULL;

        for (int i = 0; i < BSON_DEPTH_MAX; i++) {
                bson_t *outer = bson_new();

                assert_true(BSON_APPEND_CODE_WITH_SCOPE(outer, "c", "f", inner));
                bson_destroy(inner);
                inner = outer;
        }
        assert_int_equal(check(inner, &reason), -EBADMSG);
        assert_non_null(strstr(reason, "nested deeper"));
        bson_destroy(inner);
}

/* As a file of 16 MiB could hold: the stack of a recursive check would not. Written by hand, since nesting
 * with libbson copies the inner document for every level. */
static void two_million_levels_do_not_exhaust_the_stack(void **state) {
        const size_t levels = 2000000, size = 5 + 8 * levels;
        _cleanup_(freep) uint8_t *data = calloc(1, size);
        const char *reason = NULL;
        size_t offset;
        bson_t view;

        assert_non_null(data);
        for (size_t i = 0; i <= levels; i++) {
                uint32_t length = BSON_UINT32_TO_LE((uint32_t) (size - 8 * i));

                memcpy(data + 7 * i, &length, 4);
                if (i < levels)
                        memcpy(data + 7 * i + 4, "\003d", 3);
        }
        assert_int_equal(bson_check(data, size, &view, &offset, &reason), -EBADMSG);
        assert_non_null(strstr(reason, "nested deeper"));
        assert_int_equal(offset, 7 * (BSON_DEPTH_MAX - 1) + 4);
}

static void expect_reason(bson_t *document, const char *expected) {
        const char *reason = NULL;

        assert_int_equal(check(document, &reason), -EBADMSG);
        assert_string_equal(reason, expected);
        bson_destroy(document);
}

/* Puts a byte that never occurs in UTF-8 where "abc" stands. */
static bson_t *spoil(bson_t *document) {
        uint8_t *at = memmem(bson_get_data(document), document->len, "abc", 3);

        assert_non_null(at);
        *at = 0xff;
        return document;
}

static void text_that_is_not_utf8_is_refused(void **state) {
        static const char expected[] = "contains text that is not UTF-8";
        bson_oid_t oid = { { 0 } };
        bson_t scope = BSON_INITIALIZER;

        expect_reason(spoil(BCON_NEW("t", "abc")), expected);
        expect_reason(spoil(BCON_NEW("abc", BCON_INT32(1))), expected);
        expect_reason(spoil(BCON_NEW("d", "{", "t", "abc", "}")), expected);
        expect_reason(spoil(BCON_NEW("c", BCON_CODE("abc"))), expected);
        expect_reason(spoil(BCON_NEW("s", BCON_SYMBOL("abc"))), expected);
        expect_reason(spoil(BCON_NEW("s", BCON_CODEWSCOPE("abc", &scope))), expected);
        expect_reason(spoil(BCON_NEW("p", BCON_DBPOINTER("abc", &oid))), expected);
        expect_reason(spoil(BCON_NEW("r", BCON_REGEX("abc", "i"))), expected);
        /* A zero byte in the encoding of Java, and half a surrogate pair: no PostgreSQL text. */
        expect_reason(BCON_NEW("t", BCON_UTF8("\xc0\x80")), expected);
        expect_reason(BCON_NEW("t", BCON_UTF8("\xed\xa0\x80")), expected);
        bson_destroy(&scope);
}

/* What libbson's own validator overlooks. */
static void an_embedded_document_has_to_end_with_a_zero_byte(void **state) {
        bson_t *d = BCON_NEW("d", "{", "n", BCON_INT32(1), "}");
        uint8_t *data = (uint8_t *) bson_get_data(d);

        assert_int_equal(data[d->len - 2], 0);
        data[d->len - 2] = 1;
        expect_reason(d, "is not valid BSON");
}

static void text_with_a_zero_byte_is_accepted(void **state) {
        bson_t d = BSON_INITIALIZER;
        const char *reason;

        assert_true(bson_append_utf8(&d, "t", 1, "a\0b", 3));
        assert_int_equal(check(&d, &reason), 0);
        bson_destroy(&d);
}

static void a_length_that_is_not_that_of_the_bytes_is_refused(void **state) {
        bson_t d = BSON_INITIALIZER, view;
        const char *reason;
        size_t offset;

        assert_true(BSON_APPEND_INT32(&d, "a", 1));
        assert_int_equal(bson_check(bson_get_data(&d), d.len - 1, &view, &offset, &reason), -EBADMSG);
        assert_int_equal(bson_check(bson_get_data(&d), 0, &view, &offset, &reason), -EBADMSG);
        bson_destroy(&d);
}

/* Whatever happens to a byte: a verdict, and no access outside, which the sanitizers would show. */
static void any_single_changed_byte_is_survived(void **state) {
        bson_t *d = BCON_NEW("a", "text", "b", "{", "c", "[", BCON_INT32(1), BCON_BOOL(true), "]", "}", "d",
                             BCON_DOUBLE(1.5)),
               view;
        _cleanup_(freep) uint8_t *copy = malloc(d->len);
        const char *reason;
        size_t offset;

        assert_non_null(copy);
        for (uint32_t i = 0; i < d->len; i++)
                for (int value = 0; value < 256; value++) {
                        memcpy(copy, bson_get_data(d), d->len);
                        copy[i] = (uint8_t) value;
                        if (bson_check(copy, d->len, &view, &offset, &reason) < 0)
                                assert_true(offset <= d->len);
                }
        bson_destroy(d);
}

/* ASCII is passed over eight bytes at a time: what follows it is looked at wherever it begins. */
static void text_that_is_not_utf8_is_refused_at_any_place(void **state) {
        for (size_t at = 0; at < 24; at++) {
                char text[25] = "aaaaaaaaaaaaaaaaaaaaaaaa";

                text[at] = (char) 0xff;
                expect_reason(BCON_NEW("t", text), "contains text that is not UTF-8");
                /* The first of two bytes, whose second is missing: at the end, or an a. */
                text[at] = (char) 0xc3;
                expect_reason(BCON_NEW("t", text), "contains text that is not UTF-8");
                if (at < 23) {
                        const char *reason;
                        bson_t *d;

                        text[at + 1] = (char) 0xa9;
                        d = BCON_NEW("t", text);
                        assert_int_equal(check(d, &reason), 0);
                        bson_destroy(d);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_element_type_is_accepted),
                cmocka_unit_test(a_hundred_levels_are_accepted_and_one_more_is_refused),
                cmocka_unit_test(scopes_of_code_count_as_levels),
                cmocka_unit_test(two_million_levels_do_not_exhaust_the_stack),
                cmocka_unit_test(text_that_is_not_utf8_is_refused),
                cmocka_unit_test(text_that_is_not_utf8_is_refused_at_any_place),
                cmocka_unit_test(an_embedded_document_has_to_end_with_a_zero_byte),
                cmocka_unit_test(text_with_a_zero_byte_is_accepted),
                cmocka_unit_test(a_length_that_is_not_that_of_the_bytes_is_refused),
                cmocka_unit_test(any_single_changed_byte_is_survived),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
