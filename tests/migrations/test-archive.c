/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <lzma.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "migrations/archive-bytes.h"
#include "migrations/pulp2to3/archive-writer.h"
#include "migrations/pulp2to3/archive.h"

#define DB "pulp_database"

/* What a handler saw: "collection:n " for each document, n its field "n". */
typedef struct Seen {
        char text[4096];
        int fail_at; /* of the documents, the one at which the handler fails; 0: none */
        int n;
        const Bytes *bytes; /* if set, each document is looked for there at its offset */
} Seen;

static int see(const ArchiveDocument *document, void *userdata) {
        Seen *seen = userdata;
        size_t length = strlen(seen->text);
        bson_iter_t i;

        assert_true(bson_iter_init_find(&i, document->bson, "n"));
        (void) snprintf(seen->text + length, sizeof(seen->text) - length, "%s:%d ", document->collection,
                        bson_iter_int32(&i));
        if (seen->bytes)
                assert_memory_equal(seen->bytes->data + document->offset, document->data,
                                    document->size_bytes);
        return ++seen->n == seen->fail_at ? -EDOM : 0;
}

static int read_file(FILE *f, char *const *wanted, Seen *seen, Archive **ret, char **ret_error) {
        return archive_read(
                        &(ArchiveRequest) {
                                        .path = "test.archive",
                                        .file = f,
                                        .database = DB,
                                        .collections = wanted,
                                        .handler = see,
                                        .userdata = seen,
                        },
                        ret, ret_error);
}

static int read_bytes(const Bytes *b, char *const *wanted, Seen *seen, Archive **ret, char **ret_error) {
        FILE *f = fmemopen(b->data, b->size, "r");
        int r;

        assert_non_null(f);
        r = read_file(f, wanted, seen, ret, ret_error);
        assert_int_equal(fclose(f), 0);
        return r;
}

/* Adds {n: …} to bytes and its CRC to *crc. */
static void add_number(Bytes *b, int n, uint64_t *crc) {
        bson_t *d = BCON_NEW("n", BCON_INT32(n));

        *crc = lzma_crc64(bson_get_data(d), d->len, *crc);
        bytes_take(b, d);
}

/* An archive with two collections, a of 1, 2, 3 in two blocks around one of b with 4, and an empty one. */
static void make_archive(Bytes *b) {
        uint64_t crc_a = 0, crc_b = 0;

        *b = (Bytes) {};
        bytes_add_prelude(b, "0.1");
        bytes_add_collection(b, DB, "a");
        bytes_add_collection(b, DB, "b");
        bytes_add_collection(b, DB, "empty");
        bytes_add_u32(b, ARCHIVE_END_MARK);
        bytes_add_header(b, DB, "a", false, 0);
        add_number(b, 1, &crc_a);
        add_number(b, 2, &crc_a);
        bytes_add_u32(b, ARCHIVE_END_MARK);
        bytes_add_header(b, DB, "b", false, 0);
        add_number(b, 4, &crc_b);
        bytes_add_u32(b, ARCHIVE_END_MARK);
        bytes_add_header(b, DB, "a", false, 0);
        add_number(b, 3, &crc_a);
        bytes_add_u32(b, ARCHIVE_END_MARK);
        bytes_add_header(b, DB, "empty", false, 0);
        bytes_add_u32(b, ARCHIVE_END_MARK);
        bytes_add_eof(b, DB, "b", crc_b);
        bytes_add_eof(b, DB, "a", crc_a);
        bytes_add_eof(b, DB, "empty", 0);
}

/* An archive of collection a, up to behind the header of its first block. */
static void begin_archive(Bytes *b) {
        *b = (Bytes) {};
        bytes_add_prelude(b, "0.1");
        bytes_add_collection(b, DB, "a");
        bytes_add_u32(b, ARCHIVE_END_MARK);
        bytes_add_header(b, DB, "a", false, 0);
}

