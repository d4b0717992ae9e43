/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The lowest layer of the archive reader: cuts a file into documents and end marks, in constant memory. */

#include <stdio.h>

#include "base/macro.h"

/* What stream_next() found. */
typedef enum StreamPart {
        STREAM_END = 0,      /* the file ends here, between two parts */
        STREAM_MARK = 1,     /* an end mark */
        STREAM_DOCUMENT = 2, /* a document: its bytes, not yet checked beyond their length */
} StreamPart;

typedef struct ArchiveStream {
        FILE *file;        /* borrowed */
        const char *path;  /* borrowed; for texts */
        uint64_t offset;   /* of the byte to be read next */
        char place[600];   /* what is being read, for texts: "the prelude", "collection db.name" */
        uint8_t *document; /* bytes of the last document; owned, one buffer for all */
        size_t document_size_bytes;
        uint64_t document_offset; /* where it begins in the file */
        size_t allocated_bytes;
} ArchiveStream;

/* Frees the buffer; the file stays open. */
void stream_done(ArchiveStream *s);

/* Says what is read from now on. At most sizeof(place) - 1 bytes of it are kept. */
void stream_set_place(ArchiveStream *s, const char *format, ...) _printf_(2, 3);

/* Sets *ret_error to a text with file, byte offset and place before the formatted one. Returns error. */
int stream_error(const ArchiveStream *s, char **ret_error, int error, uint64_t offset, const char *format,
                 ...) _printf_(5, 6);

/* Reads exactly size bytes. Returns 0; -EBADMSG when the file ends before; -errno when it cannot be read. */
int stream_read(ArchiveStream *s, void *data, size_t size_bytes, char **ret_error);

/* Reads the next part: a StreamPart, or a negative errno as stream_read(), and -ENOMEM. */
int stream_next(ArchiveStream *s, char **ret_error);
