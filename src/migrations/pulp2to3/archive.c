/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/archive.h"

#include <endian.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lzma.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/archive-format.h"
#include "migrations/pulp2to3/archive-stream.h"
#include "migrations/pulp2to3/bson-check.h"

/* One reading. */
typedef struct Reader {
        const ArchiveRequest *request;
        ArchiveStream stream;
        Archive *archive;
        uint64_t file_size_bytes; /* 0: not known */
        size_t n_allocated;       /* of archive->collections */
} Reader;

/* A block's header. The names are borrowed from the stream's buffer. */
typedef struct BlockHeader {
        const char *database;
        const char *collection;
        bool eof;
        uint64_t crc;
} BlockHeader;

Archive *archive_free(Archive *a) {
        if (!a)
                return NULL;
        for (size_t i = 0; i < a->n_collections; i++) {
                free(a->collections[i].database);
                free(a->collections[i].name);
        }
        free(a->collections);
        free(a->server_version);
        free(a->tool_version);
        free(a);
        return NULL;
}

static ArchiveCollection *collection_find(const Archive *a, const char *database, const char *name) {
        /* A few dozen, looked up once a block: a table would not be faster. */
        for (size_t i = 0; i < a->n_collections; i++)
                if (streq(a->collections[i].name, name) && streq(a->collections[i].database, database))
                        return &a->collections[i];
        return NULL;
}

const ArchiveCollection *archive_find(const Archive *a, const char *database, const char *name) {
        return collection_find(a, database, name);
}

/* An error in the document that was read last. */
#define document_error(reader, ret_error, ...) \
        stream_error(&(reader)->stream, ret_error, -EBADMSG, (reader)->stream.document_offset, __VA_ARGS__)

static int reader_check_document(Reader *reader, bson_t *ret, char **ret_error) {
        const char *reason;
        size_t offset;
        int r;

        r = bson_check(reader->stream.document, reader->stream.document_size_bytes, ret, &offset, &reason);
        if (r < 0)
                return document_error(reader, ret_error, "the document of %zu bytes %s (byte %zu of it)",
                                      reader->stream.document_size_bytes, reason, offset);
        return 0;
}

/* A string field of a prelude or header document. Such strings are quoted in texts and compared, so they have
 * to be plain. */
static int reader_get_text(Reader *reader, const bson_t *document, const char *field, const char **ret,
                           char **ret_error) {
        bson_iter_t i;
        uint32_t length;

        if (!bson_iter_init_find(&i, document, field) || !BSON_ITER_HOLDS_UTF8(&i))
                return document_error(reader, ret_error, "has no string field \"%s\"", field);
        *ret = bson_iter_utf8(&i, &length);
        if (length == 0 || length > ARCHIVE_NAME_MAX)
                return document_error(reader, ret_error, "field \"%s\" has %" PRIu32 " bytes, not 1 to %d",
                                      field, length, ARCHIVE_NAME_MAX);
        for (uint32_t k = 0; k < length; k++)
                if ((uint8_t) (*ret)[k] < 0x20 || (*ret)[k] == 0x7f)
                        return document_error(reader, ret_error, "field \"%s\" contains a control character",
                                              field);
        return 0;
}

static int reader_open(Reader *reader, FILE **ret, char **ret_error) {
        const char *path = reader->request->path;
        _cleanup_(closep) int fd = -EBADF;
        struct stat st;

        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0 || fstat(fd, &st) < 0)
                return text_error(ret_error, -errno, "%s: cannot open the archive: %s", path,
                                  strerror(errno));
        if (S_ISDIR(st.st_mode))
                return text_error(ret_error, -EISDIR,
                                  "%s: is a directory; make one file of the dump: "
                                  "mongodump --db %s --archive=FILE",
                                  path, reader->request->database);
        if (S_ISREG(st.st_mode)) {
                reader->file_size_bytes = (uint64_t) st.st_size;
                (void) posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        }
        *ret = fdopen(fd, "re");
        if (!*ret)
                return text_error(ret_error, -ENOMEM, "%s: out of memory", path);
        fd = -EBADF;
        (void) setvbuf(*ret, NULL, _IOFBF, 256 * 1024);
        return 0;
}