/* Expects the archive to be refused with a text that has all the given parts, and frees it. */
static void expect_refused_full(Bytes *b, int error, const char *const parts[]) {
        _cleanup_(archive_freep) Archive *archive = NULL;
        _cleanup_(freep) char *text = NULL;
        Seen seen = {};

        assert_int_equal(read_bytes(b, NULL, &seen, &archive, &text), error);
        assert_null(archive);
        assert_non_null(text);
        for (; *parts; parts++)
                if (!strstr(text, *parts))
                        fail_msg("\"%s\" is not in: %s", *parts, text);
        bytes_done(b);
}

#define expect_refused(b, error, ...) \
        expect_refused_full(b, error, (const char *const[]) { "test.archive", __VA_ARGS__, NULL })

static void the_crc_is_the_one_of_xz(void **state) {
        assert_true(lzma_crc64((const uint8_t *) "123456789", 9, 0) == UINT64_C(0x995dc9bbdf1939fa));
}

static void blocks_of_collections_may_alternate(void **state) {
        _cleanup_(archive_freep) Archive *archive = NULL;
        _cleanup_(freep) char *error = NULL;
        Bytes b;
        Seen seen = { .bytes = &b };

        make_archive(&b);
        assert_int_equal(read_bytes(&b, NULL, &seen, &archive, &error), 0);
        assert_null(error);
        assert_string_equal(seen.text, "a:1 a:2 b:4 a:3 ");
        assert_int_equal(archive->n_collections, 3);
        assert_int_equal(archive_find(archive, DB, "a")->n_documents, 3);
        assert_int_equal(archive_find(archive, DB, "a")->size_bytes, 3 * 12);
        assert_int_equal(archive_find(archive, DB, "b")->n_documents, 1);
        assert_int_equal(archive_find(archive, DB, "empty")->n_documents, 0);
        assert_null(archive_find(archive, DB, "c"));
        assert_null(archive_find(archive, "other", "a"));
        assert_string_equal(archive->server_version, "3.4.24");
        assert_string_equal(archive->tool_version, "r3.4.24");
        assert_int_equal(archive->size_bytes, b.size);
        bytes_done(&b);
}

static void only_wanted_collections_reach_the_handler(void **state) {
        static char *const wanted[] = { "b", "absent", NULL };
        _cleanup_(archive_freep) Archive *archive = NULL;
        Seen seen = {};
        Bytes b;

        make_archive(&b);
        assert_int_equal(read_bytes(&b, wanted, &seen, &archive, NULL), 0);
        assert_string_equal(seen.text, "b:4 ");
        assert_int_equal(archive_find(archive, DB, "a")->n_documents, 3);
        bytes_done(&b);
}

static void the_crc_of_unwanted_collections_is_verified_too(void **state) {
        static char *const wanted[] = { "b", NULL };
        _cleanup_(freep) char *error = NULL;
        Seen seen = {};
        Bytes b;

        make_archive(&b);
        *(uint8_t *) memmem(b.data, b.size, "\x10n\0\2", 4) = 0x12;
        assert_int_equal(read_bytes(&b, wanted, &seen, NULL, &error), -EBADMSG);
        assert_non_null(strstr(error, "collection " DB ".a: the CRC-64"));
        bytes_done(&b);
}

static void collections_of_other_databases_are_passed_over(void **state) {
        uint64_t crc = 0, other = 0;
        Seen seen = {};
        Bytes b = {};

        bytes_add_prelude(&b, "0.1");
        bytes_add_collection(&b, "admin", "a");
        bytes_add_collection(&b, DB, "a");
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        bytes_add_header(&b, "admin", "a", false, 0);
        add_number(&b, 1, &other);
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        bytes_add_header(&b, DB, "a", false, 0);
        add_number(&b, 2, &crc);
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        bytes_add_eof(&b, "admin", "a", other);
        bytes_add_eof(&b, DB, "a", crc);
        assert_int_equal(read_bytes(&b, NULL, &seen, NULL, NULL), 0);
        assert_string_equal(seen.text, "a:2 ");
        bytes_done(&b);
}

static void an_archive_of_another_database_is_refused(void **state) {
        Bytes b = {};

        bytes_add_prelude(&b, "0.1");
        bytes_add_collection(&b, "candlepin", "a");
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        bytes_add_eof(&b, "candlepin", "a", 0);
        expect_refused(&b, -ENODATA, "candlepin", DB);
}

