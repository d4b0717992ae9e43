/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes an archive as `mongodump --archive` does; made for samples and tests, and the counterpart of
 * archive.h. */

#include <bson/bson.h>

#include "base/macro.h"

/* What the prelude says of a collection. */
typedef struct ArchiveWriterCollection {
        const char *name;
        const char *metadata; /* JSON text: options and indexes */
} ArchiveWriterCollection;

typedef struct ArchiveWriter ArchiveWriter;

/* Closes the file, which stays incomplete unless archive_writer_finish() was called. Accepts NULL, returns
 * NULL. */
ArchiveWriter *archive_writer_free(ArchiveWriter *w);
DEFINE_CLEANUP(ArchiveWriter *, archive_writer_free);

/* Creates the file path, which must not exist, and writes the prelude. The order of collections is that of
 * the prelude, and their index there is how the functions below name them. Returns 0, or a negative errno
 * with a text. */
int archive_writer_new(const char *path, const char *database, const ArchiveWriterCollection *collections,
                       size_t n_collections, ArchiveWriter **ret, char **ret_error);

/* Begins a new block of a collection, and ends the one before. An errno is kept: the next calls do nothing,
 * and archive_writer_finish() returns it. */
void archive_writer_block(ArchiveWriter *w, size_t collection);

/* Writes a document into the block that was begun last. */
void archive_writer_add(ArchiveWriter *w, const bson_t *document);

/* Ends a collection: writes its EOF block with its CRC, after an empty block if it had none, as mongodump
 * does. */
void archive_writer_end(ArchiveWriter *w, size_t collection);

/* Ends all collections that have not ended, in the order of the prelude, and closes the file. Returns 0, or
 * the first error since archive_writer_new() as a negative errno with a text. */
int archive_writer_finish(ArchiveWriter *w, char **ret_error);
