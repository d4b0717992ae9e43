/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads an archive made by `mongodump --archive`, from begin to end, without ever holding more than one
 * document.
 *
 * Knows the file format (archive-format.h) and nothing of Pulp or of PostgreSQL. */

#include <bson/bson.h>
#include <stdio.h>

#include "base/macro.h"

/* A document as the handler sees it; all is borrowed and valid during the call only. */
typedef struct ArchiveDocument {
        const char *collection; /* its name, without the database */
        const bson_t *bson;     /* checked: structure, nesting, UTF-8 (bson-check.h) */
        const uint8_t *data;    /* the same as bytes */
        size_t size_bytes;
        uint64_t offset;             /* of the document in the file: the same at every reading */
        uint64_t archive_size_bytes; /* of the whole file, to tell how far the reading is; 0: a pipe */
} ArchiveDocument;

/* Takes a document. A negative return ends the reading, which returns it; the text for it is the handler's
 * own to keep. */
typedef int (*ArchiveHandler)(const ArchiveDocument *document, void *userdata);

typedef struct ArchiveRequest {
        const char *path;     /* opened, unless file is given; names the archive in texts */
        FILE *file;           /* NULL, or what to read in place of path; stays open */
        const char *database; /* the archive must hold it; collections of other databases are passed over */
        char *const *collections; /* which ones the handler wants, NULL-terminated; NULL: all. One that the
                                   * archive lacks is no error: see archive_find() */
        ArchiveHandler handler;   /* NULL: only check */
        void *userdata;
} ArchiveRequest;

typedef struct ArchiveCollection {
        char *database;
        char *name;
        uint64_t n_documents;
        uint64_t size_bytes; /* of all its documents */
        uint64_t crc;        /* CRC-64 of them, equal to what the archive says */
        bool wanted;         /* its documents went to the handler */
        bool ended;          /* its EOF block was seen: true for all after a reading */
} ArchiveCollection;

/* What an archive held. */
typedef struct Archive {
        char *server_version;           /* of the MongoDB server, such as "3.4.23" */
        char *tool_version;             /* of mongodump */
        ArchiveCollection *collections; /* in the order of the prelude */
        size_t n_collections;
        uint64_t size_bytes; /* that were read */
} Archive;

/* Accepts NULL, returns NULL. */
Archive *archive_free(Archive *a);
DEFINE_CLEANUP(Archive *, archive_free);

/* The collection of that name, or NULL. */
const ArchiveCollection *archive_find(const Archive *a, const char *database, const char *name);

/* Reads a whole archive. The CRC of every collection is verified, also of those that nobody wants; as it is
 * known only at a collection's end, what the handler did before a failure is to be taken back.
 *
 * Returns 0 and the owned *ret (ret may be NULL), or
 *   -EBADMSG  the archive is malformed, incomplete, or not one
 *   -ENODATA  it is a dump of other databases
 *   -errno    of open(2) and read(2); -EISDIR; -ENOMEM
 * with a text that names file, byte, collection and cause, or what the handler returned, without text.
 * ret_error may be NULL. */
int archive_read(const ArchiveRequest *request, Archive **ret, char **ret_error);