static void an_archive_without_collections_is_refused(void **state) {
        Bytes b = {};

        bytes_add_prelude(&b, "0.1");
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        expect_refused(&b, -ENODATA, "no collection", DB);
}

static void the_handlers_error_ends_the_reading(void **state) {
        _cleanup_(freep) char *error = NULL;
        Seen seen = { .fail_at = 2 };
        Bytes b;

        make_archive(&b);
        assert_int_equal(read_bytes(&b, NULL, &seen, NULL, &error), -EDOM);
        assert_null(error);
        assert_int_equal(seen.n, 2);
        bytes_done(&b);
}

static void what_the_writer_writes_the_reader_reads(void **state) {
        static const ArchiveWriterCollection collections[] = { { "a", "{}" },
                                                               { "b", "{}" },
                                                               { "never", "{}" } };
        _cleanup_(archive_writer_freep) ArchiveWriter *w = NULL;
        _cleanup_(archive_freep) Archive *archive = NULL;
        _cleanup_(freep) char *error = NULL;
        char directory[] = "/tmp/test-archive-XXXXXX", path[64];
        Seen seen = {};
        FILE *f;

        assert_non_null(mkdtemp(directory));
        (void) snprintf(path, sizeof(path), "%s/a", directory);
        assert_int_equal(archive_writer_new(path, DB, collections, 3, &w, &error), 0);
        for (int n = 0; n < 6; n++) {
                bson_t *d = BCON_NEW("n", BCON_INT32(n));

                archive_writer_block(w, n % 2);
                archive_writer_add(w, d);
                bson_destroy(d);
        }
        archive_writer_end(w, 1);
        assert_int_equal(archive_writer_finish(w, &error), 0);

        f = fopen(path, "re");
        assert_non_null(f);
        assert_int_equal(read_file(f, NULL, &seen, &archive, &error), 0);
        assert_string_equal(seen.text, "a:0 b:1 a:2 b:3 a:4 b:5 ");
        assert_int_equal(archive->n_collections, 3);
        assert_int_equal(archive_find(archive, DB, "never")->n_documents, 0);
        (void) fclose(f);

        /* A file that is there is never written over. */
        w = archive_writer_free(w);
        assert_int_equal(archive_writer_new(path, DB, collections, 3, &w, &error), -EEXIST);
        assert_non_null(strstr(error, path));
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(directory), 0);
}

/* Every prefix of an archive lacks an EOF block at least. */
static void a_truncated_archive_is_refused_wherever_it_ends(void **state) {
        Bytes b;

        make_archive(&b);
        for (size_t size = 1; size < b.size; size++) {
                _cleanup_(freep) char *error = NULL;
                Bytes part = { b.data, size };
                Seen seen = {};

                assert_int_equal(read_bytes(&part, NULL, &seen, NULL, &error), -EBADMSG);
                if (!strstr(error, "truncated"))
                        fail_msg("%zu bytes: %s", size, error);
        }
        bytes_done(&b);
}

static void an_empty_file_is_refused(void **state) {
        _cleanup_(freep) char *error = NULL;
        Seen seen = {};
        FILE *f = tmpfile();

        assert_non_null(f);
        assert_int_equal(read_file(f, NULL, &seen, NULL, &error), -EBADMSG);
        assert_non_null(strstr(error, "at byte 0"));
        (void) fclose(f);
}

static int open_path(const char *path, char **ret_error) {
        return archive_read(&(ArchiveRequest) { .path = path, .database = DB }, NULL, ret_error);
}

static void an_absent_file_is_named(void **state) {
        _cleanup_(freep) char *error = NULL;

        assert_int_equal(open_path("/nonexistent/a.archive", &error), -ENOENT);
        assert_non_null(strstr(error, "/nonexistent/a.archive: cannot open the archive: No such file"));
}

static void a_directory_is_no_archive(void **state) {
        _cleanup_(freep) char *error = NULL;

        assert_int_equal(open_path("/", &error), -EISDIR);
        assert_non_null(strstr(error, "is a directory"));
        assert_non_null(strstr(error, "mongodump --db " DB " --archive="));
}