static int reader_read_magic(Reader *reader, char **ret_error) {
        uint32_t magic;
        int r;

        stream_set_place(&reader->stream, "the magic number");
        r = stream_read(&reader->stream, &magic, sizeof(magic), ret_error);
        if (r < 0)
                return r;
        magic = le32toh(magic);
        if (magic == ARCHIVE_MAGIC)
                return 0;
        if ((magic & 0xffff) == 0x8b1f)
                return stream_error(&reader->stream, ret_error, -EBADMSG, 0,
                                    "this is a gzip file; unpack it first: gunzip < %s > FILE",
                                    reader->request->path);
        return stream_error(&reader->stream, ret_error, -EBADMSG, 0,
                            "0x%08" PRIx32 " is not that of a mongodump archive (0x%08" PRIx32 ")", magic,
                            ARCHIVE_MAGIC);
}

/* The first document: on the dump as a whole. */
static int reader_take_dump(Reader *reader, char **ret_error) {
        const char *version, *server_version, *tool_version;
        bson_t document;
        int r;

        r = reader_check_document(reader, &document, ret_error);
        if (r >= 0)
                r = reader_get_text(reader, &document, "version", &version, ret_error);
        if (r >= 0)
                r = reader_get_text(reader, &document, "server_version", &server_version, ret_error);
        if (r >= 0)
                r = reader_get_text(reader, &document, "tool_version", &tool_version, ret_error);
        if (r < 0)
                return r;
        if (!streq(version, ARCHIVE_VERSION))
                return document_error(reader, ret_error,
                                      "the archive's format version is \"%s\", only \"%s\" is known", version,
                                      ARCHIVE_VERSION);
        reader->archive->server_version = strdup(server_version);
        reader->archive->tool_version = strdup(tool_version);
        if (!reader->archive->server_version || !reader->archive->tool_version)
                return text_error(ret_error, -ENOMEM, "%s: out of memory", reader->request->path);
        return 0;
}

static bool request_wants(const ArchiveRequest *request, const char *database, const char *name) {
        if (!request->handler || !streq(request->database, database))
                return false;
        if (!request->collections)
                return true;
        for (char *const *c = request->collections; *c; c++)
                if (streq(*c, name))
                        return true;
        return false;
}

static int reader_add_collection(Reader *reader, const char *database, const char *name, char **ret_error) {
        Archive *a = reader->archive;
        ArchiveCollection *c;

        if (a->n_collections >= ARCHIVE_COLLECTIONS_MAX)
                return document_error(reader, ret_error, "has more than %d collections",
                                      ARCHIVE_COLLECTIONS_MAX);
        if (a->n_collections == reader->n_allocated) {
                size_t n = MAX(reader->n_allocated * 2, (size_t) 64);

                c = reallocarray(a->collections, n, sizeof(*c));
                if (!c)
                        return text_error(ret_error, -ENOMEM, "%s: out of memory", reader->request->path);
                a->collections = c;
                reader->n_allocated = n;
        }
        c = &a->collections[a->n_collections++];
        *c = (ArchiveCollection) {
                .database = strdup(database),
                .name = strdup(name),
                .wanted = request_wants(reader->request, database, name),
        };
        if (!c->database || !c->name)
                return text_error(ret_error, -ENOMEM, "%s: out of memory", reader->request->path);
        return 0;
}

/* One of the other documents of the prelude: on a collection. Its metadata (indexes) is of no use to a
 * reader. */
