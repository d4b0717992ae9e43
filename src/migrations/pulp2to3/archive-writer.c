/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/archive-writer.h"

#include <assert.h>
#include <endian.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/archive-format.h"

/* What mongodump 3.4 says of itself: the last release that Pulp 2 servers run with. */
#define SERVER_VERSION "3.4.24"
#define TOOL_VERSION "r3.4.24"
#define CONCURRENT_COLLECTIONS 4

typedef struct WriterCollection {
        char *name;
        uint64_t crc;
        bool begun;
        bool ended;
} WriterCollection;

struct ArchiveWriter {
        char *path;
        char *database;
        FILE *file;
        int error; /* the first one, as a negative errno; sticky */
        bool in_block;
        size_t current; /* the collection of the block that is open */
        WriterCollection *collections;
        size_t n_collections;
};

ArchiveWriter *archive_writer_free(ArchiveWriter *w) {
        if (!w)
                return NULL;
        if (w->file)
                (void) fclose(w->file);
        for (size_t i = 0; w->collections && i < w->n_collections; i++)
                free(w->collections[i].name);
        free(w->collections);
        free(w->database);
        free(w->path);
        free(w);
        return NULL;
}

static void writer_write(ArchiveWriter *w, const void *data, size_t size_bytes) {
        if (w->error < 0)
                return;
        errno = 0;
        if (fwrite(data, 1, size_bytes, w->file) != size_bytes)
                w->error = errno > 0 ? -errno : -EIO;
}

static void writer_write_u32(ArchiveWriter *w, uint32_t value) {
        value = htole32(value);
        writer_write(w, &value, sizeof(value));
}

static void writer_write_document(ArchiveWriter *w, const bson_t *document) {
        writer_write(w, bson_get_data(document), document->len);
}

static void writer_write_prelude(ArchiveWriter *w, const ArchiveWriterCollection *collections) {
        bson_t *document;

        writer_write_u32(w, ARCHIVE_MAGIC);
        document = BCON_NEW("concurrent_collections", BCON_INT32(CONCURRENT_COLLECTIONS), "version",
                            BCON_UTF8(ARCHIVE_VERSION), "server_version", BCON_UTF8(SERVER_VERSION),
                            "tool_version", BCON_UTF8(TOOL_VERSION));
        writer_write_document(w, document);
        bson_destroy(document);
        for (size_t i = 0; i < w->n_collections; i++) {
                document = BCON_NEW("db", BCON_UTF8(w->database), "collection",
                                    BCON_UTF8(collections[i].name), "metadata",
                                    BCON_UTF8(collections[i].metadata), "size", BCON_INT32(0));
                writer_write_document(w, document);
                bson_destroy(document);
        }
        writer_write_u32(w, ARCHIVE_END_MARK);
}

int archive_writer_new(const char *path, const char *database, const ArchiveWriterCollection *collections,
                       size_t n_collections, ArchiveWriter **ret, char **ret_error) {
        _cleanup_(archive_writer_freep) ArchiveWriter *w = NULL;

        w = calloc(1, sizeof(*w));
        if (!w)
                return -ENOMEM;
        w->path = strdup(path);
        w->database = strdup(database);
        w->collections = calloc(MAX(n_collections, (size_t) 1), sizeof(*w->collections));
        w->n_collections = n_collections;
        if (!w->path || !w->database || !w->collections)
                return text_error(ret_error, -ENOMEM, "%s: out of memory", path);
        for (size_t i = 0; i < n_collections; i++) {
                w->collections[i].name = strdup(collections[i].name);
                if (!w->collections[i].name)
                        return text_error(ret_error, -ENOMEM, "%s: out of memory", path);
        }
        w->file = fopen(path, "wxe");
        if (!w->file)
                return text_error(ret_error, -errno, "%s: cannot create the archive: %s", path,
                                  strerror(errno));
        writer_write_prelude(w, collections);
        *ret = TAKE_PTR(w);
        return 0;
}

static void writer_begin(ArchiveWriter *w, size_t collection, bool eof) {
        WriterCollection *c = &w->collections[collection];
        bson_t *header;

        header = BCON_NEW("db", BCON_UTF8(w->database), "collection", BCON_UTF8(c->name), "EOF",
                          BCON_BOOL(eof), "CRC", BCON_INT64(eof ? (int64_t) c->crc : 0));
        writer_write_document(w, header);
        bson_destroy(header);
        c->begun = true;
}

static void writer_end_block(ArchiveWriter *w) {
        if (w->in_block)
                writer_write_u32(w, ARCHIVE_END_MARK);
        w->in_block = false;
}

void archive_writer_block(ArchiveWriter *w, size_t collection) {
        assert(collection < w->n_collections);
        assert(!w->collections[collection].ended);

        writer_end_block(w);
        writer_begin(w, collection, false);
        w->in_block = true;
        w->current = collection;
}

void archive_writer_add(ArchiveWriter *w, const bson_t *document) {
        WriterCollection *c = &w->collections[w->current];

        assert(w->in_block);

        writer_write_document(w, document);
        c->crc = lzma_crc64(bson_get_data(document), document->len, c->crc);
}

void archive_writer_end(ArchiveWriter *w, size_t collection) {
        WriterCollection *c = &w->collections[collection];

        assert(collection < w->n_collections);
        assert(!c->ended);

        if (!c->begun)
                archive_writer_block(w, collection);
        writer_end_block(w);
        writer_begin(w, collection, true);
        writer_write_u32(w, ARCHIVE_END_MARK);
        c->ended = true;
}

int archive_writer_finish(ArchiveWriter *w, char **ret_error) {
        for (size_t i = 0; i < w->n_collections; i++)
                if (!w->collections[i].ended)
                        archive_writer_end(w, i);
        errno = 0;
        if (fclose(TAKE_PTR(w->file)) != 0 && w->error == 0)
                w->error = errno > 0 ? -errno : -EIO;
        if (w->error < 0)
                return text_error(ret_error, w->error, "%s: cannot write the archive: %s", w->path,
                                  strerror(-w->error));
        return 0;
}