static ssize_t read_fails(void *cookie, char *buffer, size_t size) {
        Bytes *b = cookie;

        if (b->size == 0) {
                errno = ETIMEDOUT;
                return -1;
        }
        size = MIN(size, b->size);
        memcpy(buffer, b->data, size);
        b->data += size;
        b->size -= size;
        return (ssize_t) size;
}

static void a_read_error_is_told_from_a_short_file(void **state) {
        _cleanup_(freep) char *error = NULL;
        Bytes b, part;
        Seen seen = {};
        FILE *f;

        make_archive(&b);
        part = (Bytes) { b.data, b.size / 2 };
        f = fopencookie(&part, "r", (cookie_io_functions_t) { .read = read_fails });
        assert_non_null(f);
        assert_int_equal(read_file(f, NULL, &seen, NULL, &error), -ETIMEDOUT);
        assert_non_null(strstr(error, "cannot read: Connection timed out"));
        (void) fclose(f);
        bytes_done(&b);
}

static void another_kind_of_file_is_refused(void **state) {
        Bytes b = {};

        bytes_add(&b, "PGDMP...", 8);
        expect_refused(&b, -EBADMSG, "0x4d444750", "not that of a mongodump archive");
}

static void a_gzip_file_is_to_be_unpacked(void **state) {
        Bytes b = {};

        bytes_add(&b, "\x1f\x8b\x08\0\0\0\0\0", 8);
        expect_refused(&b, -EBADMSG, "gunzip < test.archive");
}

static void an_unknown_format_version_is_refused(void **state) {
        Bytes b = {};

        bytes_add_prelude(&b, "0.2");
        expect_refused(&b, -EBADMSG, "at byte 4, in the prelude", "\"0.2\"", "\"0.1\"");
}

static void a_prelude_without_fields_is_refused(void **state) {
        Bytes b = {};

        bytes_add_u32(&b, ARCHIVE_MAGIC);
        bytes_take(&b, BCON_NEW("version", "0.1"));
        expect_refused(&b, -EBADMSG, "in the prelude", "no string field \"server_version\"");

        b = (Bytes) {};
        bytes_add_u32(&b, ARCHIVE_MAGIC);
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        expect_refused(&b, -EBADMSG, "in the prelude", "is empty");
}

static void a_collection_named_twice_is_refused(void **state) {
        Bytes b = {};

        bytes_add_prelude(&b, "0.1");
        bytes_add_collection(&b, DB, "a");
        bytes_add_collection(&b, DB, "a");
        expect_refused(&b, -EBADMSG, "in the prelude", DB ".a twice");
}

static void names_have_to_be_plain(void **state) {
        char longest[ARCHIVE_NAME_MAX + 2];
        Bytes b = {};

        bytes_add_prelude(&b, "0.1");
        bytes_add_collection(&b, DB, "a\nPriority: high");
        expect_refused(&b, -EBADMSG, "\"collection\" contains a control character");

        b = (Bytes) {};
        bytes_add_prelude(&b, "0.1");
        bytes_add_collection(&b, "", "a");
        expect_refused(&b, -EBADMSG, "\"db\" has 0 bytes");

        memset(longest, 'a', sizeof(longest) - 1);
        longest[sizeof(longest) - 1] = 0;
        b = (Bytes) {};
        bytes_add_prelude(&b, "0.1");
        bytes_add_collection(&b, DB, longest);
        expect_refused(&b, -EBADMSG, "\"collection\" has 256 bytes");
}

static void more_collections_than_the_cap_are_refused(void **state) {
        Bytes b = {};

        bytes_add_prelude(&b, "0.1");
        for (int i = 0; i <= ARCHIVE_COLLECTIONS_MAX; i++) {
                char name[16];

                (void) snprintf(name, sizeof(name), "c%d", i);
                bytes_add_collection(&b, DB, name);
        }
        expect_refused(&b, -EBADMSG, "more than 4096 collections");
}