static int reader_take_collection(Reader *reader, char **ret_error) {
        const char *database, *name;
        bson_t document;
        int r;

        r = reader_check_document(reader, &document, ret_error);
        if (r >= 0)
                r = reader_get_text(reader, &document, "db", &database, ret_error);
        if (r >= 0)
                r = reader_get_text(reader, &document, "collection", &name, ret_error);
        if (r < 0)
                return r;
        if (archive_find(reader->archive, database, name))
                return document_error(reader, ret_error, "names collection %s.%s twice", database, name);
        return reader_add_collection(reader, database, name, ret_error);
}

/* Reads a part that has to be there: the end of the file is an error. */
static int reader_next(Reader *reader, char **ret_error) {
        int r;

        r = stream_next(&reader->stream, ret_error);
        if (r == STREAM_END)
                return stream_error(&reader->stream, ret_error, -EBADMSG, reader->stream.offset,
                                    "the file ends here, without an end mark: the archive is truncated");
        return r;
}

static int reader_read_prelude(Reader *reader, char **ret_error) {
        int r;

        stream_set_place(&reader->stream, "the prelude");
        r = reader_next(reader, ret_error);
        if (r < 0)
                return r;
        if (r != STREAM_DOCUMENT)
                return stream_error(&reader->stream, ret_error, -EBADMSG, reader->stream.offset, "is empty");
        r = reader_take_dump(reader, ret_error);
        if (r < 0)
                return r;
        while ((r = reader_next(reader, ret_error)) == STREAM_DOCUMENT) {
                r = reader_take_collection(reader, ret_error);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : 0;
}

static int reader_check_database(Reader *reader, char **ret_error) {
        const Archive *a = reader->archive;

        for (size_t i = 0; i < a->n_collections; i++)
                if (streq(a->collections[i].database, reader->request->database))
                        return 0;
        if (a->n_collections == 0)
                return text_error(ret_error, -ENODATA,
                                  "%s: the archive holds no collection; wanted is database %s",
                                  reader->request->path, reader->request->database);
        return text_error(ret_error, -ENODATA, "%s: the archive is one of database %s, not of %s",
                          reader->request->path, a->collections[0].database, reader->request->database);
}

static int reader_read_header(Reader *reader, BlockHeader *ret, char **ret_error) {
        bson_iter_t i;
        bson_t document;
        int r;

        r = reader_check_document(reader, &document, ret_error);
        if (r >= 0)
                r = reader_get_text(reader, &document, "db", &ret->database, ret_error);
        if (r >= 0)
                r = reader_get_text(reader, &document, "collection", &ret->collection, ret_error);
        if (r < 0)
                return r;
        if (!bson_iter_init_find(&i, &document, "EOF") || !BSON_ITER_HOLDS_BOOL(&i))
                return document_error(reader, ret_error, "has no boolean field \"EOF\"");
        ret->eof = bson_iter_bool(&i);
        if (!bson_iter_init_find(&i, &document, "CRC") || !BSON_ITER_HOLDS_INT64(&i))
                return document_error(reader, ret_error, "has no 64-bit integer field \"CRC\"");
        ret->crc = (uint64_t) bson_iter_int64(&i);
        return 0;
}

static int reader_take_document(Reader *reader, ArchiveCollection *c, char **ret_error) {
        ArchiveStream *s = &reader->stream;
        bson_t document;
        int r;

        c->crc = lzma_crc64(s->document, s->document_size_bytes, c->crc);
        c->size_bytes += s->document_size_bytes;
        c->n_documents++;
        if (!c->wanted)
                return 0;
        r = reader_check_document(reader, &document, ret_error);
        if (r < 0)
                return r;
        return reader->request->handler(
                        &(ArchiveDocument) {
                                        .collection = c->name,
                                        .bson = &document,
                                        .data = s->document,
                                        .size_bytes = s->document_size_bytes,
                                        .offset = s->document_offset,
                                        .archive_size_bytes = reader->file_size_bytes,
                        },
                        reader->request->userdata);
}

/* The rest of a block, behind its header. */
static int reader_read_block(Reader *reader, ArchiveCollection *c, bool eof, uint64_t crc, char **ret_error) {
        int r;

        while ((r = reader_next(reader, ret_error)) == STREAM_DOCUMENT) {
                if (eof)
                        return document_error(reader, ret_error,
                                              "a document stands in the collection's EOF block");
                r = reader_take_document(reader, c, ret_error);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        if (!eof)
                return 0;
        if (c->crc != crc)
                return stream_error(&reader->stream, ret_error, -EBADMSG, reader->stream.offset,
                                    "the CRC-64 of the %" PRIu64 " documents is 0x%016" PRIx64
                                    ", the archive says 0x%016" PRIx64 ": the archive is damaged",
                                    c->n_documents, c->crc, crc);
        c->ended = true;
        return 0;
}

static int reader_read_body(Reader *reader, char **ret_error) {
        ArchiveCollection *c;
        BlockHeader header;
        int r;

        for (;;) {
                stream_set_place(&reader->stream, "a block header");
                r = stream_next(&reader->stream, ret_error);
                if (r < 0 || r == STREAM_END)
                        return r;
                if (r == STREAM_MARK)
                        return stream_error(&reader->stream, ret_error, -EBADMSG,
                                            reader->stream.offset - sizeof(uint32_t),
                                            "an end mark stands in place of it");
                r = reader_read_header(reader, &header, ret_error);
                if (r < 0)
                        return r;
                c = collection_find(reader->archive, header.database, header.collection);
                if (!c)
                        return document_error(reader, ret_error, "the prelude does not name collection %s.%s",
                                              header.database, header.collection);
                stream_set_place(&reader->stream, "collection %s.%s", c->database, c->name);
                if (c->ended)
                        return document_error(reader, ret_error,
                                              "a block follows the collection's EOF block");
                r = reader_read_block(reader, c, header.eof, header.crc, ret_error);
                if (r < 0)
                        return r;
        }
}

static int reader_check_ended(Reader *reader, char **ret_error) {
        for (size_t i = 0; i < reader->archive->n_collections; i++) {
                const ArchiveCollection *c = &reader->archive->collections[i];

                if (c->ended)
                        continue;
                stream_set_place(&reader->stream, "collection %s.%s", c->database, c->name);
                return stream_error(&reader->stream, ret_error, -EBADMSG, reader->stream.offset,
                                    "the file ends here, without the collection's EOF block: the archive is "
                                    "truncated");
        }
        return 0;
}

static int reader_run(Reader *reader, char **ret_error) {
        int r;

        r = reader_read_magic(reader, ret_error);
        if (r < 0)
                return r;
        r = reader_read_prelude(reader, ret_error);
        if (r < 0)
                return r;
        r = reader_check_database(reader, ret_error);
        if (r < 0)
                return r;
        r = reader_read_body(reader, ret_error);
        if (r < 0)
                return r;
        r = reader_check_ended(reader, ret_error);
        reader->archive->size_bytes = reader->stream.offset;
        return r;
}

static void fclosep(FILE **f) {
        if (*f)
                (void) fclose(*f);
}

int archive_read(const ArchiveRequest *request, Archive **ret, char **ret_error) {
        _cleanup_(archive_freep) Archive *archive = NULL;
        _cleanup_(fclosep) FILE *opened = NULL;
        Reader reader = { .request = request };
        int r;

        archive = calloc(1, sizeof(*archive));
        if (!archive)
                return text_error(ret_error, -ENOMEM, "%s: out of memory", request->path);
        if (!request->file) {
                r = reader_open(&reader, &opened, ret_error);
                if (r < 0)
                        return r;
        }
        reader.archive = archive;
        reader.stream = (ArchiveStream) { .file = request->file ?: opened, .path = request->path };
        r = reader_run(&reader, ret_error);
        stream_done(&reader.stream);
        if (r < 0)
                return r;
        if (ret)
                *ret = TAKE_PTR(archive);
        return 0;
}
