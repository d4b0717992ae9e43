/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/archive-stream.h"

#include <endian.h>
#include <inttypes.h>
#include <stdarg.h>

#include "base/text.h"
#include "migrations/pulp2to3/archive-format.h"

void stream_done(ArchiveStream *s) {
        free(s->document);
        s->document = NULL;
        s->allocated_bytes = 0;
}

void stream_set_place(ArchiveStream *s, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        (void) vsnprintf(s->place, sizeof(s->place), format, ap);
        va_end(ap);
}

int stream_error(const ArchiveStream *s, char **ret_error, int error, uint64_t offset, const char *format,
                 ...) {
        _cleanup_(freep) char *what = NULL;
        va_list ap;

        if (!ret_error)
                return error;
        va_start(ap, format);
        if (vasprintf(&what, format, ap) < 0)
                what = NULL;
        va_end(ap);
        return text_error(ret_error, error, "%s: at byte %" PRIu64 ", in %s: %s", s->path, offset, s->place,
                          what ?: "out of memory");
}

/* Reads up to size bytes; fewer only at the end of the file. */
static int stream_fill(ArchiveStream *s, void *data, size_t size_bytes, size_t *ret_size_bytes,
                       char **ret_error) {
        errno = 0;
        *ret_size_bytes = fread(data, 1, size_bytes, s->file);
        if (*ret_size_bytes < size_bytes && ferror(s->file)) {
                int error = errno > 0 ? -errno : -EIO;

                return stream_error(s, ret_error, error, s->offset + *ret_size_bytes, "cannot read: %s",
                                    strerror(-error));
        }
        s->offset += *ret_size_bytes;
        return 0;
}

int stream_read(ArchiveStream *s, void *data, size_t size_bytes, char **ret_error) {
        size_t n;
        int r;

        r = stream_fill(s, data, size_bytes, &n, ret_error);
        if (r < 0)
                return r;
        if (n < size_bytes)
                return stream_error(s, ret_error, -EBADMSG, s->offset,
                                    "the file ends here, %zu bytes too early: the archive is truncated",
                                    size_bytes - n);
        return 0;
}

static int stream_reserve(ArchiveStream *s, size_t size_bytes, char **ret_error) {
        uint8_t *grown;

        if (size_bytes <= s->allocated_bytes)
                return 0;
        /* Doubling keeps the number of copies small; documents are capped, so the buffer is too. */
        size_bytes = MAX(size_bytes, s->allocated_bytes * 2);
        grown = realloc(s->document, size_bytes);
        if (!grown)
                return text_error(ret_error, -ENOMEM, "%s: out of memory", s->path);
        s->document = grown;
        s->allocated_bytes = size_bytes;
        return 0;
}

int stream_next(ArchiveStream *s, char **ret_error) {
        uint64_t begin = s->offset;
        uint32_t word, size_bytes;
        size_t n;
        int r;

        r = stream_fill(s, &word, sizeof(word), &n, ret_error);
        if (r < 0)
                return r;
        if (n == 0)
                return STREAM_END;
        if (n < sizeof(word))
                return stream_error(s, ret_error, -EBADMSG, s->offset,
                                    "the file ends here, %zu bytes too early: the archive is truncated",
                                    sizeof(word) - n);
        size_bytes = le32toh(word);
        if (size_bytes == ARCHIVE_END_MARK)
                return STREAM_MARK;
        if (size_bytes < ARCHIVE_DOCUMENT_MIN || size_bytes > ARCHIVE_DOCUMENT_MAX)
                return stream_error(s, ret_error, -EBADMSG, begin,
                                    "0x%08" PRIx32 " is neither the length of a document (%" PRIu32
                                    " to %" PRIu32 ") nor an end mark (0x%08" PRIx32 ")",
                                    size_bytes, ARCHIVE_DOCUMENT_MIN, ARCHIVE_DOCUMENT_MAX, ARCHIVE_END_MARK);
        r = stream_reserve(s, size_bytes, ret_error);
        if (r < 0)
                return r;
        memcpy(s->document, &word, sizeof(word));
        r = stream_read(s, s->document + sizeof(word), size_bytes - sizeof(word), ret_error);
        if (r < 0)
                return r;
        s->document_size_bytes = size_bytes;
        s->document_offset = begin;
        return STREAM_DOCUMENT;
}