static void a_length_out_of_range_is_refused(void **state) {
        static const uint32_t lengths[] = { 0, 4, ARCHIVE_DOCUMENT_MAX + 1, UINT32_C(0x7fffffff),
                                            UINT32_C(0x80000000) };

        for (size_t i = 0; i < ELEMENTSOF(lengths); i++) {
                char offset[32], length[16];
                Bytes b;

                begin_archive(&b);
                (void) snprintf(offset, sizeof(offset), "at byte %zu, ", b.size);
                (void) snprintf(length, sizeof(length), "0x%08" PRIx32, lengths[i]);
                bytes_add_u32(&b, lengths[i]);
                expect_refused(&b, -EBADMSG, offset, "in collection " DB ".a: ", length,
                               "neither the length of a document");
        }
}

static void a_bad_end_mark_is_refused(void **state) {
        Bytes b;

        make_archive(&b);
        b.data[b.size - 4] = 0xfe;
        expect_refused(&b, -EBADMSG, "in collection " DB ".empty: ", "0xfffffffe",
                       "nor an end mark (0xffffffff)");
}

static void the_largest_document_is_read(void **state) {
        _cleanup_(archive_freep) Archive *archive = NULL;
        _cleanup_(freep) uint8_t *filler = calloc(1, ARCHIVE_DOCUMENT_MAX);
        bson_t *d = BCON_NEW("n", BCON_INT32(7));
        Seen seen = {};
        Bytes b;

        /* Beside the filler's bytes: type, name and zero byte, length, subtype. */
        assert_true(bson_append_binary(d, "f", 1, BSON_SUBTYPE_BINARY, filler,
                                       ARCHIVE_DOCUMENT_MAX - d->len - 3 - 4 - 1));
        assert_int_equal(d->len, ARCHIVE_DOCUMENT_MAX);
        begin_archive(&b);
        bytes_add(&b, bson_get_data(d), d->len);
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        bytes_add_eof(&b, DB, "a", lzma_crc64(bson_get_data(d), d->len, 0));
        bson_destroy(d);
        assert_int_equal(read_bytes(&b, NULL, &seen, &archive, NULL), 0);
        assert_string_equal(seen.text, "a:7 ");
        bytes_done(&b);
}

static void a_document_that_is_no_bson_is_refused(void **state) {
        static const uint8_t bad[] = { 13, 0, 0, 0, 0x10, 'n', 0, 1, 0, 0, 0, 0x99, 0 };
        char offset[32];
        Bytes b;

        begin_archive(&b);
        (void) snprintf(offset, sizeof(offset), "at byte %zu, ", b.size);
        bytes_add(&b, bad, sizeof(bad));
        expect_refused(&b, -EBADMSG, offset,
                       "in collection " DB ".a: ", "the document of 13 bytes is not valid BSON",
                       "(byte 11 of it)");
}

static void a_crc_that_differs_is_shown_with_both_values(void **state) {
        uint64_t crc = 0;
        char is[32], says[32];
        Bytes b;

        begin_archive(&b);
        add_number(&b, 1, &crc);
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        bytes_add_eof(&b, DB, "a", crc ^ 1);
        (void) snprintf(is, sizeof(is), "is 0x%016" PRIx64, crc);
        (void) snprintf(says, sizeof(says), "says 0x%016" PRIx64, crc ^ 1);
        expect_refused(&b, -EBADMSG, "in collection " DB ".a: ", "of the 1 documents", is, says);
}

static void a_collection_that_the_prelude_lacks_is_refused(void **state) {
        Bytes b = {};

        bytes_add_prelude(&b, "0.1");
        bytes_add_collection(&b, DB, "a");
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        bytes_add_header(&b, DB, "b", false, 0);
        expect_refused(&b, -EBADMSG, "in a block header: ", "does not name collection " DB ".b");
}

static void an_end_mark_in_place_of_a_header_is_refused(void **state) {
        Bytes b = {};

        bytes_add_prelude(&b, "0.1");
        bytes_add_collection(&b, DB, "a");
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        expect_refused(&b, -EBADMSG, "in a block header: ", "end mark");
}

static void a_header_without_fields_is_refused(void **state) {
        bson_t *const headers[] = {
                BCON_NEW("collection", "a", "EOF", BCON_BOOL(false), "CRC", BCON_INT64(0)),
                BCON_NEW("db", DB, "EOF", BCON_BOOL(false), "CRC", BCON_INT64(0)),
                BCON_NEW("db", DB, "collection", "a", "EOF", BCON_INT32(0), "CRC", BCON_INT64(0)),
                BCON_NEW("db", DB, "collection", "a", "EOF", BCON_BOOL(true), "CRC", BCON_INT32(0)),
        };
        static const char *const fields[] = { "\"db\"", "\"collection\"", "\"EOF\"", "\"CRC\"" };

        for (size_t i = 0; i < ELEMENTSOF(headers); i++) {
                Bytes b = {};

                bytes_add_prelude(&b, "0.1");
                bytes_add_collection(&b, DB, "a");
                bytes_add_u32(&b, ARCHIVE_END_MARK);
                bytes_take(&b, headers[i]);
                expect_refused(&b, -EBADMSG, "in a block header: ", fields[i]);
        }
}

static void a_missing_eof_block_names_its_collection(void **state) {
        uint64_t crc = 0;
        Bytes b;

        begin_archive(&b);
        add_number(&b, 1, &crc);
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        expect_refused(&b, -EBADMSG, "in collection " DB ".a: ", "without the collection's EOF block");
}

static void a_block_after_the_eof_block_is_refused(void **state) {
        uint64_t crc = 0;
        Bytes b;

        begin_archive(&b);
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        bytes_add_eof(&b, DB, "a", 0);
        bytes_add_header(&b, DB, "a", false, 0);
        add_number(&b, 1, &crc);
        expect_refused(&b, -EBADMSG, "in collection " DB ".a: ", "follows the collection's EOF block");
}

static void a_document_in_an_eof_block_is_refused(void **state) {
        uint64_t crc = 0;
        Bytes b;

        begin_archive(&b);
        bytes_add_u32(&b, ARCHIVE_END_MARK);
        bytes_add_header(&b, DB, "a", true, 0);
        add_number(&b, 1, &crc);
        expect_refused(&b, -EBADMSG, "in collection " DB ".a: ", "in the collection's EOF block");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_crc_is_the_one_of_xz),
                cmocka_unit_test(blocks_of_collections_may_alternate),
                cmocka_unit_test(only_wanted_collections_reach_the_handler),
                cmocka_unit_test(the_crc_of_unwanted_collections_is_verified_too),
                cmocka_unit_test(collections_of_other_databases_are_passed_over),
                cmocka_unit_test(an_archive_of_another_database_is_refused),
                cmocka_unit_test(an_archive_without_collections_is_refused),
                cmocka_unit_test(the_handlers_error_ends_the_reading),
                cmocka_unit_test(what_the_writer_writes_the_reader_reads),
                cmocka_unit_test(a_truncated_archive_is_refused_wherever_it_ends),
                cmocka_unit_test(an_empty_file_is_refused),
                cmocka_unit_test(an_absent_file_is_named),
                cmocka_unit_test(a_directory_is_no_archive),
                cmocka_unit_test(a_read_error_is_told_from_a_short_file),
                cmocka_unit_test(another_kind_of_file_is_refused),
                cmocka_unit_test(a_gzip_file_is_to_be_unpacked),
                cmocka_unit_test(an_unknown_format_version_is_refused),
                cmocka_unit_test(a_prelude_without_fields_is_refused),
                cmocka_unit_test(a_collection_named_twice_is_refused),
                cmocka_unit_test(names_have_to_be_plain),
                cmocka_unit_test(more_collections_than_the_cap_are_refused),
                cmocka_unit_test(a_length_out_of_range_is_refused),
                cmocka_unit_test(a_bad_end_mark_is_refused),
                cmocka_unit_test(the_largest_document_is_read),
                cmocka_unit_test(a_document_that_is_no_bson_is_refused),
                cmocka_unit_test(a_crc_that_differs_is_shown_with_both_values),
                cmocka_unit_test(a_collection_that_the_prelude_lacks_is_refused),
                cmocka_unit_test(an_end_mark_in_place_of_a_header_is_refused),
                cmocka_unit_test(a_header_without_fields_is_refused),
                cmocka_unit_test(a_missing_eof_block_names_its_collection),
                cmocka_unit_test(a_block_after_the_eof_block_is_refused),
                cmocka_unit_test(a_document_in_an_eof_block_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
